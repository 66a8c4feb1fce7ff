import { z } from 'zod'
import { ASCII_TEXT, asciiSpelling } from '../../domain/person/ascii-spelling.ts'
import { birthDateFault } from '../../domain/person/birth-date.ts'
import { COUNTRIES } from '../../domain/person/countries.ts'

/** Paxos's rules for single fields of a person or an institution (paxos/api.md 4.1 to 4.5). */

const ASCII_RULE = "may hold only ASCII letters, digits, spaces and /?:().,&'+-"

/** A name or a line of an address. Its error suggests a spelling without accents (`suggestion`). */
export const ascii = (maxLength: number): z.ZodString =>
  z
    .string()
    .min(1, 'must not be empty')
    .max(maxLength, `may have at most ${maxLength} characters`)
    .superRefine((text, context) => {
      if (text !== '' && text.trim() === '') context.addIssue({ code: 'custom', message: 'must not be blank' })
      if (ASCII_TEXT.test(text)) return
      const suggestion = asciiSpelling(text)
      const message =
        suggestion === null ? `${ASCII_RULE}: write it in Latin letters` : `${ASCII_RULE}; see suggestion for a spelling without accents`
      context.addIssue({ code: 'custom', message, params: { suggestion } })
    })

/** An optional text that may also be empty, which counts as left out. */
export const orEmpty = <Text extends z.ZodString | z.ZodEmail>(text: Text): z.ZodUnion<[z.ZodLiteral<''>, Text]> =>
  z.union([z.literal(''), text])

export const short = z.string().max(200, 'may have at most 200 characters')

export const country = z
  .string()
  .refine((code) => COUNTRIES.has(code), {
    error: ({ input }) =>
      /^[A-Z]{3}$/.test(String(input))
        ? 'is not a country code of ISO 3166-1 alpha-3'
        : 'must be an ISO 3166-1 alpha-3 code in capitals, such as USA',
  })
  .meta({ pattern: '^[A-Z]{3}$', examples: ['USA'] })

export const birthDate = z
  .string()
  .superRefine((text, context) => {
    const fault = birthDateFault(text, new Date().toISOString().slice(0, 10))
    if (fault) context.addIssue({ code: 'custom', message: fault })
  })
  .meta({ format: 'date', examples: ['1988-04-12'] })

/** A time that exists and is over. */
export const pastTime = z.iso
  .datetime({ offset: true, message: 'must be a time of a day that exists, such as 2021-04-14T00:00:00Z' })
  .refine((text) => !(Date.parse(text) > Date.now()), 'must not be in the future')

/** Enumerated words, written as one line: `OTHER, NONE`. */
export const oneOf = (words: string): z.ZodEnum<Record<string, string>> =>
  z.enum(Object.fromEntries(words.split(', ').map((word) => [word, word])))

/** Words with a common prefix: `prefixed('INCOME', '0_TO_50K, ABOVE_1M')`. */
export const prefixed = (prefix: string, ranges: string): ReturnType<typeof oneOf> =>
  oneOf(
    ranges
      .split(', ')
      .map((range) => `${prefix}_${range}`)
      .join(', '),
  )

const MOST_METADATA = 50

/** Paxos documents no limits for metadata. These limits are ours. */
export const metadata = z
  .record(z.string().max(100, 'may have at most 100 characters'), z.string().max(500, 'may have at most 500 characters'))
  .refine((entries) => Object.keys(entries).length <= MOST_METADATA, `may have at most ${MOST_METADATA} entries`)

/**
 * A rule over several fields, for `schema.refine(...rule(…))`. It runs even if other fields are wrong, so that one answer lists every error.
 * Therefore `holds` gets the raw input in any shape, and returns true for input that it cannot judge.
 */
export function rule(path: string, message: string, holds: (sent: Sent) => boolean): [(sent: unknown) => boolean, RuleOptions] {
  return [(sent) => holds(new Sent(sent)), { path: path.split('.'), message, when: () => true }]
}

interface RuleOptions {
  path: string[]
  message: string
  when: () => boolean
}

/** The raw input, read by path without assuming its shape. */
export class Sent {
  readonly #value: unknown
  constructor(value: unknown) {
    this.#value = value
  }

  at(path: string): unknown {
    return path
      .split('.')
      .reduce<unknown>((value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined), this.#value)
  }

  /** The items of a list; none where it is none. */
  list(path: string): Sent[] {
    const value = this.at(path)
    return Array.isArray(value) ? value.map((item) => new Sent(item)) : []
  }

  /** Present, whether right or wrong. */
  has(path: string): boolean {
    return this.at(path) !== undefined
  }
}
