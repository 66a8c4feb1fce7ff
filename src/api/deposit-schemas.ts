import { z } from 'zod'
import { DEPOSIT_STATES } from '../domain/transfer/deposit.ts'
import { FIAT_NETWORKS, INSTRUCTIONS_STATES, ROUTING_NUMBER_TYPES } from '../domain/transfer/deposit-instructions.ts'
import { WIRE_STATES } from '../domain/transfer/wire.ts'
import { decimal, NextCursor, time } from './schema-parts.ts'

const Deposit = z.strictObject({
  id: z.string().describe('The same as depositId.'),
  depositId: z.string(),
  accountId: z.string(),
  identityId: z.string(),
  profileId: z.string(),
  asset: z.string(),
  amount: decimal,
  state: z.enum(DEPOSIT_STATES),
  reason: z.string().nullable(),
  activityId: z.string().nullable().describe("Paxos's id of the deposit; null if only the balance proved the deposit."),
  requestedAt: time,
  createdAt: time,
  updatedAt: time,
})

const instructionsFields = {
  id: z.string().describe('The same as instructionsId.'),
  instructionsId: z.string(),
  accountId: z.string(),
  identityId: z.string(),
  profileId: z.string(),
  network: z.enum(FIAT_NETWORKS),
  routingNumberType: z.enum(ROUTING_NUMBER_TYPES).nullable(),
  state: z.enum(INSTRUCTIONS_STATES),
  reason: z.string().nullable(),
  paxosInstructionsId: z.string().nullable(),
  memoId: z.string().nullable().describe('The customer quotes it in the payment.'),
  requestedAt: time,
  createdAt: time,
  updatedAt: time,
}

const DepositInstructions = z.strictObject(instructionsFields)

const DepositInstructionsStory = z.strictObject({
  ...instructionsFields,
  bankDetails: z
    .looseObject({})
    .nullable()
    .describe('Where to pay, read from Paxos now. The fields differ by network. Null until Paxos has created them.'),
  paxosStatus: z.string().nullable().describe("Paxos's own status: VALID or DEPRECATED."),
})

const SandboxWire = z.strictObject({
  id: z.string().describe('The same as wireId.'),
  wireId: z.string(),
  instructionsId: z.string(),
  accountId: z.string(),
  identityId: z.string(),
  profileId: z.string(),
  memoId: z.string().describe('The memo of the instructions, which the transfer quotes.'),
  asset: z.string(),
  amount: decimal.describe('The amount that was sent. The balance grows by it less the fee of Paxos.'),
  state: z.enum(WIRE_STATES),
  reason: z.string().nullable().describe('Why Paxos refused it, or why it is held.'),
  requestedAt: time,
  createdAt: time,
  updatedAt: time,
})

/** The responses of the routes for deposits, wires and deposit instructions. */
export const DEPOSIT_SCHEMAS = {
  Deposit,
  SandboxWire,
  DepositInstructions,
  DepositInstructionsStory,
  DepositInstructionsPage: z.strictObject({ items: z.array(DepositInstructions), nextCursor: NextCursor }),
} satisfies Record<string, z.ZodType>
