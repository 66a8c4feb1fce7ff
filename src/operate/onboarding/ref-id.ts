import { z } from 'zod'
import { rule, type Sent } from './person-fields.ts'

/** The end of each refusal: why it matters, and what to do. */
const REMEDY = 'ref_id is kept for ever and cannot be erased. Send your own id of the customer, such as user_01HZX3'

/** The form in which US authorities write an SSN or ITIN. */
const US_NUMBER = /(^|\D)\d{3}-\d{2}-\d{4}(\D|$)/

/**
 * The application's id for the customer. It is kept in insert-only tables, at Paxos and in notifications, so it must reveal nothing about
 * the person (F63).
 */
export const refId = z
  .string()
  .min(1, 'must not be empty')
  .max(200, 'may have at most 200 characters')
  .regex(/^[\x21-\x7e]*$/, 'may hold only visible ASCII characters')
  .refine((text) => !text.includes('@'), `must not be an e-mail address: ${REMEDY}`)
  .refine((text) => !US_NUMBER.test(text), `must not be a document number: ${REMEDY}`)

/** Values of the person that a `ref_id` must not contain, as letters and digits alone. A shorter value may occur in any id by chance. */
const REPEATED: readonly { path: string; name: string; atLeast: number }[] = [
  { path: 'person_details.cip_id', name: 'document number (cip_id)', atLeast: 5 },
  { path: 'institution_details.cip_id', name: 'document number (cip_id)', atLeast: 5 },
  { path: 'tax_details.0.tax_payer_id', name: 'tax number', atLeast: 5 },
  { path: 'person_details.phone_number', name: 'phone number', atLeast: 7 },
  { path: 'person_details.date_of_birth', name: 'date of birth', atLeast: 8 },
]

/** The rules over a whole request: its `ref_id` contains none of the person's values in the request. */
export const REF_ID_RULES: readonly ReturnType<typeof rule>[] = [
  ...REPEATED.map(({ path, name, atLeast }) =>
    rule('ref_id', `must not hold the person's ${name}: ${REMEDY}`, (sent) => {
      const value = plain(sent.at(path))
      return value.length < atLeast || !plain(sent.at('ref_id')).includes(value)
    }),
  ),
  rule('ref_id', `must not hold the person's name: ${REMEDY}`, (sent) => !holdsName(sent)),
]

/** First and last name together, or the last name as a word of its own. */
function holdsName(sent: Sent): boolean {
  const first = plain(sent.at('person_details.first_name'))
  const last = plain(sent.at('person_details.last_name'))
  if (last === '') return false
  const words = textOf(sent.at('ref_id'))
    .toLowerCase()
    .split(/[^a-z]+/)
  const whole = plain(sent.at('ref_id'))
  return words.includes(last) || (first !== '' && (whole.includes(first + last) || whole.includes(last + first)))
}

const plain = (value: unknown): string =>
  textOf(value)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '')

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
