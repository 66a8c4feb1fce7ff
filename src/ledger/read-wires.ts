import type { Pool } from 'pg'
import type { Wire } from '../domain/transfer/wire.ts'
import { streamReads } from './stream-reads.ts'
import { WIRE_TABLE } from './wire-table.ts'

export const WIRE_READS = streamReads(WIRE_TABLE, { idForm: /^wire-[0-9a-f]{32}$/, waiting: ['submitting', 'unknown'] })

/** Whether an older wire of the same instructions, asset and amount has no answer yet. */
export async function hasOlderOpenWire(pool: Pool, { wireId, instructionsId, asset, amount, requestedAt }: Wire): Promise<boolean> {
  const { rows } = await pool.query<{ waits: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM wire WHERE instructions_id = $1 AND asset = $2 AND amount = $3::numeric
       AND state IN ('submitting', 'unknown') AND (requested_at, wire_id) < ($4, $5)) AS waits`,
    [instructionsId, asset, amount, new Date(requestedAt), wireId],
  )
  return rows[0]?.waits === true
}

/** The other wires of the same instructions, asset and amount that Paxos has, and those that are held. */
export async function countWiresAlike(
  pool: Pool,
  { wireId, instructionsId, asset, amount }: Wire,
): Promise<{ sent: number; held: number }> {
  const { rows } = await pool.query<{ sent: number; held: number }>(
    `SELECT count(*) FILTER (WHERE state = 'sent')::integer AS sent, count(*) FILTER (WHERE state = 'held')::integer AS held
     FROM wire WHERE instructions_id = $1 AND asset = $2 AND amount = $3::numeric AND wire_id <> $4`,
    [instructionsId, asset, amount, wireId],
  )
  return rows[0] ?? { sent: 0, held: 0 }
}
