import { z } from 'zod'

/** The one alphabet of names and addresses: ASCII, so no accents (paxos/api.md 4.2). */
export const ascii = (maxLength: number): z.ZodString =>
  z
    .string()
    .regex(/^[0-9A-Za-z /?:().,&'+-]+$/, "may hold only ASCII letters, digits, blanks and /?:().,&'+-")
    .max(maxLength, `may have at most ${maxLength} characters`)

/** The address of a bank or of an account's owner: only the country is required. */
export const BankAddress = z.strictObject({
  country: ascii(35),
  address1: ascii(35).optional(),
  address2: ascii(35).optional(),
  city: ascii(35).optional(),
  province: ascii(35).optional(),
  zip_code: ascii(35).optional(),
})
