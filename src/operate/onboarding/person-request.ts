import { z } from 'zod'
import { PersonDueDiligence } from './due-diligence.ts'
import { onDuplicate } from './on-duplicate.ts'
import { ascii, birthDate, country, metadata, oneOf, orEmpty, rule, type Sent, short } from './person-fields.ts'
import { PostalAddress, zipCodeRules } from './postal-address.ts'
import { REF_ID_RULES, refId } from './ref-id.ts'

const US_NUMBER = /^\d{3}-\d{2}-\d{4}$/

const isText = (sent: Sent, path: string): boolean => typeof sent.at(path) === 'string'
const livesInUs = (sent: Sent): boolean => sent.at('address.country') === 'USA'
const hasUsNumber = (sent: Sent): boolean => sent.at('cip_id_type') === 'SSN' || sent.at('cip_id_type') === 'ITIN'
const requiredWithPassthrough = (field: string): ReturnType<typeof rule> =>
  rule(field, 'is required when verifier_type is PASSTHROUGH', (sent) => sent.at('verifier_type') !== 'PASSTHROUGH' || sent.has(field))

/** The fields of a person that crypto brokerage requires: paxos/api.md 4.2. */
export const PERSON_FIELDS = {
  first_name: ascii(200),
  middle_name: short.optional(),
  last_name: ascii(200),
  date_of_birth: birthDate,
  address: PostalAddress,
  nationality: country,
  cip_id: ascii(200),
  cip_id_type: oneOf('SSN, ID_CARD, ITIN, PASSPORT, DRIVING_LICENSE, VISA'),
  cip_id_country: country,
  phone_number: short.optional(),
  email: orEmpty(z.email('must be an e-mail address')).optional(),
  profession: short.optional(),
  country_of_birth: short.optional(),
  verifier_type: oneOf('PAXOS, PASSTHROUGH, MANUAL').optional(),
  passthrough_verifier_type: oneOf(
    'JUMIO, ALLOY, LEXISNEXIS, MITEK, SUMSUB, MICROBILT, ONFIDO, CUSTOMER, EQUIFAX, ID3_AUTHENTICATE, FIS, PROVE, PERSONA, PLAID, DOTFILE, AIPRISE',
  ).optional(),
  passthrough_verified_at: z.iso.datetime({ offset: true, message: 'must be a time, such as 2026-03-01T12:00:00Z' }).optional(),
  passthrough_verification_id: short.min(1, 'must not be empty').optional(),
  passthrough_verification_status: oneOf('APPROVED, DENIED').optional(),
  passthrough_verification_fields: z
    .array(oneOf('FULL_LEGAL_NAME, ADDRESS, DATE_OF_BIRTH, CIP_ID'))
    .min(1, 'must name at least one field')
    .optional(),
}

/** The same with the rules over several fields. */
const PersonDetails = z
  .strictObject(PERSON_FIELDS)
  .refine(...requiredWithPassthrough('passthrough_verifier_type'))
  .refine(...requiredWithPassthrough('passthrough_verified_at'))
  .refine(...requiredWithPassthrough('passthrough_verification_id'))
  .refine(...requiredWithPassthrough('passthrough_verification_status'))
  .refine(...requiredWithPassthrough('passthrough_verification_fields'))
  .refine(
    ...rule(
      'cip_id',
      'must have the form xxx-xx-xxxx',
      (sent) => !hasUsNumber(sent) || !isText(sent, 'cip_id') || US_NUMBER.test(String(sent.at('cip_id'))),
    ),
  )
  .refine(
    ...rule(
      'cip_id_type',
      'must be SSN or ITIN for a US resident',
      (sent) => !livesInUs(sent) || !sent.has('cip_id_type') || hasUsNumber(sent),
    ),
  )
  .check(...zipCodeRules('address').map((each) => z.refine(...each)))

/** Paxos derives the tax details from cip_id for US persons only (paxos/api.md 4.1). */
function hasTaxDetails(sent: Sent): boolean {
  const details = sent.at('tax_details')
  const given = Array.isArray(details) ? details.length > 0 : details !== undefined // another rule reports a value that is not a list
  return given || sent.at('tax_details_not_required') === true || sent.at('person_details.cip_id_country') === 'USA'
}

/**
 * The body of `POST /v1/onboardings`: Paxos's Create Identity for a person (paxos/api.md 4.1 to 4.3, documented). Checked here so that one
 * answer names every wrong field before Gatehouse calls Paxos. Undocumented fields are refused, because a misspelt field would otherwise be
 * dropped silently.
 */
export const PersonRequest = z
  .strictObject({
    ref_id: refId.optional(),
    onDuplicate: onDuplicate.optional(),
    person_details: PersonDetails,
    customer_due_diligence: PersonDueDiligence,
    tax_details: z.array(z.strictObject({ tax_payer_id: ascii(35), tax_payer_country: country })).optional(),
    tax_details_not_required: z.boolean().optional(),
    metadata: metadata.optional(),
    is_merchant: z.boolean().optional(),
  })
  .refine(
    ...rule(
      'tax_details_not_required',
      'must not be true when cip_id_country is USA',
      (sent) => sent.at('tax_details_not_required') !== true || sent.at('person_details.cip_id_country') !== 'USA',
    ),
  )
  .refine(...rule('tax_details', 'is required unless tax_details_not_required is true', hasTaxDetails))
  .check(...REF_ID_RULES.map((each) => z.refine(...each)))
export type PersonRequest = z.output<typeof PersonRequest>
