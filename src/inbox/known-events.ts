import type { Pool } from 'pg'

/**
 * Those of these event ids that the inbox has as real events. A delivery that called a real event a test must not hide it from the sweep.
 */
export async function knownEvents(pool: Pool, eventIds: readonly string[]): Promise<Set<string>> {
  const { rows } = await pool.query<{ event_id: string }>(
    'SELECT event_id FROM inbox_event WHERE event_id = ANY ($1::text[]) AND NOT is_test',
    [eventIds],
  )
  return new Set(rows.map(({ event_id }) => event_id))
}
