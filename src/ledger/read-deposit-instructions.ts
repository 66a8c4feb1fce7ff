import type { DepositInstructions } from '../domain/transfer/deposit-instructions.ts'
import { DEPOSIT_INSTRUCTIONS_TABLE } from './deposit-instructions-table.ts'
import { type PageQuery, type StreamRecord, streamReads } from './stream-reads.ts'

/** Deposit instructions for operators and applications. */
export type InstructionsRecord = StreamRecord<DepositInstructions>

export interface InstructionsQuery extends PageQuery {
  accountId: string
}

export const INSTRUCTIONS_READS = streamReads(DEPOSIT_INSTRUCTIONS_TABLE, {
  idForm: /^instructions-[0-9a-f]{32}$/,
  waiting: ['submitting', 'unknown'],
})
