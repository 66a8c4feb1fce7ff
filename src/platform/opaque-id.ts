/** An id that Paxos issues: an opaque text, whose form is Paxos's to change. 1 to 200 visible ASCII characters, so that bytes and letters sort alike. */
export const OPAQUE_ID = /^[\x21-\x7e]{1,200}$/

/** An id that Gatehouse issues, in lower or upper case. */
export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
/** Digits of a uuid, with or without its hyphens. */
const UUID_DIGITS = /^[0-9a-f-]{1,36}$/i

/** The id as it is stored. One that is a uuid is the same in upper case and in lower case, and is kept in lower case; any other is kept as it is. */
export function canonicalId(id: string): string {
  return UUID.test(id) ? id.toLowerCase() : id
}

/** LIKE patterns for ids, and for names of the caller's, that begin so: as it was typed, and as a uuid is written. */
export function prefixPatterns(prefix: string): string[] {
  const typed = `${prefix.replaceAll(/[\\%_]/g, '\\$&')}%`
  return UUID_DIGITS.test(prefix) ? [...new Set([typed, `${hyphenate(prefix.replaceAll('-', '').toLowerCase())}%`])] : [typed]
}

function hyphenate(digits: string): string {
  const groups = [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)]
  return groups.filter((group) => group !== '').join('-')
}
