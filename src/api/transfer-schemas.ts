import { z } from 'zod'
import { TRANSFER_STATES } from '../domain/transfer/transfer.ts'
import { decimal, NextCursor, TimelineEntry, time } from './schema-parts.ts'

const transferFields = {
  id: z.string().describe('The same as transferId.'),
  transferId: z.string(),
  paxosTransferId: z.string(),
  accountId: z.string(),
  identityId: z.string(),
  profileId: z.string(),
  direction: z.string().describe("Paxos's own direction: CREDIT or DEBIT."),
  type: z.string().describe("Paxos's own type, such as WIRE_DEPOSIT."),
  asset: z.string(),
  amount: decimal.describe('The amount that was sent.'),
  fee: decimal,
  total: decimal.describe('The change of the balance: for a deposit, the amount less the fee.'),
  state: z.enum(TRANSFER_STATES),
  reason: z.string().nullable().describe('Why it is held.'),
  paxosStatus: z.string().describe("Paxos's own status as last read."),
  moved: decimal.describe('The signed amount that the ledger records for this transfer.'),
  instructionsId: z.string().nullable().describe('The deposit instructions that the sender followed.'),
  returnOf: z.string().nullable().describe('The id of the deposit that this transfer returns.'),
  startedAt: z.string(),
  createdAt: time,
  updatedAt: time,
}

const Transfer = z.strictObject(transferFields)

const TransferStory = z.strictObject({
  ...transferFields,
  timeline: z.array(TimelineEntry).describe('The ledger entries of this transfer.'),
})

/** The responses of the transfer routes. */
export const TRANSFER_SCHEMAS = {
  Transfer,
  TransferStory,
  TransferPage: z.strictObject({ items: z.array(Transfer), nextCursor: NextCursor }),
} satisfies Record<string, z.ZodType>
