import type { Pool } from 'pg'
import type { Snapshot } from '../domain/effect.ts'
import type { StreamTable } from './stream-table.ts'

/** Those of these streams that are in one of `states`, in one read by their keys. */
export async function pendingAmong<S extends Snapshot>(
  pool: Pool,
  { table, idColumn }: StreamTable<S>,
  { ids, states }: { ids: readonly string[]; states: readonly string[] },
): Promise<ReadonlySet<string>> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT ${idColumn} AS id FROM ${table} WHERE ${idColumn} = ANY ($1::text[]) AND state = ANY ($2::text[])`,
    [ids, states],
  )
  return new Set(rows.map(({ id }) => id))
}
