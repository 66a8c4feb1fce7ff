import { z } from 'zod'

/** Characters of names and addresses: ASCII, so no accents (paxos/api.md 4.2). */
export const ascii = (maxLength: number): z.ZodString =>
  z
    .string()
    .regex(/^[0-9A-Za-z /?:().,&'+-]+$/, "may hold only ASCII letters, digits, blanks and /?:().,&'+-")
    .max(maxLength, `may have at most ${maxLength} characters`)

export const Country = z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 3166-1 alpha-3 code')

/** The document has only the pattern. That the day must exist is assumed. */
export const CalendarDate = z
  .string()
  .regex(/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/, 'must be YYYY-MM-DD')
  .refine((text) => z.iso.date().safeParse(text).success, 'must be a day that exists')

export const DateTime = z.iso.datetime({ offset: true, message: 'must be an RFC 3339 time' })

/** On create, an empty `address2` is refused: only an update clears it that way (paxos/api.md 4.2). */
export const MailingAddress = z.strictObject({
  country: ascii(35),
  address1: ascii(35),
  address2: ascii(35).optional(),
  city: ascii(35),
  province: ascii(35),
  zip_code: ascii(35).optional(),
})

export const UpdatedAddress = MailingAddress.extend({ address2: z.union([z.literal(''), ascii(35)]).optional() })

/** The address of a bank or of an account's owner: only the country is required. */
export const BankAddress = z.strictObject({
  country: ascii(35),
  address1: ascii(35).optional(),
  address2: ascii(35).optional(),
  city: ascii(35).optional(),
  province: ascii(35).optional(),
  zip_code: ascii(35).optional(),
})
