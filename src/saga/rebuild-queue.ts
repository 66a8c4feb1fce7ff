import type { Pool } from 'pg'
import type { Inbox } from '../inbox/inbox.ts'
import { makeUntriedDue } from '../inbox/make-due.ts'
import type { EventQueue, QueueCounts } from '../queue/event-queue.ts'

export interface RebuildReport {
  before: QueueCounts
  /** Unfinished events in the inbox, all of which the queue must complete. */
  unfinished: number
  /** Events put on the queue now. The dispatcher adds the others at their next attempt. */
  requeued: number
  /** Jobs for these events: events that arrived together share one. */
  jobs: number
  after: QueueCounts
}

const EVENTS_PER_ROUND = 2_000

/** Empties the queue and fills it from the inbox. Nothing is lost or repeated: jobs hold ids, and the rows decide. */
export async function rebuildQueue({ pool, inbox, queue }: { pool: Pool; inbox: Inbox; queue: EventQueue }): Promise<RebuildReport> {
  const before = await queue.counts()
  await queue.obliterate()
  if (before.paused) await queue.pause() // an operator paused it: emptying the queue must not resume it
  await makeUntriedDue(pool)
  let requeued = 0
  let jobs = 0
  for (;;) {
    const due = await inbox.claimDue({ limit: EVENTS_PER_ROUND })
    if (due.length === 0) break
    jobs += await queue.add(due)
    requeued += due.length
  }
  const { accepted } = await inbox.count()
  return { before, unfinished: accepted, requeued, jobs, after: await queue.counts() }
}
