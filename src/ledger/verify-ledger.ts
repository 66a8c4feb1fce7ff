import type { Pool } from 'pg'
import { GENESIS, hashLink } from '../platform/hash-chain.ts'

/** One difference between the ledger and what was written: the chain, the entry, and what is wrong. */
export interface LedgerFault {
  identityId: string
  entryNo: number | null
  problem: string
}

export interface LedgerReport {
  identities: number
  entries: number
  /** At most `maxFaults`; empty when every chain is intact. */
  faults: LedgerFault[]
}

interface EntryRow {
  stream_id: string
  entry_no: number
  at: Date
  kind: string
  actor: string
  data: unknown
  prev_hash: Buffer
  hash: Buffer
}

interface HeadRow {
  identity_id: string
  entry_count: number
  head_hash: Buffer
}

/**
 * Recomputes every chain, or one stream's: gapless numbers, each hash over the one before, and the head and count on the stream. It reads
 * page by page, so its memory does not grow with the ledger.
 */
export async function verifyLedger(
  pool: Pool,
  { identityId, maxFaults = 100 }: { identityId?: string; maxFaults?: number } = {},
): Promise<LedgerReport> {
  const report: LedgerReport = { identities: 0, entries: 0, faults: [] }
  let after = ''
  for (;;) {
    const heads = await pool.query<HeadRow>(
      identityId
        ? 'SELECT identity_id, entry_count, head_hash FROM onboarding WHERE identity_id = $1 AND identity_id > $2'
        : `SELECT identity_id, entry_count, head_hash FROM (
             SELECT identity_id, entry_count, head_hash FROM onboarding UNION ALL
             SELECT order_id, entry_count, head_hash FROM trade_order UNION ALL
             SELECT deposit_id, entry_count, head_hash FROM deposit UNION ALL
             SELECT execution_id, entry_count, head_hash FROM quote_execution UNION ALL
             SELECT transfer_id, entry_count, head_hash FROM transfer UNION ALL
             SELECT instructions_id, entry_count, head_hash FROM deposit_instructions UNION ALL
             SELECT wire_id, entry_count, head_hash FROM wire UNION ALL
             SELECT account_key, entry_count, head_hash FROM account UNION ALL
             SELECT closing_id, entry_count, head_hash FROM account_closing UNION ALL
             SELECT change_key, entry_count, head_hash FROM account_member_change UNION ALL
             SELECT change_id, entry_count, head_hash FROM identity_change UNION ALL
             SELECT change_id, entry_count, head_hash FROM member_change UNION ALL
             SELECT document_id, entry_count, head_hash FROM document) AS stream
           WHERE $1::text IS NULL AND identity_id > $2 ORDER BY identity_id LIMIT 1000`,
      [identityId ?? null, after],
    )
    if (heads.rows.length === 0) return report
    const { rows } = await pool.query<EntryRow>(
      'SELECT stream_id, entry_no, at, kind, actor, data, prev_hash, hash FROM ledger_entry WHERE stream_id = ANY ($1::text[]) ORDER BY stream_id, entry_no',
      [heads.rows.map((head) => head.identity_id)],
    )
    const chains = Map.groupBy(rows, (row) => row.stream_id)
    for (const head of heads.rows) {
      const chain = chains.get(head.identity_id) ?? []
      report.identities += 1
      report.entries += chain.length
      const fault = findFault(head, chain)
      if (fault && report.faults.length < maxFaults) report.faults.push({ identityId: head.identity_id, ...fault })
    }
    after = heads.rows.at(-1)!.identity_id
  }
}

/** The first fault of one chain: entries after a broken link say nothing. */
function findFault(head: HeadRow, chain: readonly EntryRow[]): { entryNo: number | null; problem: string } | null {
  let previous: Buffer = GENESIS
  for (const [index, row] of chain.entries()) {
    if (row.entry_no !== index + 1) return { entryNo: row.entry_no, problem: `entry ${index + 1} is missing` }
    if (!row.prev_hash.equals(previous)) return { entryNo: row.entry_no, problem: 'does not follow from the entry before it' }
    const expected = hashLink(previous, {
      chain: row.stream_id,
      entryNo: row.entry_no,
      at: row.at,
      kind: row.kind,
      actor: row.actor,
      data: row.data,
    })
    if (!row.hash.equals(expected)) return { entryNo: row.entry_no, problem: 'its content does not match its hash' }
    previous = row.hash
  }
  if (chain.length !== head.entry_count)
    return { entryNo: null, problem: `has ${chain.length} entries, but the onboarding counts ${head.entry_count}` }
  return previous.equals(head.head_hash) ? null : { entryNo: chain.length, problem: 'is not the head that the onboarding records' }
}
