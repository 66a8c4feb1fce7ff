import type { Pool } from 'pg'
import type { EventReads } from '../../inbox/read-events.ts'
import type { UpstreamPace } from '../../paxos/upstream-pace.ts'
import type { EventQueue } from '../../queue/event-queue.ts'
import type { Perform } from '../audited.ts'
import { estimateBacklog } from '../health/upstream-outlook.ts'
import { delaysEvents, type Problem } from '../problems/problem.ts'
import type { OperatorActions, QueueStatus, QueueUseCases } from '../use-cases.ts'
import { readPause } from './queue-pause.ts'

interface Parts {
  pool: Pool
  events: EventReads
  queue: Pick<EventQueue, 'counts' | 'pause' | 'resume'>
  pace: UpstreamPace
  problems: () => Promise<Problem[]>
  actions: Pick<OperatorActions, 'rebuildQueue'>
  perform: Perform
}

/** Reads, pauses, resumes and rebuilds the disposable queue. Each action is audited before it runs. */
export function queueUseCases({ pool, events, queue, pace, problems, actions, perform }: Parts): QueueUseCases {
  const status = async (): Promise<QueueStatus> => {
    const [counts, { accepted, processed, parked, dead, test, dismissed, duplicates }, found] = await Promise.all([
      queue.counts(),
      events.count(),
      problems(),
    ])
    const { lockedForSeconds, etaSeconds } = await estimateBacklog(pace, accepted)
    return {
      queue: counts,
      pause: counts.paused ? await readPause(pool) : null,
      inbox: { accepted, processed, parked, dead, test, dismissed, duplicates },
      upstream: { lockedForSeconds, backlogSeconds: etaSeconds },
      problems: found.filter(delaysEvents),
    }
  }
  const switched =
    (verb: 'pause' | 'resume'): QueueUseCases['pauseQueue'] =>
    async ({ reason }, actor) => {
      await perform(actor, { action: `queue.${verb}`, target: 'queue', reason, entry: 'before' }, () => queue[verb]())
      return status()
    }
  return {
    queueStatus: status,
    pauseQueue: switched('pause'),
    resumeQueue: switched('resume'),
    rebuildQueue: ({ reason }, actor) =>
      perform(
        actor,
        {
          action: 'queue.rebuild',
          target: 'queue',
          reason,
          entry: 'before',
          result: ({ requeued, unfinished }) => ({ data: { requeued, unfinished } }),
        },
        actions.rebuildQueue,
      ),
  }
}
