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
  direction: z.string().describe("Paxos's own: CREDIT, DEBIT."),
  type: z.string().describe("Paxos's own, such as WIRE_DEPOSIT."),
  asset: z.string(),
  amount: decimal.describe('What was sent.'),
  fee: decimal,
  total: decimal.describe('What the balance moves by: of a deposit the amount less the fee.'),
  state: z.enum(TRANSFER_STATES),
  reason: z.string().nullable().describe('Why it is held.'),
  paxosStatus: z.string().describe("Paxos's own status as last read."),
  moved: decimal.describe('Signed: what this transfer has moved on record.'),
  instructionsId: z.string().nullable().describe('The deposit instructions of yours that the sender followed.'),
  returnOf: z.string().nullable().describe('The id of the deposit that this transfer takes back.'),
  startedAt: z.string(),
  createdAt: time,
  updatedAt: time,
}

const Transfer = z.strictObject(transferFields)

const TransferStory = z.strictObject({ ...transferFields, timeline: z.array(TimelineEntry).describe('The ledger of this transfer.') })

/** The responses of the transfer routes. */
export const TRANSFER_SCHEMAS = {
  Transfer,
  TransferStory,
  TransferPage: z.strictObject({ items: z.array(Transfer), nextCursor: NextCursor }),
} satisfies Record<string, z.ZodType>
