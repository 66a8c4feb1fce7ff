import type { Operator } from './start-operator.ts'

/**
 * Approved customers whose account Paxos refuses with this status: their events are parked as the worker parks them. Returns the event ids.
 */
export async function failApprovals(
  operator: Operator,
  { count, status, prefix }: { count: number; status: number; prefix: string },
): Promise<string[]> {
  const fault = operator.sandbox.faults.arm({ on: 'POST /identity/accounts', do: 'answer', status })
  const events = await operator.sandbox.populate({ count, refIdPrefix: prefix, decision: 'approve', deliver: false })
  for (const event of events) await operator.accept(event)
  const ids = events.map(({ id }) => id)
  await workOn(operator, ids)
  operator.sandbox.faults.disarm(fault)
  return ids
}

/** Works on each of these events once, as a worker would. */
export async function workOn({ pool, handle }: Pick<Operator, 'pool' | 'handle'>, eventIds: readonly string[]): Promise<void> {
  const { rows } = await pool.query<{ seq: string; generation: number; batch: string | null }>(
    `SELECT seq, generation, batch FROM inbox_event WHERE event_id = ANY ($1) AND state = 'accepted' ORDER BY seq`,
    [eventIds],
  )
  for (const job of rows) await handle(job, { rescues: 0 })
}
