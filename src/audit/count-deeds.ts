import type { Pool } from 'pg'

/** How often an operator did something since a time, failures left out. */
export async function countDeeds(
  pool: Pool,
  { action, operator, since }: { action: string; operator: string; since: Date },
): Promise<number> {
  const { rows } = await pool.query<{ deeds: number }>(
    'SELECT count(*)::int AS deeds FROM audit_entry WHERE action = $1 AND operator = $2 AND at > $3',
    [action, operator, since],
  )
  return rows[0]?.deeds ?? 0
}
