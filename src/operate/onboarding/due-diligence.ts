import { z } from 'zod'
import { oneOf, prefixed, short } from './person-fields.ts'

/** Paxos's list of businesses: the sub-type of an institution, and the sector of an industry (paxos/api.md 4.5). */
export const Sector = oneOf(
  'INVESTMENT, HEDGE_FUND, MONEY_SERVICE_BUSINESS, STO_ISSUER, PRECIOUS_METALS, NON_PROFIT, REGISTERED_INVESTMENT_ADVISOR, ' +
    'AGRICULTURE_FORESTRY_FISHING_HUNTING, MINING, UTILITIES, CONSTRUCTION, MANUFACTURING, WHOLESALE_TRADE, RETAIL_TRADE, ' +
    'TRANSPORTATION_WAREHOUSING, INFORMATION, FINANCE_INSURANCE, REAL_ESTATE_RENTAL_LEASING, PROFESSIONAL_SCIENTIFIC_TECHNICAL_SERVICES, ' +
    'MANAGEMENT_OF_COMPANIES_ENTERPRISES, ADMINISTRATIVE_SUPPORT_WASTE_MANAGEMENT_REMEDIATION_SERVICES, EDUCATIONAL_SERVICES, ' +
    'HEALTH_CARE_SOCIAL_ASSISTANCE, ARTS_ENTERTAINMENT_RECREATION, ACCOMMODATION_FOOD_SERVICES, OTHER_SERVICES, PUBLIC_ADMINISTRATION, ' +
    'NOT_CLASSIFIED, ADULT_ENTERTAINMENT, AUCTIONS, AUTOMOBILES, BLOCKCHAIN, CRYPTO, DRUGS, EXPORT_IMPORT, E_COMMERCE, ' +
    'FINANCIAL_INSTITUTION, GAMBLING, INSURANCE, MARKET_MAKER, SHELL_BANK, TRAVEL_TRANSPORT, WEAPONS',
)
/** The words of customer_due_diligence: paxos/api.md 4.3. */
const FIELDS = {
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
}

/** The five fields that Paxos requires of a person, and the optional ones. */
export const PersonDueDiligence = z.strictObject(FIELDS)

/** For an institution: the same words. None is required here, since the requirements depend on its type. */
export const InstitutionDueDiligence = z
  .strictObject(FIELDS)
  .partial()
  .extend({
    has_underlying_trust_structure: z.boolean().optional(),
    has_nominee_shareholders: z.boolean().optional(),
    is_publicly_traded: z.boolean().optional(),
    merchant_funding_source: oneOf(
      'BUSINESS_LOANS_FINANCING, SALARY_SAVINGS, INVESTMENT_GAINS, INHERITANCE, REAL_ESTATE_INCOME, NON_PROFIT_SOURCES, OTHER_BUSINESS_INCOME',
    ).optional(),
    customer_regions: z.array(oneOf('US_CANADA, MEXICO_CENTRAL_AMERICA, SOUTH_AMERICA, EUROPE, ASIA, AFRICA, OCEANIA')).optional(),
  })
