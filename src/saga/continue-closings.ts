import type { Pool } from 'pg'
import { CONTINUE_CLOSING } from '../domain/account/account-closing.ts'
import type { Inbox } from '../inbox/inbox.ts'
import { CLOSING_READS, WAITING_CLOSING_READS } from '../ledger/read-closings.ts'

/** Pause between two looks at an account whose orders are under way, milliseconds. */
const ACTIVE_EVERY_MS = 1_000
/** Shortest pause while something is left that a person or a market must change, milliseconds. */
const WAITING_EVERY_MS = 30_000
/** Waiting closings in one round of the poll, which comes twice a second. Each look costs two calls to Paxos, so all of them cost about 8 calls/s at most. */
const MOST_WAITING = 2

/**
 * Sets a timer for each unfinished closing that nothing has looked at for a while. A closing has one timer at a time, so a round after a crash
 * sets it again and nothing runs twice. A timer that failed for good stays parked for a person. A closing that is finishing needs no timer: the event that moved it there is not completed before.
 */
export async function continueClosings({ pool, inbox }: { pool: Pool; inbox: Pick<Inbox, 'setTimers'> }): Promise<void> {
  const dueAt = new Date()
  const [active, waiting] = await Promise.all([
    CLOSING_READS.listWaiting(pool, new Date(dueAt.getTime() - ACTIVE_EVERY_MS)),
    WAITING_CLOSING_READS.listWaiting(pool, new Date(dueAt.getTime() - WAITING_EVERY_MS)),
  ])
  const timers = [...active, ...inTurn(waiting, dueAt.getTime())].map((streamId) => ({ streamId, name: CONTINUE_CLOSING, dueAt }))
  if (timers.length > 0) await inbox.setTimers(timers, { reopen: 'processed' })
}

/** The next few of many. The place moves with the clock, so one whose timer stays parked keeps no other from its turn. */
function inTurn(ids: readonly string[], nowMs: number): string[] {
  const from = ids.length <= MOST_WAITING ? 0 : Math.floor(nowMs / 500) % ids.length
  return [...ids.slice(from), ...ids.slice(0, from)].slice(0, MOST_WAITING)
}
