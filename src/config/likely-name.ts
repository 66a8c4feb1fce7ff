/** Most differing letters of a slip. With more it is a different name. */
const MOST_SLIPS = 2

/**
 * The name that was probably meant: the nearest by letters left out, added or exchanged, without regard to hyphens and case. Null when none
 * is near.
 */
export function likelyName(name: string, known: readonly string[]): string | null {
  const plain = (text: string): string => text.toUpperCase().replaceAll(/[^A-Z0-9]/g, '')
  const apart = known.map((candidate) => ({ candidate, slips: distance(plain(name), plain(candidate)) }))
  const [nearest] = apart.filter(({ slips }) => slips <= MOST_SLIPS).sort((a, b) => a.slips - b.slips)
  return nearest?.candidate ?? null
}

/** The Levenshtein distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + same))
    }
    row = next
  }
  return row[b.length] ?? 0
}
