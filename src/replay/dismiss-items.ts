import type { PoolClient } from 'pg'
import { dismissEvents } from '../inbox/dismiss-events.ts'
import { readBases } from './event-basis.ts'

const ITEMS_PER_STATEMENT = 5_000

/** Dismisses the plan's next events that are unchanged since the plan. Others are skipped with a reason. */
export async function dismissItems(client: PoolClient, id: string, approval: { by: string; reason: string }): Promise<void> {
  const { rows } = await client.query<{ seq: string; verdict: string; basis: string }>(
    'SELECT seq, verdict, basis FROM replay_item WHERE replay_id = $1 AND result IS NULL ORDER BY seq LIMIT $2',
    [id, ITEMS_PER_STATEMENT],
  )
  const bases = await readBases(
    client,
    rows.map(({ seq }) => seq),
  )
  const fresh = rows.filter(({ seq, verdict, basis }) => verdict === 'would-dismiss' && bases.get(seq)?.basis === basis)
  const dismissed = new Set(
    await dismissEvents(
      client,
      fresh.map(({ seq }) => seq),
      approval,
    ),
  )
  const results = rows.map(({ seq, verdict }) => {
    if (verdict === 'blocked') return { seq, result: 'skipped: blocked' }
    return { seq, result: dismissed.has(seq) ? 'dismissed' : 'skipped: changed since the plan' }
  })
  await client.query(
    `UPDATE replay_item AS i SET result = r.result FROM jsonb_to_recordset($2::jsonb) AS r (seq bigint, result text)
     WHERE i.replay_id = $1 AND i.seq = r.seq`,
    [id, JSON.stringify(results)],
  )
  await client.query(`UPDATE replay SET state = 'running' WHERE id = $1 AND state = 'approved'`, [id])
}
