/**
 * An id from Paxos: an opaque text whose form Paxos may change. 1 to 200 visible ASCII characters, so that it sorts alike by bytes and by
 * characters.
 */
export const OPAQUE_ID = /^[\x21-\x7e]{1,200}$/

/** An id from Gatehouse, in lower or upper case. */
export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
/** Prefix of a uuid, with or without hyphens. */
const UUID_DIGITS = /^[0-9a-f-]{1,36}$/i

/** The id as it is stored: a uuid in lower case, since its case means nothing; any other id unchanged. */
export function canonicalId(id: string): string {
  return UUID.test(id) ? id.toLowerCase() : id
}

/** LIKE patterns for ids and callers' names with this prefix: as typed, and as a uuid is written. */
export function prefixPatterns(prefix: string): string[] {
  const typed = `${prefix.replaceAll(/[\\%_]/g, '\\$&')}%`
  return UUID_DIGITS.test(prefix) ? [...new Set([typed, `${hyphenate(prefix.replaceAll('-', '').toLowerCase())}%`])] : [typed]
}

/** Hexadecimal digits in the groups of a uuid: as many as there are. */
export function hyphenate(digits: string): string {
  const groups = [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)]
  return groups.filter((group) => group !== '').join('-')
}
