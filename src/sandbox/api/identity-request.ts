import { z } from 'zod'
import { DECISIONS } from '../world/decision.ts'
import { IDENTITY_STATUSES } from '../world/identity.ts'
import { ascii } from './address-request.ts'
import { readBody } from './read-body.ts'

const country = z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 3166-1 alpha-3 code')
const date = z.string().regex(/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/, 'must be YYYY-MM-DD')
const dateTime = z.iso.datetime({ offset: true, message: 'must be an RFC 3339 time' })

const Address = z.object({
  country: ascii(35),
  address1: ascii(35),
  address2: z.union([z.literal(''), ascii(35)]).optional(),
  city: ascii(35),
  province: ascii(35),
  zip_code: ascii(35).optional(),
})

const PASSTHROUGH_FIELDS = [
  'passthrough_verifier_type',
  'passthrough_verified_at',
  'passthrough_verification_id',
  'passthrough_verification_status',
  'passthrough_verification_fields',
] as const

const PersonFields = z.object({
  first_name: ascii(200),
  last_name: ascii(200),
  middle_name: z.string().max(200, 'may have at most 200 characters').optional(),
  date_of_birth: date,
  address: Address,
  nationality: country,
  cip_id: ascii(200),
  cip_id_type: z.enum(['SSN', 'ID_CARD', 'ITIN', 'PASSPORT', 'DRIVING_LICENSE', 'VISA']),
  cip_id_country: country,
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
  passthrough_verified_at: dateTime.optional(),
  passthrough_verification_id: z.string().min(1, 'must not be empty').optional(),
  passthrough_verification_status: z.enum(['APPROVED', 'DENIED'], 'must be terminal: APPROVED or DENIED').optional(),
  passthrough_verification_fields: z.array(z.enum(['FULL_LEGAL_NAME', 'ADDRESS', 'DATE_OF_BIRTH', 'CIP_ID'])).optional(),
})

const PersonDetails = PersonFields.superRefine((person, context) => {
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

const InstitutionDetails = z.looseObject({
  name: ascii(200),
  business_address: Address,
  institution_type: z.enum(['TRUST', 'CORPORATION', 'LLC', 'PARTNERSHIP', 'SOLE_PROPRIETORSHIP']),
  institution_sub_type: z.string().min(1, 'must not be empty'),
  cip_id: ascii(200),
  cip_id_type: z.enum(['EIN', 'SSN', 'ITIN', 'REGISTRATION_NUMBER']),
  cip_id_country: country,
  govt_registration_date: dateTime,
})

const prefixed = <P extends string>(prefix: P, ranges: string): z.ZodString =>
  z.string().regex(new RegExp(`^${prefix}_(${ranges})$`), `must be one of ${prefix}_{${ranges.replaceAll('|', ', ')}}`)

const Sector = z.enum([
  ...(['INVESTMENT', 'HEDGE_FUND', 'MONEY_SERVICE_BUSINESS', 'STO_ISSUER', 'PRECIOUS_METALS', 'NON_PROFIT'] as const),
  ...(['REGISTERED_INVESTMENT_ADVISOR', 'AGRICULTURE_FORESTRY_FISHING_HUNTING', 'MINING', 'UTILITIES', 'CONSTRUCTION'] as const),
  ...(['MANUFACTURING', 'WHOLESALE_TRADE', 'RETAIL_TRADE', 'TRANSPORTATION_WAREHOUSING', 'INFORMATION'] as const),
  ...(['FINANCE_INSURANCE', 'REAL_ESTATE_RENTAL_LEASING', 'PROFESSIONAL_SCIENTIFIC_TECHNICAL_SERVICES'] as const),
  ...(['MANAGEMENT_OF_COMPANIES_ENTERPRISES', 'ADMINISTRATIVE_SUPPORT_WASTE_MANAGEMENT_REMEDIATION_SERVICES'] as const),
  ...(['EDUCATIONAL_SERVICES', 'HEALTH_CARE_SOCIAL_ASSISTANCE', 'ARTS_ENTERTAINMENT_RECREATION'] as const),
  ...(['ACCOMMODATION_FOOD_SERVICES', 'OTHER_SERVICES', 'PUBLIC_ADMINISTRATION', 'NOT_CLASSIFIED', 'ADULT_ENTERTAINMENT'] as const),
  ...(['AUCTIONS', 'AUTOMOBILES', 'BLOCKCHAIN', 'CRYPTO', 'DRUGS', 'EXPORT_IMPORT', 'E_COMMERCE', 'FINANCIAL_INSTITUTION'] as const),
  ...(['GAMBLING', 'INSURANCE', 'MARKET_MAKER', 'SHELL_BANK', 'TRAVEL_TRANSPORT', 'WEAPONS'] as const),
])

/** Due diligence, paxos/api.md 4.3. All optional here; what a person needs is asked for in `CreateIdentityRequest`. */
const DueDiligence = z.looseObject({
  estimated_yearly_income: prefixed('INCOME', '0_TO_50K|50K_TO_100K|100K_TO_250K|250K_TO_500K|500K_TO_750K|750K_TO_1M|ABOVE_1M').optional(),
  expected_transfer_value: prefixed(
    'TRANSFER_VALUE',
    '0_TO_25K|25K_TO_50K|50K_TO_100K|100K_TO_250K|250K_TO_500K|500K_TO_750K|750K_TO_1M|1M_TO_2_5M|2_5M_TO_5M|ABOVE_5M',
  ).optional(),
  estimated_net_worth: prefixed(
    'NET_WORTH',
    '0_TO_100K|100K_TO_500K|500K_TO_1M|1M_TO_2_5M|2_5M_TO_5M|5M_TO_7_5M|7_5M_TO_10M|10M_TO_25M|25M_TO_50M|OVER_50M',
  ).optional(),
  source_of_wealth: z
    .enum([
      ...(['INHERITANCE', 'INVESTMENT_GAINS', 'BUSINESS_OWNERSHIP_DIVIDENDS'] as const),
      ...(['EMPLOYMENT_INCOME', 'REAL_ESTATE', 'OTHER_SOURCE_OF_WEALTH'] as const),
    ])
    .optional(),
  source_of_funds: z
    .enum([
      ...(['SALARY_DISBURSEMENT', 'INHERITANCE_DISTRIBUTION', 'INVESTMENT_RETURNS', 'BUSINESS_DIVIDENDS_PROFITS'] as const),
      ...(['PROPERTY_SALE', 'LOAN_DISBURSEMENT', 'SAVINGS_ACCOUNT_WITHDRAWAL', 'GOVERNMENT_BENEFITS'] as const),
    ])
    .optional(),
  purpose_of_account: z.enum(['INVESTMENT_TRADING', 'SAVINGS', 'STABLECOIN_PURCHASE_REDEMPTION']).optional(),
  employment_status: z.enum(['CONTRACTUAL', 'FULL_TIME', 'PART_TIME', 'RETIRED', 'SELF_EMPLOYED', 'STUDENT', 'UNEMPLOYED']).optional(),
  employment_industry_sector: Sector.optional(),
  industry_sector: Sector.optional(),
})

const PERSON_DUE_DILIGENCE = [
  'estimated_yearly_income',
  'expected_transfer_value',
  'source_of_wealth',
  'employment_status',
  'employment_industry_sector',
] as const

/** `metadata.sandbox_decision` is ours: it chooses what the simulator decides on this identity. */
const Metadata = z.record(z.string(), z.string()).superRefine(({ sandbox_decision: decision }, context) => {
  if (decision !== undefined && !(DECISIONS as readonly string[]).includes(decision)) {
    context.addIssue({ code: 'custom', path: ['sandbox_decision'], message: `must be one of ${DECISIONS.join(', ')}` })
  }
})

const TaxDetail = z.object({ tax_payer_id: ascii(35), tax_payer_country: country })
const Member = z.object({
  id: z.undefined('must not be set').optional(),
  identity_id: z.string(),
  roles: z.array(z.string()).optional(),
  ownership: z.string().optional(),
  position: z.string().optional(),
})

const CreateIdentityRequest = z
  .object({
    ref_id: z.string().min(1, 'must not be empty').optional(),
    person_details: PersonDetails.optional(),
    institution_details: InstitutionDetails.optional(),
    institution_members: z.array(Member).optional(),
    customer_due_diligence: DueDiligence.optional(),
    tax_details: z.array(TaxDetail).optional(),
    tax_details_not_required: z.boolean().optional(),
    metadata: Metadata.optional(),
    is_merchant: z.boolean().optional(),
  })
  .superRefine((request, context) => {
    const refuse = (path: string, message: string): void => context.addIssue({ code: 'custom', path: path.split('.'), message })
    const { person_details: person, institution_details: institution } = request
    if (person?.address.address2 === '') refuse('person_details.address.address2', 'must not be empty: leave it out')
    if ((person === undefined) === (institution === undefined)) {
      refuse('person_details', 'is required, or institution_details; not both')
      return
    }
    if (institution && !request.institution_members?.length) refuse('institution_members', 'is required for an institution')
    if (person) {
      for (const field of PERSON_DUE_DILIGENCE) {
        if (request.customer_due_diligence?.[field] === undefined) refuse(`customer_due_diligence.${field}`, 'is required for a person')
      }
    }
    const cipCountry = (person ?? institution)?.cip_id_country
    if (request.tax_details_not_required && cipCountry === 'USA') {
      refuse('tax_details_not_required', 'must not be true when cip_id_country is USA')
    }
    // Paxos fills the tax details of a US person from cip_id (paxos/api.md 4.1); nobody else's.
    const filled = request.tax_details?.length || request.tax_details_not_required || (person && cipCountry === 'USA')
    if (!filled) refuse('tax_details', 'is required unless tax_details_not_required is true')
  })
export type CreateIdentityRequest = z.output<typeof CreateIdentityRequest>

const Status = z.enum(IDENTITY_STATUSES)
const Switch = z.strictObject({ disabled: z.boolean() })

/** `PUT /identity/identities/{id}/sandbox-status` (paxos/api.md 4.9). */
const SandboxStatusRequest = z.strictObject({
  id_verification_status: Status.optional(),
  sanctions_verification_status: Status.optional(),
  document_verification_status: Status.optional(),
  additional_screening_status: Status.optional(),
  user_disabled: Switch.optional(),
  admin_disabled: Switch.optional(),
})
export type SandboxStatusRequest = z.output<typeof SandboxStatusRequest>

/** Update Identity: a delta (paxos/api.md 4.9). Not simulated, and so refused: institution_details, last_kyc_refresh_date. */
const UpdateIdentityRequest = z.strictObject({
  ref_id: z.string().min(1, 'must not be empty').optional(),
  person_details: PersonFields.partial().optional(),
  metadata: Metadata.optional(),
  customer_due_diligence: DueDiligence.optional(),
  tax_details: z.array(TaxDetail).optional(),
  set_tax_details_not_required: z.boolean().optional(),
  set_user_disabled: z.boolean().optional(),
  is_merchant: z.boolean().optional(),
})

export const readCreateIdentity = (body: unknown): CreateIdentityRequest => readBody(CreateIdentityRequest, body)
export const readSandboxStatus = (body: unknown): SandboxStatusRequest => readBody(SandboxStatusRequest, body)
export const readUpdateIdentity = (body: unknown): z.output<typeof UpdateIdentityRequest> => readBody(UpdateIdentityRequest, body)
