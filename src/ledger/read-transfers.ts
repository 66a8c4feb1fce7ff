import type { Pool } from 'pg'
import type { Transfer, TransferState } from '../domain/transfer/transfer.ts'
import { type PageQuery, type StreamRecord, streamReads } from './stream-reads.ts'
import { TRANSFER_TABLE } from './transfer-table.ts'

/** A transfer for operators and applications. */
export type TransferRecord = StreamRecord<Transfer>

export interface TransferQuery extends PageQuery {
  accountId?: string | undefined
  state?: TransferState | undefined
  direction?: string | undefined
}

/** A transfer is never the result of a command of ours, so none waits for one. */
export const TRANSFER_READS = streamReads(TRANSFER_TABLE, { idForm: /^transfer-[0-9a-f]{32}$/, waiting: [] })

/** What a poll needs of an unfinished transfer. */
export interface PendingTransfer {
  readonly transferId: string
  readonly identityId: string
  readonly paxosTransferId: string
  readonly paxosStatus: string
}

const MOST_PENDING = 50_000

/** Unfinished transfers, oldest first. */
export async function listPendingTransfers(pool: Pool): Promise<PendingTransfer[]> {
  const { rows } = await pool.query<PendingTransfer>(
    `SELECT transfer_id AS "transferId", identity_id AS "identityId", paxos_transfer_id AS "paxosTransferId", paxos_status AS "paxosStatus"
     FROM transfer WHERE state = 'pending' ORDER BY created_at LIMIT ${MOST_PENDING}`,
  )
  return rows
}

/** The customer of a transfer, and the deposit or instructions of ours that it belongs to. */
export interface TransferPlace {
  readonly accountId: string
  readonly identityId: string
  /** Our instructions with the memo that it quotes; null: none. */
  readonly instructionsId: string | null
  /** The completed deposit that it may take back: under the same instructions and with the same total. Null: none. */
  readonly returnOf: string | null
  /** It is the movement of one of our Sandbox deposits, which is on record already. */
  readonly isDeposit: boolean
}

/**
 * Finds the account with the transfer's profile; null: no account of ours. An outgoing transfer that quotes the memo of a completed deposit
 * with the same total counts as its return (assumed: Paxos documents none). The memo is not stored: a sender may write anything into it.
 */
export async function placeTransfer(
  pool: Pool,
  seen: { paxosTransferId: string; profileId: string; direction: string; asset: string; total: string; memo: string | null },
): Promise<TransferPlace | null> {
  const { rows } = await pool.query<TransferPlace>(
    `SELECT o.account_id AS "accountId", o.identity_id AS "identityId", i.instructions_id AS "instructionsId",
       (SELECT c.transfer_id FROM transfer c
        WHERE $3 = 'DEBIT' AND c.instructions_id = i.instructions_id AND c.direction = 'CREDIT' AND c.state = 'completed' AND c.asset = $4
          AND c.total = $5::numeric AND NOT EXISTS (SELECT FROM transfer r WHERE r.return_of = c.transfer_id AND r.paxos_transfer_id <> $1)
        ORDER BY c.created_at, c.transfer_id LIMIT 1) AS "returnOf",
       EXISTS (SELECT FROM deposit d WHERE d.activity_id = $1) AS "isDeposit"
     FROM (
       SELECT account_id, identity_id, profile_id FROM onboarding WHERE profile_id = $2 AND account_id IS NOT NULL
       UNION
       SELECT account_id, identity_id, profile_id FROM account WHERE profile_id = $2 AND account_id IS NOT NULL
     ) AS o LEFT JOIN deposit_instructions i ON i.profile_id = o.profile_id AND i.memo_id = $6`,
    [seen.paxosTransferId, seen.profileId, seen.direction, seen.asset, seen.total, seen.memo],
  )
  return rows[0] ?? null
}
