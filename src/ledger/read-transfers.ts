import type { Pool } from 'pg'
import type { Transfer, TransferState } from '../domain/transfer/transfer.ts'
import { cutPage, decodeCursor, type Page } from '../platform/page.ts'
import { TRANSFER_TABLE } from './transfer-table.ts'

/** A transfer for operators and applications. */
export interface TransferRecord extends Transfer {
  readonly createdAt: Date
  readonly updatedAt: Date
}

export interface TransferQuery {
  accountId?: string | undefined
  state?: TransferState | undefined
  direction?: string | undefined
  cursor?: string | undefined
  limit: number
}

/** What a poll needs of an unfinished transfer. */
export interface PendingTransfer {
  readonly transferId: string
  readonly identityId: string
  readonly paxosTransferId: string
  readonly paxosStatus: string
}

const COLUMNS = TRANSFER_TABLE.columns.map(({ name, loaded }) => `${loaded(`t.${name}`)} AS ${name}`).join(', ')
const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/
const TRANSFER_ID = /^transfer-[0-9a-f]{32}$/
const MOST_PENDING = 50_000

interface Row extends Readonly<Record<string, unknown>> {
  created_at: Date
  updated_at: Date
}

/** One transfer; null for an unknown id. */
export async function findTransfer(pool: Pool, transferId: string): Promise<TransferRecord | null> {
  const { rows } = await pool.query<Row>(`SELECT ${COLUMNS}, t.created_at, t.updated_at FROM transfer t WHERE t.transfer_id = $1`, [
    transferId,
  ])
  return rows[0] ? toRecord(rows[0]) : null
}

/** Newest first. @throws UsageError for a foreign cursor */
export async function listTransfers(
  pool: Pool,
  { accountId, state, direction, cursor, limit }: TransferQuery,
): Promise<Page<TransferRecord>> {
  const [time = null, transferId = null] = cursor ? decodeCursor(cursor, [ISO_TIME, TRANSFER_ID]) : []
  const { rows } = await pool.query<Row>(
    `SELECT ${COLUMNS}, t.created_at, t.updated_at FROM transfer t
     WHERE ($1::text IS NULL OR t.account_id = $1) AND ($2::text IS NULL OR t.state = $2) AND ($3::text IS NULL OR t.direction = $3)
       AND ($4::timestamptz IS NULL OR (t.created_at, t.transfer_id) < ($4, $5))
     ORDER BY t.created_at DESC, t.transfer_id DESC LIMIT $6`,
    [accountId ?? null, state ?? null, direction ?? null, time, transferId, limit + 1],
  )
  const key = ({ createdAt, transferId: id }: TransferRecord): string[] => [createdAt.toISOString(), id]
  return cutPage(rows.map(toRecord), { limit, view: (transfer) => transfer, key })
}

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
     FROM onboarding o LEFT JOIN deposit_instructions i ON i.profile_id = o.profile_id AND i.memo_id = $6
     WHERE o.profile_id = $2 AND o.account_id IS NOT NULL`,
    [seen.paxosTransferId, seen.profileId, seen.direction, seen.asset, seen.total, seen.memo],
  )
  return rows[0] ?? null
}

function toRecord(row: Row): TransferRecord {
  const { transfer } = TRANSFER_TABLE.snapshot(row, [])
  return { ...transfer, createdAt: row.created_at, updatedAt: row.updated_at }
}
