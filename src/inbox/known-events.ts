import type { Pool } from 'pg'

/** Which of these event ids the inbox has as real events: a delivery that called one a test must not keep the sweep from finding it. */
export async function knownEvents(pool: Pool, eventIds: readonly string[]): Promise<Set<string>> {
  const { rows } = await pool.query<{ event_id: string }>(
    'SELECT event_id FROM inbox_event WHERE event_id = ANY ($1::text[]) AND NOT is_test',
    [eventIds],
  )
  return new Set(rows.map(({ event_id }) => event_id))
}
