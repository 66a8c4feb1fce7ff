import { UsageError } from '../platform/app-error.ts'
import { inTransaction } from '../platform/postgres/postgres.ts'
import type { ReplayParts } from './plan-replay.ts'
import { ReplayStateError } from './replay-errors.ts'
import { type ReplayState, readHead } from './replay-record.ts'

/** What an operator can do with a replay besides approving it. */
export const STEERINGS = ['pause', 'resume', 'cancel', 'discard'] as const
export type Steering = (typeof STEERINGS)[number]

const RULES: Readonly<Record<Steering, { from: readonly ReplayState[]; to: ReplayState; done: string }>> = {
  pause: { from: ['approved', 'running'], to: 'paused', done: 'paused' },
  resume: { from: ['paused'], to: 'running', done: 'resumed' },
  cancel: { from: ['approved', 'running', 'paused'], to: 'cancelled', done: 'cancelled' },
  discard: { from: ['planning', 'planned', 'awaiting_second'], to: 'discarded', done: 'discarded' },
}

/**
 * Pauses, resumes, cancels or discards a replay. Opened events continue to their end. After a pause the ramp starts again. Repeating it
 * changes nothing. @throws ReplayStateError, UsageError
 */
export async function steerReplay(
  { pool }: Pick<ReplayParts, 'pool'>,
  id: string,
  steering: Steering,
  { by, reason }: { by: string; reason: string },
): Promise<void> {
  const { from, to, done } = RULES[steering]
  await inTransaction(pool, async (client) => {
    const replay = await readHead(client, id, { lock: true })
    if (!replay) throw new UsageError(`unknown replay ${id}`)
    if (replay.state === to) return
    if (!from.includes(replay.state))
      throw new ReplayStateError(`replay ${id} is ${replay.state}, so ${steering} is not possible; its state must be ${from.join(' or ')}`)
    await client.query(
      `UPDATE replay SET state = $2, note = $3, active = $4, ramp_from = CASE WHEN $5::boolean THEN stage + 1 ELSE ramp_from END,
         finished_at = CASE WHEN $2 = 'cancelled' THEN now() ELSE finished_at END
       WHERE id = $1`,
      [id, to, `${done} by ${by}: ${reason}`, to !== 'discarded', steering === 'resume'],
    )
    if (to === 'cancelled') await client.query(`UPDATE replay_item SET result = 'cancelled' WHERE replay_id = $1 AND result IS NULL`, [id])
  })
}
