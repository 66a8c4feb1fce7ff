import type { UpstreamPace } from '../paxos/upstream-pace.ts'
import type { ReplayProgress } from '../replay/read-replay.ts'
import { roughSpan } from './say-time.ts'

/** What Paxos's limits mean for work that waits; null where what the processes share of the budget cannot be read now. */
export interface UpstreamOutlook {
  /** For so long nobody calls Paxos, since it answered 429; 0: not at all. */
  lockedForSeconds: number | null
  /** An estimate of how long the work takes from now; 0 only when there is none. */
  etaSeconds: number | null
}

/** For what is unfinished: `events` of it. */
export function estimateBacklog(pace: UpstreamPace, events: number): Promise<UpstreamOutlook> {
  return estimate(pace, events === 0 ? null : () => pace.etaMs(events))
}

/** For what is left of a replay: after the `backlog`, and with the share of the limits that live traffic leaves. */
export function estimateReplay(
  pace: UpstreamPace,
  { waiting, waitingUnfinished, running }: Pick<ReplayProgress, 'waiting' | 'waitingUnfinished' | 'running'>,
  backlog: number,
): Promise<UpstreamOutlook> {
  // What is unfinished already is part of the backlog.
  const more = waiting - waitingUnfinished
  return estimate(pace, waiting + running === 0 ? null : () => pace.etaMs(backlog + more, { priority: 'replay' }))
}

/** `etaMs` null: there is nothing to do. */
async function estimate(pace: UpstreamPace, etaMs: (() => Promise<number>) | null): Promise<UpstreamOutlook> {
  const [lockedForSeconds, etaSeconds] = await Promise.all([readLock(pace), etaMs === null ? 0 : readEta(etaMs)])
  return { lockedForSeconds, etaSeconds }
}

/** `about 3 min within Paxos's limits`. */
export function sayEta(seconds: number): string {
  return `about ${roughSpan(seconds)} within Paxos's limits`
}

export function sayLock(seconds: number): string {
  return `Paxos answered 429, so nobody calls it for another ${roughSpan(seconds)}`
}

async function readLock(pace: UpstreamPace): Promise<number | null> {
  return pace.lockedForMs().then(
    (ms) => Math.ceil(ms / 1_000),
    () => null, // all else is worth saying without it
  )
}

async function readEta(etaMs: () => Promise<number>): Promise<number | null> {
  return etaMs().then(
    (ms) => Math.max(1, Math.ceil(ms / 1_000)),
    () => null,
  )
}
