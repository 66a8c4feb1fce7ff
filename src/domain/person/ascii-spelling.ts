/** The one alphabet of names and addresses at Paxos: ASCII, so no accents (paxos/api.md 4.2, documented). */
export const ASCII_TEXT = /^[0-9A-Za-z /?:().,&'+-]*$/

/** What Unicode does not take apart into a letter and an accent. */
const SPELLINGS: Readonly<Record<string, string>> = {
  ...{ ß: 'ss', ẞ: 'SS', æ: 'ae', Æ: 'AE', œ: 'oe', Œ: 'OE', ø: 'o', Ø: 'O', ð: 'd', Ð: 'D', þ: 'th', Þ: 'Th' },
  ...{ đ: 'd', Đ: 'D', ħ: 'h', Ħ: 'H', ı: 'i', ĸ: 'k', ł: 'l', Ł: 'L', ŋ: 'n', Ŋ: 'N', ŧ: 't', Ŧ: 'T', ſ: 's', ə: 'e', Ə: 'E' },
  ...{ '‘': "'", '’': "'", ʻ: "'", ʼ: "'", '`': "'", '´': "'", '–': '-', '—': '-', '‐': '-', '‑': '-', '−': '-', '\u00a0': ' ', '\t': ' ' },
  ...{ '“': "'", '”': "'", '"': "'", ';': ',', '#': 'No. ', º: 'o', ª: 'a', '·': '-', '/': '/' },
}

/**
 * How `text` is written with the letters that Paxos takes: `García` is `Garcia`. Null where there is no such spelling (another script), or
 * where it would be empty. What is in the alphabet already comes back as it is.
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
