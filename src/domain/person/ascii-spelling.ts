/** Characters of names and addresses at Paxos: ASCII, so no accents (paxos/api.md 4.2, documented). */
export const ASCII_TEXT = /^[0-9A-Za-z /?:().,&'+-]*$/

/** Letters that Unicode does not decompose into a letter and an accent. */
const SPELLINGS: Readonly<Record<string, string>> = {
  ...{ ß: 'ss', ẞ: 'SS', æ: 'ae', Æ: 'AE', œ: 'oe', Œ: 'OE', ø: 'o', Ø: 'O', ð: 'd', Ð: 'D', þ: 'th', Þ: 'Th' },
  ...{ đ: 'd', Đ: 'D', ħ: 'h', Ħ: 'H', ı: 'i', ĸ: 'k', ł: 'l', Ł: 'L', ŋ: 'n', Ŋ: 'N', ŧ: 't', Ŧ: 'T', ſ: 's', ə: 'e', Ə: 'E' },
  ...{ '‘': "'", '’': "'", ʻ: "'", ʼ: "'", '`': "'", '´': "'", '–': '-', '—': '-', '‐': '-', '‑': '-', '−': '-', '\u00a0': ' ', '\t': ' ' },
  ...{ '“': "'", '”': "'", '"': "'", ';': ',', '#': 'No. ', º: 'o', ª: 'a', '·': '-', '/': '/' },
}

/**
 * The spelling of `text` in Paxos's characters: `García` becomes `Garcia`. Null when none exists (another script) or it would be empty. A
 * text in these characters is returned unchanged.
 */
export function asciiSpelling(text: string): string | null {
  const spelt = Array.from(text.normalize('NFC'), (character) => SPELLINGS[character] ?? character)
    .join('')
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/ {2,}/g, ' ')
    .trim()
  return spelt !== '' && ASCII_TEXT.test(spelt) ? spelt : null
}
