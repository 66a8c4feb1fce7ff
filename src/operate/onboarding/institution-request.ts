import { z } from 'zod'
import { InstitutionDueDiligence, Sector } from './due-diligence.ts'
import { InstitutionMember, MEMBER_RULES } from './institution-members.ts'
import { onDuplicate } from './on-duplicate.ts'
import { ascii, country, metadata, oneOf, orEmpty, pastTime, rule, type Sent, short } from './person-fields.ts'
import { PostalAddress, zipCodeRules } from './postal-address.ts'
import { REF_ID_RULES, refId } from './ref-id.ts'

/** Every field of an institution that may be sent: paxos/api.md 4.5. */
export const INSTITUTION_FIELDS = {
  name: ascii(200),
  business_address: PostalAddress,
  incorporation_address: PostalAddress.optional(),
  phone_number: short.optional(),
  email: orEmpty(z.email('must be an e-mail address')).optional(),
  institution_type: oneOf('TRUST, CORPORATION, LLC, PARTNERSHIP, SOLE_PROPRIETORSHIP'),
  institution_sub_type: Sector,
  cip_id: ascii(200),
  cip_id_type: oneOf('EIN, SSN, ITIN, REGISTRATION_NUMBER'),
  cip_id_country: country,
  govt_registration_date: pastTime,
  regulation_status: oneOf('US_REGULATED, INTL_REGULATED, NON_REGULATED').optional(),
  trading_type: oneOf('PRIVATE, PUBLIC, PUBLICLY_TRADED_SUBSIDIARY').optional(),
  listed_exchange: short.optional(),
  ticker_symbol: short.optional(),
  parent_institution_name: short.optional(),
  regulator_name: short.optional(),
  regulator_jurisdiction: short.optional(),
  regulator_register_number: short.optional(),
  doing_business_as: short.optional(),
  business_description: short.optional(),
}
const InstitutionDetails = z.strictObject(INSTITUTION_FIELDS)

/** Each is read at Paxos before the institution is created. The limit is ours. */
const MOST_MEMBERS = 50

const DETAILS = 'institution_details'
const COMPANIES: readonly unknown[] = ['CORPORATION', 'LLC', 'PARTNERSHIP']
const PROHIBITED: readonly unknown[] = ['ADULT_ENTERTAINMENT', 'DRUGS', 'SHELL_BANK', 'WEAPONS']
/** Paxos fills the tax details from these numbers. */
const FILLED_FROM: readonly unknown[] = ['SSN', 'ITIN', 'EIN']

const detail = (sent: Sent, field: string): unknown => sent.at(`${DETAILS}.${field}`)
const isCompany = (sent: Sent): boolean => COMPANIES.includes(detail(sent, 'institution_type'))
const isTrust = (sent: Sent): boolean => detail(sent, 'institution_type') === 'TRUST'
const trades = (...types: readonly string[]) => {
  return (sent: Sent): boolean => types.includes(String(detail(sent, 'trading_type')))
}
const isRegulated = (sent: Sent): boolean => ['US_REGULATED', 'INTL_REGULATED'].includes(String(detail(sent, 'regulation_status')))

/** Fields that are required where `applies`; an empty text counts as none. */
function required(fields: readonly string[], because: string, applies: (sent: Sent) => boolean): ReturnType<typeof rule>[] {
  return fields.map((field) =>
    rule(field, `is required ${because}`, (sent) => !applies(sent) || (sent.has(field) && sent.at(field) !== '')),
  )
}
const details = (...fields: readonly string[]): string[] => fields.map((field) => `${DETAILS}.${field}`)
const diligence = (...fields: readonly string[]): string[] => fields.map((field) => `customer_due_diligence.${field}`)

/** What an institution needs by its type, regulation and trading: paxos/api.md 4.5. */
const RULES: readonly ReturnType<typeof rule>[] = [
  ...required(
    details('incorporation_address', 'regulation_status', 'trading_type', 'business_description'),
    'for a CORPORATION, an LLC and a PARTNERSHIP',
    isCompany,
  ),
  ...required(
    diligence('source_of_wealth', 'source_of_funds', 'industry_sector', 'has_underlying_trust_structure', 'has_nominee_shareholders'),
    'for a CORPORATION, an LLC and a PARTNERSHIP',
    isCompany,
  ),
  ...required(details('incorporation_address'), 'for a TRUST whose cip_id_type is neither SSN nor ITIN', (sent) => {
    return isTrust(sent) && sent.has(`${DETAILS}.cip_id_type`) && !['SSN', 'ITIN'].includes(String(detail(sent, 'cip_id_type')))
  }),
  ...required(details('regulator_name', 'regulator_jurisdiction', 'regulator_register_number'), 'for a regulated institution', isRegulated),
  ...required(
    details('listed_exchange', 'ticker_symbol'),
    'for PUBLIC and PUBLICLY_TRADED_SUBSIDIARY',
    trades('PUBLIC', 'PUBLICLY_TRADED_SUBSIDIARY'),
  ),
  ...required(details('parent_institution_name'), 'for PUBLICLY_TRADED_SUBSIDIARY', trades('PUBLICLY_TRADED_SUBSIDIARY')),
  rule(`${DETAILS}.trading_type`, 'must be PRIVATE or PUBLIC when regulation_status is NON_REGULATED', (sent) => {
    return detail(sent, 'regulation_status') !== 'NON_REGULATED' || !trades('PUBLICLY_TRADED_SUBSIDIARY')(sent)
  }),
  rule(`${DETAILS}.institution_sub_type`, 'must be INVESTMENT for a TRUST', (sent) => {
    return !isTrust(sent) || !sent.has(`${DETAILS}.institution_sub_type`) || detail(sent, 'institution_sub_type') === 'INVESTMENT'
  }),
  rule(`${DETAILS}.institution_sub_type`, 'is a business that Paxos prohibits', (sent) => {
    return !PROHIBITED.includes(detail(sent, 'institution_sub_type'))
  }),
  rule('tax_details_not_required', 'must not be true when cip_id_country is USA', (sent) => {
    return sent.at('tax_details_not_required') !== true || detail(sent, 'cip_id_country') !== 'USA'
  }),
  rule('tax_details', 'is required unless cip_id_type is SSN, ITIN or EIN, or tax_details_not_required is true', (sent) => {
    const given = sent.at('tax_details')
    const has = Array.isArray(given) ? given.length > 0 : given !== undefined // another rule reports a value that is not a list
    return has || sent.at('tax_details_not_required') === true || FILLED_FROM.includes(detail(sent, 'cip_id_type'))
  }),
  ...zipCodeRules(`${DETAILS}.business_address`),
  ...zipCodeRules(`${DETAILS}.incorporation_address`),
  ...MEMBER_RULES,
  ...REF_ID_RULES,
]

/** Paxos's Create Identity for an institution (paxos/api.md 4.1, 4.5, documented), checked as a person's is: every wrong field in one answer. */
export const InstitutionRequest = z
  .strictObject({
    ref_id: refId.optional(),
    onDuplicate: onDuplicate.optional(),
    institution_details: InstitutionDetails,
    institution_members: z
      .array(InstitutionMember)
      .min(1, 'must name at least one member')
      .max(MOST_MEMBERS, `may have at most ${MOST_MEMBERS} members; add the others later`),
    customer_due_diligence: InstitutionDueDiligence.optional(),
    tax_details: z.array(z.strictObject({ tax_payer_id: ascii(35), tax_payer_country: country })).optional(),
    tax_details_not_required: z.boolean().optional(),
    metadata: metadata.optional(),
    is_merchant: z.boolean().optional(),
  })
  .check(...RULES.map((each) => z.refine(...each)))
export type InstitutionRequest = z.output<typeof InstitutionRequest>
