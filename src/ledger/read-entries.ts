import type { Pool } from 'pg'

/** An entry of one stream's chain, for display. */
export interface StreamEntry {
  readonly entryNo: number
  readonly at: Date
  readonly kind: string
  readonly actor: string
  readonly data: Readonly<Record<string, unknown>>
}

/** All entries of one stream, in their order. */
export async function readEntries(pool: Pool, streamId: string): Promise<StreamEntry[]> {
  const { rows } = await pool.query<StreamEntry>(
    'SELECT entry_no AS "entryNo", at, kind, actor, data FROM ledger_entry WHERE stream_id = $1 ORDER BY entry_no',
    [streamId],
  )
  return rows
}
