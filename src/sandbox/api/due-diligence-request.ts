import { z } from 'zod'

const prefixed = <P extends string>(prefix: P, ranges: string): z.ZodString =>
  z.string().regex(new RegExp(`^${prefix}_(${ranges})$`), `must be one of ${prefix}_{${ranges.replaceAll('|', ', ')}}`)

/** `InstitutionSubType`, which is also the list of industry sectors (paxos/api.md 4.5). */
export const Sector = z.enum([
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

/** Due diligence (paxos/api.md 4.3). All fields are optional here: create checks what a person or an institution needs. */
export const DueDiligence = z.strictObject({
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
  aliases: z.array(z.string()).optional(),
  has_underlying_trust_structure: z.boolean().optional(),
  has_nominee_shareholders: z.boolean().optional(),
  is_publicly_traded: z.boolean().optional(),
  merchant_funding_source: z
    .enum([
      ...(['BUSINESS_LOANS_FINANCING', 'SALARY_SAVINGS', 'INVESTMENT_GAINS', 'INHERITANCE', 'REAL_ESTATE_INCOME'] as const),
      ...(['NON_PROFIT_SOURCES', 'OTHER_BUSINESS_INCOME'] as const),
    ])
    .optional(),
  customer_regions: z
    .array(z.enum(['US_CANADA', 'MEXICO_CENTRAL_AMERICA', 'SOUTH_AMERICA', 'EUROPE', 'ASIA', 'AFRICA', 'OCEANIA']))
    .optional(),
})
export type DueDiligence = z.output<typeof DueDiligence>

/** What REQD requires of a person. */
export const PERSON_DUE_DILIGENCE = [
  'estimated_yearly_income',
  'expected_transfer_value',
  'source_of_wealth',
  'employment_status',
  'employment_industry_sector',
] as const

/** What REQD requires of a corporation, an LLC and a partnership. */
export const COMPANY_DUE_DILIGENCE = [
  'source_of_wealth',
  'source_of_funds',
  'industry_sector',
  'has_underlying_trust_structure',
  'has_nominee_shareholders',
] as const
