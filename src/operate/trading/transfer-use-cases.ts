import type { Pool } from 'pg'
import type { Actor } from '../../domain/actor.ts'
import { INSTRUCTIONS_READS, type InstructionsQuery, type InstructionsRecord } from '../../ledger/read-deposit-instructions.ts'
import { readEntries, type StreamEntry } from '../../ledger/read-entries.ts'
import { TRANSFER_READS, type TransferQuery, type TransferRecord } from '../../ledger/read-transfers.ts'
import type { PaxosClient } from '../../paxos/paxos-client.ts'
import type { Page } from '../../platform/page.ts'
import type { Perform } from '../audited.ts'
import { type InstructionsParts, type InstructionsRequest, requestInstructions } from './request-instructions.ts'

/** A transfer with its history. */
export interface TransferStory extends TransferRecord {
  readonly timeline: readonly StreamEntry[]
}

/** Instructions with the bank's details as Paxos has them now; null until Paxos has created them. */
export interface InstructionsStory extends InstructionsRecord {
  readonly bankDetails: Readonly<Record<string, unknown>> | null
  /** Paxos's VALID or DEPRECATED. */
  readonly paxosStatus: string | null
}

export interface TransferUseCases {
  /**
   * Commits the request, then calls Paxos and waits up to 5 s. After that it may still be `submitting` or `unknown`. Safe to repeat with
   * the same key. @throws AccountUnknownError, IdempotencyKeyReusedError
   */
  requestInstructions(asked: InstructionsRequest, actor: Actor): Promise<{ instructions: InstructionsStory; created: boolean }>
  /** Reads the bank's details at Paxos. Null: there are none of this id. */
  getInstructions(instructionsId: string): Promise<InstructionsStory | null>
  /** Of one account, newest first. @throws AccountUnknownError, UsageError for a foreign cursor */
  listInstructions(query: InstructionsQuery): Promise<Page<InstructionsRecord>>
  getTransfer(transferId: string): Promise<TransferStory | null>
  /** Newest first. @throws UsageError for a foreign cursor */
  listTransfers(query: TransferQuery): Promise<Page<TransferRecord>>
}

/** Deposit instructions, and the transfers that follow them. */
export function transferUseCases({
  pool,
  perform,
  paxos,
  ...parts
}: Omit<InstructionsParts, 'find'> & { pool: Pool; perform: Perform; paxos: PaxosClient }): TransferUseCases {
  const find = (instructionsId: string) => INSTRUCTIONS_READS.find(pool, instructionsId)
  const story = async (instructions: InstructionsRecord): Promise<InstructionsStory> => {
    const { paxosInstructionsId } = instructions
    if (paxosInstructionsId === null) return { ...instructions, bankDetails: null, paxosStatus: null }
    const { networkInstructions: bankDetails, status: paxosStatus } = await paxos.deposits.getInstructions(paxosInstructionsId)
    return { ...instructions, bankDetails, paxosStatus }
  }
  return {
    requestInstructions: async (asked, actor) => {
      const { accountId, network } = asked
      const data = { accountId, network }
      const rule = { action: 'instructions.request', target: accountId, reason: null, data, entry: 'after' as const }
      const { instructions, created } = await perform(
        actor,
        { ...rule, result: (done) => ({ target: done.instructions.instructionsId, data: { ...data, created: done.created } }) },
        () => requestInstructions({ ...parts, find }, asked, actor),
      )
      return { instructions: await story(instructions), created }
    },
    getInstructions: async (instructionsId) => {
      const instructions = await find(instructionsId)
      return instructions && story(instructions)
    },
    listInstructions: async ({ accountId, ...page }) => {
      await parts.account(accountId)
      return INSTRUCTIONS_READS.list(pool, { where: { accountId }, ...page })
    },
    getTransfer: async (transferId) => {
      const transfer = await TRANSFER_READS.find(pool, transferId)
      return transfer && { ...transfer, timeline: await readEntries(pool, transferId) }
    },
    listTransfers: ({ accountId, state, direction, ...page }) =>
      TRANSFER_READS.list(pool, { where: { accountId, state, direction }, ...page }),
  }
}
