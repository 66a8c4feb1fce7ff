/** A line of a file in which personal data was found. It never holds the data. */
export interface Leak {
  /** From 1. */
  readonly line: number
  /** `value 3`, for the third given value, or `an e-mail address`. */
  readonly what: string
}

/** Finds what must not be in a text. */
export type LeakSearch = (text: string) => readonly string[]

/** Shorter values are in too many innocent words. */
export const SHORTEST_VALUE = 4
/** A longer line is searched in pieces, so that memory stays flat. */
const LONGEST_PIECE = 1_048_576
/** Pieces of one line overlap, so that a value between two of them is found. */
const OVERLAP = 4_096

/** Field names of Paxos's personal data (paxos/api.md 4.1), as JSON or as `key=value`; a masked value is none. */
const FIELDS = 'first_name|last_name|middle_name|date_of_birth|cip_id|phone_number|email|address1|address2|zip_code'
const SHAPES: readonly (readonly [name: string, shape: RegExp])[] = [
  ['an e-mail address', /[a-z0-9._%+-]{1,64}@(?!example\.)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*\.[a-z]{2,}/i],
  ['a social security number', /(?<![\d-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])/],
  [
    'a personal field with its value',
    new RegExp(`\\\\?["']?(?:${FIELDS})\\\\?["']?\\s*[:=]\\s*\\\\?["'](?!\\[redacted\\]|\\\\?["'])`, 'i'),
  ],
]

/** Finds data by its shape: e-mail addresses, social security numbers, and personal fields that are not masked. */
export const byShape: LeakSearch = (text) => SHAPES.filter(([, shape]) => shape.test(text)).map(([name]) => name)

/**
 * Finds given values, in any case and as JSON, a URL, HTML, base64 or hexadecimal would write them. Values are named by their number, from 1.
 * @throws TypeError for a value that is too short
 */
export function byValue(values: readonly string[]): LeakSearch {
  const short = values.findIndex((value) => value.length < SHORTEST_VALUE)
  if (short !== -1) throw new TypeError(`value ${short + 1} has fewer than ${SHORTEST_VALUE} characters`)
  const wanted = values.map((value, at) => ({ name: `value ${at + 1}`, forms: formsOf(value) }))
  return (text) => {
    const lower = text.toLowerCase()
    return wanted.filter(({ forms }) => forms.some((form) => lower.includes(form))).map(({ name }) => name)
  }
}

/** The spellings of a value, in lower case. */
function formsOf(value: string): string[] {
  const bytes = Buffer.from(value)
  const digits = value.replace(/[ .\-/]/g, '')
  const json = JSON.stringify(value).slice(1, -1)
  const escaped = json.replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
  const forms = [value, json, escaped, encodeURIComponent(value), encodeURIComponent(value).replaceAll('%20', '+'), html(value)]
  // Without the last group, whose letters depend on what follows.
  const base64 = bytes
    .toString('base64')
    .replace(/=+$/, '')
    .slice(0, Math.floor(bytes.length / 3) * 4)
  const long = [base64, bytes.toString('hex')].filter((form) => form.length >= 8)
  const asNumber = /^\d{6,}$/.test(digits) ? [digits] : []
  return [...new Set([...forms, ...long, ...asNumber].map((form) => form.toLowerCase()))]
}

function html(value: string): string {
  return value.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}

/** Searches a stream of text line by line. Memory does not grow with the file, nor with the length of a line. */
export async function* findLeaks(chunks: AsyncIterable<string>, search: LeakSearch): AsyncGenerator<Leak> {
  let line = 1
  let rest = ''
  const found = new Set<string>() // in this line, so that each is reported once
  function* look(piece: string): Generator<Leak> {
    for (const what of search(piece)) {
      if (found.has(what)) continue
      found.add(what)
      yield { line, what }
    }
  }
  for await (const chunk of chunks) {
    const parts = (rest + chunk).split('\n')
    rest = parts.pop() ?? ''
    for (const part of parts) {
      yield* look(part)
      line += 1
      found.clear()
    }
    if (rest.length > LONGEST_PIECE) {
      yield* look(rest)
      rest = rest.slice(-OVERLAP)
    }
  }
  yield* look(rest)
}
