import type { PoolClient } from 'pg'
import { loadEvents } from '../inbox/load-events.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { PlannedEffect } from '../saga/preview-event.ts'
import { compareResult } from './compare-result.ts'

interface OpenItem {
  seq: string
  verdict: string
  basis: string
  effects: PlannedEffect[] | null
  generation: number
}

/** Most events in progress: the rest of a run, or a customer with very many events. */
const MOST_OPEN = 10_000

/** Records the end of every opened event and compares it with the plan. Returns the number of recorded events. */
export async function collectEnds({ client, ledger }: { client: PoolClient; ledger: Ledger }, id: string): Promise<number> {
  const { rows } = await client.query<OpenItem>(
    `SELECT seq, verdict, basis, effects, coalesce(generation, 0) AS generation FROM replay_item
     WHERE replay_id = $1 AND result = 'reopened' ORDER BY seq LIMIT $2`,
    [id, MOST_OPEN],
  )
  const events = await loadEvents(
    client,
    rows.map(({ seq }) => seq),
  )
  const ends = await Promise.all(
    rows.map(async (item, at) => {
      const event = events[at]
      if (!event || (event.state === 'accepted' && event.generation === item.generation)) return []
      const stored = event.identityId === null ? null : await ledger.load(event.identityId)
      return [{ seq: item.seq, identityId: event.identityId, ...compareResult({ ...item, effects: item.effects ?? [] }, event, stored) }]
    }),
  )
  const ended = ends.flat()
  if (ended.length === 0) return 0
  await client.query(
    `UPDATE replay_item AS i SET result = r.result, error_code = r."errorCode", difference = r.difference, explained = r.explained,
       identity_id = coalesce(r."identityId", i.identity_id)
     FROM jsonb_to_recordset($2::jsonb) AS r (seq bigint, result text, "errorCode" text, difference text, explained boolean, "identityId" text)
     WHERE i.replay_id = $1 AND i.seq = r.seq`,
    [id, JSON.stringify(ended)],
  )
  return ended.length
}
