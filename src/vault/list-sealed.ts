import type { Pool } from 'pg'

/**
 * Ids of payloads sealed before `before`, in the order of ids, after the id `after`, at most `limit`. Rejects when Postgres does not
 * answer.
 */
export async function listSealed(pool: Pool, { before, after, limit }: { before: Date; after: string; limit: number }): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>('SELECT id FROM sealed_payload WHERE sealed_at < $1 AND id > $2 ORDER BY id LIMIT $3', [
    before,
    after,
    limit,
  ])
  return rows.map(({ id }) => id)
}
