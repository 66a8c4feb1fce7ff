import { z } from 'zod'
import { ascii, country, orEmpty, rule, type Sent } from './person-fields.ts'

const ZIP_CODE = /^\d{5}(-\d{4})?$/

/** An address in Paxos's form (paxos/api.md 4.2). An empty `address2` or `zip_code` counts as none. */
export const PostalAddress = z.strictObject({
  country,
  address1: ascii(35),
  address2: orEmpty(ascii(35)).optional(),
  city: ascii(35),
  province: ascii(35),
  zip_code: orEmpty(ascii(35)).optional(),
})

/** The rules over an address at this path: an address in the US has a ZIP code. */
export function zipCodeRules(path: string): readonly ReturnType<typeof rule>[] {
  const isInUs = (sent: Sent): boolean => sent.at(`${path}.country`) === 'USA'
  const zipCode = `${path}.zip_code`
  return [
    rule(zipCode, 'is required in this country', (sent) => !isInUs(sent) || (sent.has(zipCode) && sent.at(zipCode) !== '')),
    rule(zipCode, 'must be a US ZIP code: 12207 or 12207-1234', (sent) => {
      const given = sent.at(zipCode)
      return !isInUs(sent) || typeof given !== 'string' || given === '' || ZIP_CODE.test(given)
    }),
  ]
}
