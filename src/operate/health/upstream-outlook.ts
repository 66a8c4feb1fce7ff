import type { UpstreamPace } from '../../paxos/upstream-pace.ts'
import type { ReplayProgress } from '../../replay/read-replay.ts'
import { roughSpan } from '../say/say-time.ts'

/** What Paxos's rate limits mean for the backlog; null if the shared budget cannot be read. */
export interface UpstreamOutlook {
  /** Until Paxos may be called again after a 429; 0 if not locked out. */
  lockedForSeconds: number | null
  /** Estimated time to finish the work; 0 only if there is none. */
  etaSeconds: number | null
}

/** For the unfinished events: `events` of them. */
export function estimateBacklog(pace: UpstreamPace, events: number): Promise<UpstreamOutlook> {
  return estimate(pace, events === 0 ? null : () => pace.etaMs(events))
}

/** For the rest of a replay: after the `backlog`, and with the capacity that live traffic leaves. */
export function estimateReplay(
  pace: UpstreamPace,
  { waiting, waitingUnfinished, running }: Pick<ReplayProgress, 'waiting' | 'waitingUnfinished' | 'running'>,
  backlog: number,
): Promise<UpstreamOutlook> {
  // Unfinished events are already part of the backlog.
  const more = waiting - waitingUnfinished
  return estimate(pace, waiting + running === 0 ? null : () => pace.etaMs(backlog + more, { priority: 'replay' }))
}

/** `etaMs` null: there is no work. */
async function estimate(pace: UpstreamPace, etaMs: (() => Promise<number>) | null): Promise<UpstreamOutlook> {
  const [lockedForSeconds, etaSeconds] = await Promise.all([readLock(pace), etaMs === null ? 0 : readEta(etaMs)])
  return { lockedForSeconds, etaSeconds }
}

/** `about 3 min within Paxos's rate limits`. */
export function sayEta(seconds: number): string {
  return `about ${roughSpan(seconds)} within Paxos's rate limits`
}

export function sayLock(seconds: number): string {
  return `Paxos answered 429, so Gatehouse does not call it for another ${roughSpan(seconds)}`
}

async function readLock(pace: UpstreamPace): Promise<number | null> {
  return pace.lockedForMs().then(
    (ms) => Math.ceil(ms / 1_000),
    () => null, // the rest is useful without it
  )
}

async function readEta(etaMs: () => Promise<number>): Promise<number | null> {
  return etaMs().then(
    (ms) => Math.max(1, Math.ceil(ms / 1_000)),
    () => null,
  )
}
