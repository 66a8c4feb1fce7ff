/** What every id of ours and of Paxos looks like, in lower or upper case. */
export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** The lowest and the highest uuid that begin with these characters, so that a search by prefix uses the index; null for no such prefix. */
export function uuidRange(prefix: string): { gte: string; lte: string } | null {
  const digits = prefix.replaceAll('-', '').toLowerCase()
  if (!/^[0-9a-f]{1,32}$/.test(digits)) return null
  return { gte: hyphenate(digits.padEnd(32, '0')), lte: hyphenate(digits.padEnd(32, 'f')) }
}

function hyphenate(digits: string): string {
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join('-')
}
