import { z } from 'zod'
import { ascii, CalendarDate, Country, DateTime, MailingAddress, UpdatedAddress } from './address-request.ts'

const PASSTHROUGH_FIELDS = [
  'passthrough_verifier_type',
  'passthrough_verified_at',
  'passthrough_verification_id',
  'passthrough_verification_status',
  'passthrough_verification_fields',
] as const

/** Every writable field of `person_details` (paxos/api.md 4.2). */
const PersonFields = z.strictObject({
  first_name: ascii(200),
  last_name: ascii(200),
  middle_name: z.string().max(200, 'may have at most 200 characters').optional(),
  date_of_birth: CalendarDate,
  address: MailingAddress,
  nationality: Country,
  cip_id: ascii(200),
  cip_id_type: z.enum(['SSN', 'ID_CARD', 'ITIN', 'PASSPORT', 'DRIVING_LICENSE', 'VISA']),
  cip_id_country: Country,
  phone_number: z.string().optional(),
  email: z.string().optional(),
  profession: z.string().optional(),
  country_of_birth: z.string().optional(),
  verifier_type: z.enum(['PAXOS', 'PASSTHROUGH', 'MANUAL']).optional(),
  verifier_id: z.undefined('must not be set with this verifier_type').optional(),
  passthrough_verifier_type: z
    .enum([
      ...(['JUMIO', 'ALLOY', 'LEXISNEXIS', 'MITEK', 'SUMSUB', 'MICROBILT', 'ONFIDO', 'CUSTOMER', 'EQUIFAX'] as const),
      ...(['ID3_AUTHENTICATE', 'FIS', 'PROVE', 'PERSONA', 'PLAID', 'DOTFILE', 'AIPRISE'] as const),
    ])
    .optional(),
  passthrough_verified_at: DateTime.optional(),
  passthrough_verification_id: z.string().min(1, 'must not be empty').optional(),
  passthrough_verification_status: z.enum(['APPROVED', 'DENIED'], 'must be terminal: APPROVED or DENIED').optional(),
  passthrough_verification_fields: z.array(z.enum(['FULL_LEGAL_NAME', 'ADDRESS', 'DATE_OF_BIRTH', 'CIP_ID'])).optional(),
})

export const PersonDetails = PersonFields.superRefine((person, context) => {
  const refuse = (path: string, message: string): void => context.addIssue({ code: 'custom', path: path.split('.'), message })
  if (person.verifier_type === 'PASSTHROUGH') {
    for (const field of PASSTHROUGH_FIELDS) {
      if (person[field] === undefined) refuse(field, 'is required when verifier_type is PASSTHROUGH')
    }
  }
  const isUsNumber = person.cip_id_type === 'SSN' || person.cip_id_type === 'ITIN'
  if (isUsNumber && !/^\d{3}-\d{2}-\d{4}$/.test(person.cip_id)) refuse('cip_id', 'must have the form xxx-xx-xxxx')
  if (person.address.country === 'USA' && !isUsNumber) refuse('cip_id_type', 'must be SSN or ITIN for a US resident')
  if (person.address.country === 'USA' && person.address.zip_code === undefined) refuse('address.zip_code', 'is required in this country')
})

export const UpdatedPerson = PersonFields.extend({ address: UpdatedAddress }).partial()
