/** The known field that a name probably means, as the end of a sentence: without its path, in another case, or with other separators. */
export function likelyField(name: string, known: readonly string[]): string {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
  const sought = plain(name)
  const found = known.find((field) => plain(field) === sought) ?? known.find((field) => plain(field.split('.').at(-1) ?? '') === sought)
  return found === undefined ? '' : `; it may be ${found}`
}
