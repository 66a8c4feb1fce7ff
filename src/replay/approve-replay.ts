import { UsageError } from '../platform/app-error.ts'
import { inTransaction } from '../platform/postgres/postgres.ts'
import type { ReplayParts } from './plan-replay.ts'
import { ReplayExpiredError, ReplaySecondPersonError, ReplayStateError } from './replay-errors.ts'
import { type ReplayHead, readHead } from './replay-record.ts'

export interface Approval {
  by: string
  reason: string
}

/**
 * Approves a plan. A plan that needs a second person needs the planner and another person, or two others: an approval by the planner leaves
 * it `awaiting_second`. Repeating an approval with the same name and reason changes nothing.
 * @throws ReplayStateError, ReplayExpiredError, ReplaySecondPersonError, UsageError
 */
export async function approveReplay({ pool }: Pick<ReplayParts, 'pool'>, id: string, approval: Approval): Promise<void> {
  if (approval.reason.trim() === '') throw new UsageError('say why; the replay and the audit record it', { field: 'reason' })
  await inTransaction(pool, async (client) => {
    const replay = await readHead(client, id, { lock: true })
    if (!replay) throw new UsageError(`unknown replay ${id}`)
    if (wasThis(replay, approval)) return
    refuseUnapprovable(replay, approval)
    if (replay.state === 'awaiting_second') {
      await client.query(
        `UPDATE replay SET state = 'approved', active = true, second_by = $2, second_reason = $3, seconded_at = now() WHERE id = $1`,
        [id, approval.by, approval.reason],
      )
      return
    }
    const alone = replay.needsSecond && approval.by === replay.plannedBy
    await client.query(`UPDATE replay SET state = $4, active = $5, approved_by = $2, reason = $3, approved_at = now() WHERE id = $1`, [
      ...[id, approval.by, approval.reason],
      ...[alone ? 'awaiting_second' : 'approved', !alone],
    ])
  })
}

/** Whether this repeats an approval, for example after its answer was lost. */
function wasThis({ state, approvedBy, reason, secondBy, secondReason }: ReplayHead, approval: Approval): boolean {
  if (state !== 'approved' && state !== 'running') return false
  return (approvedBy === approval.by && reason === approval.reason) || (secondBy === approval.by && secondReason === approval.reason)
}

function refuseUnapprovable(replay: ReplayHead, { by }: Approval): void {
  const { id, state, approvedBy, expired, note } = replay
  if (state === 'planning')
    throw new ReplayStateError(`replay ${id} is still in planning (${replay.plannedItems} of ${replay.events} events)`)
  if (state === 'discarded') throw new ReplayStateError(`replay ${id} was discarded (${note ?? 'no note'}); plan a new one`)
  if (state !== 'planned' && state !== 'awaiting_second')
    throw new ReplayStateError(`replay ${id} was already approved by ${approvedBy} and is ${state}; plan a new one`)
  if (expired) throw new ReplayExpiredError(`replay ${id} has expired and may be out of date; plan a new one`)
  if (state === 'awaiting_second' && by === approvedBy)
    throw new ReplaySecondPersonError(`replay ${id} has ${replay.events} events and needs a second person; ${by} has approved it already`)
}
