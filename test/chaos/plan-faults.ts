import { SeededRandom } from '../../src/sandbox/world/seeded-random.ts'
import type { ChaosBackend } from './chaos-world.ts'

/**
 * The faults: name in the table, what each hits (one fault at a time per target), how long it lasts (milliseconds, shortest to longest;
 * null: an instant), and whether only a queue on Redis has it.
 */
export const FAULTS = {
  'worker-killed': { label: 'worker killed (SIGKILL)', strikes: 'worker', lastsMs: [0, 2_000] },
  'worker-halted': { label: 'worker halted (SIGSTOP) and going on', strikes: 'worker', lastsMs: [1_000, 10_000] },
  'receiver-killed': { label: 'receiver killed (SIGKILL)', strikes: 'receiver', lastsMs: [0, 1_500] },
  'postgres-stopped': { label: 'Postgres stopped', strikes: 'postgres', lastsMs: [0, 2_000] },
  'postgres-cut': { label: 'connections to Postgres cut', strikes: 'postgres', lastsMs: null },
  'redis-flushed': { label: 'Redis flushed (FLUSHALL)', strikes: 'redis', lastsMs: null, redisOnly: true },
  'redis-killed': { label: 'Redis killed, back empty', strikes: 'redis', lastsMs: [0, 3_000], redisOnly: true },
  'redis-cut': { label: 'connections to Redis cut', strikes: 'redis', lastsMs: null, redisOnly: true },
  'paxos-500': { label: 'Paxos answers 500', strikes: 'paxos-answers', lastsMs: [1_000, 6_000] },
  'paxos-429': { label: 'Paxos answers 429', strikes: 'paxos-answers', lastsMs: [500, 2_000] },
  'paxos-slow': { label: 'Paxos slow', strikes: 'paxos-latency', lastsMs: [2_000, 8_000] },
  'paxos-drops': { label: 'Paxos drops connections', strikes: 'paxos-answers', lastsMs: [500, 3_000] },
  'account-unanswered': { label: 'account opened, answer lost', strikes: 'paxos-answers', lastsMs: [2_000, 6_000] },
  'trade-unanswered': { label: 'order, quote, deposit or cancel made, answer lost', strikes: 'paxos-trades', lastsMs: [2_000, 8_000] },
  'paxos-half-open': { label: 'line to Paxos half open', strikes: 'paxos-line', lastsMs: [1_000, 5_000] },
  'paxos-cut': { label: 'line to Paxos cut', strikes: 'paxos-line', lastsMs: null },
  'notices-down': { label: 'notice receiver down', strikes: 'notices', lastsMs: [1_000, 5_000] },
  'notices-unanswered': { label: 'notice taken, answer lost', strikes: 'notices', lastsMs: [1_000, 5_000] },
  replay: { label: 'finished events replayed', strikes: 'replay', lastsMs: null },
  sweeps: { label: 'two sweeps at once', strikes: 'sweep', lastsMs: null },
} as const satisfies Record<string, { label: string; strikes: string; lastsMs: readonly [number, number] | null; redisOnly?: boolean }>

export type FaultName = keyof typeof FAULTS
export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[] // the keys of the table above

export interface PlannedFault {
  name: FaultName
  /** Milliseconds since the start of the run. */
  atMs: number
  lastsMs: number
  /** From 0 up to 1: selects among several targets and ways. */
  draw: number
}

const SELDOM_MS = 3_000
const OFTEN_MS = 1_000
/** The end of a run without new faults. */
const QUIET_SHARE = 0.1
/** A short run needs short faults, since it would contain nothing else. */
const LONGEST_SHARE = 0.15

/**
 * The faults of a run by its seed, in shuffled rounds. Each round has every fault once, so that a run of any length has them equally often.
 * The same seed gives the same faults in the same order at the same times.
 */
export function planFaults({ seed, durationMs, backend }: { seed: number; durationMs: number; backend: ChaosBackend }): PlannedFault[] {
  const random = new SeededRandom(seed)
  const names = FAULT_NAMES.filter((name) => backend === 'redis' || !('redisOnly' in FAULTS[name]))
  const busyMs = durationMs * (1 - QUIET_SHARE)
  const everyMs = Math.min(SELDOM_MS, Math.max(OFTEN_MS, busyMs / names.length))
  const plan: PlannedFault[] = []
  for (let index = 0; (index + 1) * everyMs <= busyMs; index++) {
    const round = Math.floor(index / names.length)
    const shuffled = names.toSorted((left, right) => random.fraction('order', round, left) - random.fraction('order', round, right))
    const name = shuffled[index % names.length] as FaultName // within the round
    const [shortest, longest] = FAULTS[name].lastsMs ?? [0, 0]
    plan.push({
      name,
      atMs: Math.round((index + random.fraction('at', index)) * everyMs),
      lastsMs: Math.round(Math.min(shortest + random.fraction('lasts', index) * (longest - shortest), durationMs * LONGEST_SHARE)),
      draw: random.fraction('draw', index),
    })
  }
  return plan
}
