import { z } from 'zod'
import { ascii, birthDate, country, metadata, oneOf, prefixed, rule, type Sent, short } from './person-fields.ts'
import { REF_ID_RULES, refId } from './ref-id.ts'

const Address = z.strictObject({
  country,
  address1: ascii(35),
  address2: z.union([z.literal(''), ascii(35)]).optional(),
  city: ascii(35),
  province: ascii(35),
  zip_code: ascii(35).optional(),
})

const US_NUMBER = /^\d{3}-\d{2}-\d{4}$/
const ZIP_CODE = /^\d{5}(-\d{4})?$/

const isText = (sent: Sent, path: string): boolean => typeof sent.at(path) === 'string'
const livesInUs = (sent: Sent): boolean => sent.at('address.country') === 'USA'
const hasUsNumber = (sent: Sent): boolean => sent.at('cip_id_type') === 'SSN' || sent.at('cip_id_type') === 'ITIN'
const requiredWithPassthrough = (field: string): ReturnType<typeof rule> =>
  rule(field, 'is required when verifier_type is PASSTHROUGH', (sent) => sent.at('verifier_type') !== 'PASSTHROUGH' || sent.has(field))

/** The fields of a person that crypto brokerage requires: paxos/api.md 4.2. */
const PersonDetails = z
  .strictObject({
    first_name: ascii(200),
    middle_name: short.optional(),
    last_name: ascii(200),
    date_of_birth: birthDate,
    address: Address,
    nationality: country,
    cip_id: ascii(200),
    cip_id_type: oneOf('SSN, ID_CARD, ITIN, PASSPORT, DRIVING_LICENSE, VISA'),
    cip_id_country: country,
    phone_number: short.optional(),
    email: z.email('must be an e-mail address').optional(),
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
  })
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
  .refine(...rule('address.zip_code', 'is required in this country', (sent) => !livesInUs(sent) || sent.has('address.zip_code')))
  .refine(
    ...rule(
      'address.zip_code',
      'must be a US ZIP code: 12207 or 12207-1234',
      (sent) => !livesInUs(sent) || !isText(sent, 'address.zip_code') || ZIP_CODE.test(String(sent.at('address.zip_code'))),
    ),
  )

const Sector = oneOf(
  'INVESTMENT, HEDGE_FUND, MONEY_SERVICE_BUSINESS, STO_ISSUER, PRECIOUS_METALS, NON_PROFIT, REGISTERED_INVESTMENT_ADVISOR, ' +
    'AGRICULTURE_FORESTRY_FISHING_HUNTING, MINING, UTILITIES, CONSTRUCTION, MANUFACTURING, WHOLESALE_TRADE, RETAIL_TRADE, ' +
    'TRANSPORTATION_WAREHOUSING, INFORMATION, FINANCE_INSURANCE, REAL_ESTATE_RENTAL_LEASING, PROFESSIONAL_SCIENTIFIC_TECHNICAL_SERVICES, ' +
    'MANAGEMENT_OF_COMPANIES_ENTERPRISES, ADMINISTRATIVE_SUPPORT_WASTE_MANAGEMENT_REMEDIATION_SERVICES, EDUCATIONAL_SERVICES, ' +
    'HEALTH_CARE_SOCIAL_ASSISTANCE, ARTS_ENTERTAINMENT_RECREATION, ACCOMMODATION_FOOD_SERVICES, OTHER_SERVICES, PUBLIC_ADMINISTRATION, ' +
    'NOT_CLASSIFIED, ADULT_ENTERTAINMENT, AUCTIONS, AUTOMOBILES, BLOCKCHAIN, CRYPTO, DRUGS, EXPORT_IMPORT, E_COMMERCE, ' +
    'FINANCIAL_INSTITUTION, GAMBLING, INSURANCE, MARKET_MAKER, SHELL_BANK, TRAVEL_TRANSPORT, WEAPONS',
)
/** The five due-diligence fields that Paxos requires of a person, and the optional ones: paxos/api.md 4.3. */
const DueDiligence = z.strictObject({
  estimated_yearly_income: prefixed('INCOME', '0_TO_50K, 50K_TO_100K, 100K_TO_250K, 250K_TO_500K, 500K_TO_750K, 750K_TO_1M, ABOVE_1M'),
  expected_transfer_value: prefixed(
    'TRANSFER_VALUE',
    '0_TO_25K, 25K_TO_50K, 50K_TO_100K, 100K_TO_250K, 250K_TO_500K, 500K_TO_750K, 750K_TO_1M, 1M_TO_2_5M, 2_5M_TO_5M, ABOVE_5M',
  ),
  source_of_wealth: oneOf(
    'INHERITANCE, INVESTMENT_GAINS, BUSINESS_OWNERSHIP_DIVIDENDS, EMPLOYMENT_INCOME, REAL_ESTATE, OTHER_SOURCE_OF_WEALTH',
  ),
  employment_status: oneOf('CONTRACTUAL, FULL_TIME, PART_TIME, RETIRED, SELF_EMPLOYED, STUDENT, UNEMPLOYED'),
  employment_industry_sector: Sector,
  industry_sector: Sector.optional(),
  estimated_net_worth: prefixed(
    'NET_WORTH',
    '0_TO_100K, 100K_TO_500K, 500K_TO_1M, 1M_TO_2_5M, 2_5M_TO_5M, 5M_TO_7_5M, 7_5M_TO_10M, 10M_TO_25M, 25M_TO_50M, OVER_50M',
  ).optional(),
  source_of_funds: oneOf(
    'SALARY_DISBURSEMENT, INHERITANCE_DISTRIBUTION, INVESTMENT_RETURNS, BUSINESS_DIVIDENDS_PROFITS, PROPERTY_SALE, LOAN_DISBURSEMENT, ' +
      'SAVINGS_ACCOUNT_WITHDRAWAL, GOVERNMENT_BENEFITS',
  ).optional(),
  purpose_of_account: oneOf('INVESTMENT_TRADING, SAVINGS, STABLECOIN_PURCHASE_REDEMPTION').optional(),
  aliases: z.array(short).optional(),
})

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
    person_details: PersonDetails,
    customer_due_diligence: DueDiligence,
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
