import { z } from 'zod'
import { ACCOUNT_STATES, ACCOUNT_TYPES } from '../domain/account/account.ts'
import { CLOSING_BLOCKS, CLOSING_STATES } from '../domain/account/account-closing.ts'
import { ACCOUNT_MEMBER_CHANGE_KINDS, ACCOUNT_MEMBER_CHANGE_STATES } from '../domain/account/account-member-change.ts'
import { STANDINGS } from '../domain/account/owner-standing.ts'
import { ONBOARDING_STATES } from '../domain/onboarding/onboarding.ts'
import { decimal, NextCursor, time } from './schema-parts.ts'

const Member = z.strictObject({
  id: z.string().nullable().describe("Paxos's id of the membership; null until Paxos answers."),
  identityId: z.string(),
  roles: z.array(z.string()),
})

const Account = z.strictObject({
  id: z.string().describe("The account's id at Paxos; the same as accountId."),
  accountId: z.string(),
  identityId: z.string().describe('The primary owner.'),
  profileId: z.string(),
  refId: z.string().nullable().describe("Your application's reference for the customer."),
  type: z.string(),
  onboardingState: z.string().describe("The primary owner's."),
  owners: z
    .array(
      z.strictObject({
        identityId: z.string(),
        state: z.enum(ONBOARDING_STATES).nullable().describe("The owner's onboarding; null: there is none."),
        refreshEndsAt: z.string().nullable().describe("When the owner's KYC refresh ends; null: none runs, or its end is not known."),
      }),
    )
    .describe('The primary owner first. With two or more it is a joint account.'),
  standing: z
    .enum(STANDINGS)
    .describe(
      'What the owners permit together, by their onboardings: trades, sells (sales only), waiting (an owner is under review), stopped (an owner is denied, frozen or held).',
    ),
  members: z.array(Member).describe('The members besides the primary owner.'),
  openedAt: time.nullable(),
  closing: z
    .strictObject({ closingId: z.string(), state: z.enum(CLOSING_STATES) })
    .nullable()
    .describe('Its closing, done or under way; null: there is none, or it was stopped.'),
})

/** A further account of a customer, in any state. */
export const FurtherAccount = z.strictObject({
  id: z
    .string()
    .describe('The id of the request: account- and 32 hexadecimal digits. GET /v1/accounts/{id} takes it too once the account is open.'),
  accountId: z.string().nullable().describe("The account's id at Paxos; null until Paxos has opened it."),
  identityId: z.string().describe('The primary owner.'),
  profileId: z.string().nullable(),
  type: z.enum(ACCOUNT_TYPES),
  members: z.array(Member).describe('The members besides the primary owner.'),
  owners: z.array(z.string()).describe('The identities that own it, the primary owner first.'),
  state: z.enum(ACCOUNT_STATES),
  reason: z.string().nullable().describe('Why it was rejected or is held.'),
  requestedAt: time,
  createdAt: time,
  updatedAt: time,
})

const AccountMemberChange = z.strictObject({
  id: z.string().describe('The id of the change: membership- and 32 hexadecimal digits.'),
  accountId: z.string(),
  identityId: z.string().describe('The primary owner.'),
  kind: z.enum(ACCOUNT_MEMBER_CHANGE_KINDS),
  members: z.array(Member).describe('The members to add, or the one to remove.'),
  state: z.enum(ACCOUNT_MEMBER_CHANGE_STATES),
  reason: z.string().nullable().describe('Why it was rejected or is held.'),
  requestedAt: time,
  createdAt: time,
  updatedAt: time,
})

const AccountClosing = z.strictObject({
  id: z.string().describe('The id of the closing: closing- and 32 hexadecimal digits.'),
  accountId: z.string(),
  identityId: z.string().describe('The primary owner.'),
  profileId: z.string(),
  state: z.enum(CLOSING_STATES),
  reason: z.string().nullable().describe('Why it is held.'),
  blockedBy: z.string().nullable().describe('What blocks it and who must act, in one sentence; null: nothing blocks it.'),
  blocks: z.array(
    z.strictObject({
      kind: z.enum(CLOSING_BLOCKS),
      asset: z.string().nullable(),
      amount: decimal.nullable(),
      detail: z.string().nullable(),
      sentence: z.string(),
    }),
  ),
  round: z.int().describe('Rounds of sales so far.'),
  sales: z
    .array(
      z.strictObject({
        asset: z.string(),
        market: z.string(),
        quoteAsset: z.string(),
        amount: decimal,
        orderId: z.string().nullable().describe('GET /v1/orders/{id} shows it; null until it is on record.'),
      }),
    )
    .describe('The sales of the last round.'),
  cancelledOrders: z.array(z.string()).describe('The orders whose cancellation it requested.'),
  soldAt: time.nullable().describe('When the last round of sales began.'),
  requestedAt: time,
  createdAt: time,
  updatedAt: time,
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
export const ACCOUNT_SCHEMAS = {
  Account,
  FurtherAccount,
  AccountMemberChange,
  AccountClosing,
  AccountClosingPage: z.strictObject({ items: z.array(AccountClosing), nextCursor: NextCursor }),
  FurtherAccountList: z.strictObject({ items: z.array(FurtherAccount) }),
  Balances,
} satisfies Record<string, z.ZodType>
