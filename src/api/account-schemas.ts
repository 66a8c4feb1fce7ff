import { z } from 'zod'
import { decimal, time } from './schema-parts.ts'

const Account = z.strictObject({
  id: z.string().describe("The account's id at Paxos; the same as accountId."),
  accountId: z.string(),
  identityId: z.string(),
  profileId: z.string(),
  refId: z.string().nullable().describe("Your application's reference for the customer."),
  onboardingState: z.string(),
  openedAt: time.nullable(),
})

const Balances = z.strictObject({
  items: z.array(
    z.strictObject({
      asset: z.string(),
      available: decimal.describe('Available to trade.'),
      trading: decimal.describe('Reserved by open orders.'),
    }),
  ),
  asOf: time.describe('When Gatehouse read the balances from Paxos.'),
})

/** The responses of the account routes. */
export const ACCOUNT_SCHEMAS = { Account, Balances } satisfies Record<string, z.ZodType>
