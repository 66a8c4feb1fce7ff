import { setTimeout as wait } from 'node:timers/promises'
import { BudgetExhaustedError } from './paxos-errors.ts'
import { createSlidingCount } from './sliding-count.ts'

/** The endpoints that Paxos limits apart (paxos/api.md 1.5). */
export type EndpointClass = 'token' | 'identity' | 'general'
/** Requests per second, averaged over five minutes; `null`: no limit of ours. */
export type BudgetLimits = Readonly<Record<EndpointClass, number | null>>
/** `live`: a person waits for it. `replay`: sweeps, replays, reconciliations; they leave a share for live traffic. */
export type Priority = 'live' | 'replay'

/**
 * Leave to call Paxos. One for the whole process, whatever calls share it; a budget that several processes share (in
 * Postgres) can take its place behind this interface.
 */
export interface Budget {
  /**
   * Takes one call, waiting up to two seconds for it. @throws BUDGET_EXHAUSTED when that is not enough; the signal's reason
   * when it is aborted while waiting.
   */
  acquire(endpointClass: EndpointClass, options: { priority: Priority; signal?: AbortSignal }): Promise<void>
  /** Paxos answered 429: nobody calls until `retryAfterMs` is over, five minutes when they did not say. */
  onThrottled(retryAfterMs: number | null): void
  /** An estimate, not a promise, of how long `calls` more calls take from now, milliseconds. Replay priority unless told. */
  etaMs(endpointClass: EndpointClass, calls: number, options?: { priority: Priority }): Promise<number>
}

const WINDOW_SECONDS = 300 // documented: averages over five minutes, so that bursts are allowed
const LOCKOUT_MS = 300_000 // documented: a 429 throttles the whole address for five minutes
/** A wrong date in Retry-After must not stop us for days: ask again after a quarter of an hour at the latest. */
const LONGEST_LOCKOUT_MS = 900_000
/** Their window need not start when ours does, and what others send from our address is unknown. */
const SAFETY = 0.95
/** Replay goes only while less than this share of the window is used, by whomever: the rest is always there for live traffic. */
const REPLAY_SHARE = 0.8
/** Longer waits are given back to the queue, which has better use for the worker. */
const LONGEST_WAIT_MS = 2_000
const GRANTED = Promise.resolve()

export interface BudgetOptions {
  limits: BudgetLimits
  /** Milliseconds of a clock that never goes back. */
  now?: () => number
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>
}

/** A budget in this process's memory. */
export function createBudget({ limits, now = monotonicMs, sleep = sleepMs }: BudgetOptions): Budget {
  const windows = { token: createWindow(limits.token), identity: createWindow(limits.identity), general: createWindow(limits.general) }
  let lockedUntilMs = 0

  /** Takes one call and returns 0, or takes none and returns how long to wait for it. */
  const take = (endpointClass: EndpointClass, priority: Priority): number => {
    const nowMs = now()
    if (lockedUntilMs > nowMs) return lockedUntilMs - nowMs
    const window = windows[endpointClass]
    if (!window) return 0
    const missing = window.count.total(nowMs) + 1 - window.room[priority]
    if (missing > 0) return window.count.msUntilFreed(missing, nowMs)
    window.count.add(nowMs)
    return 0
  }

  const waitAndTake = async (
    firstWaitMs: number,
    endpointClass: EndpointClass,
    { priority, signal }: Parameters<Budget['acquire']>[1],
  ): Promise<void> => {
    const giveUpAtMs = now() + LONGEST_WAIT_MS
    // Others wait for the same room, so it may be gone when we wake.
    for (let waitMs = firstWaitMs; waitMs > 0; waitMs = take(endpointClass, priority)) {
      if (now() + waitMs > giveUpAtMs) throw new BudgetExhaustedError({ endpointClass, retryAfterMs: Math.ceil(waitMs) })
      await sleep(waitMs, signal)
      signal?.throwIfAborted()
    }
  }

  return {
    acquire(endpointClass, options) {
      const waitMs = take(endpointClass, options.priority)
      return waitMs === 0 ? GRANTED : waitAndTake(waitMs, endpointClass, options)
    },
    onThrottled(retryAfterMs) {
      lockedUntilMs = Math.max(lockedUntilMs, now() + Math.min(retryAfterMs ?? LOCKOUT_MS, LONGEST_LOCKOUT_MS))
    },
    async etaMs(endpointClass, calls, { priority } = { priority: 'replay' }) {
      const nowMs = now()
      const lockMs = Math.max(0, lockedUntilMs - nowMs)
      const window = windows[endpointClass]
      if (!window) return lockMs
      const used = window.count.total(nowMs)
      const later = calls - Math.max(0, window.room[priority] - used)
      if (later <= 0) return lockMs
      // Until old calls leave the window there is no room; after that, room comes at the average rate.
      const untilRoomMs = window.count.msUntilFreed(Math.min(used, used + calls - window.room[priority]), nowMs)
      return Math.ceil(Math.max(lockMs, untilRoomMs, (later / window.room[priority]) * WINDOW_SECONDS * 1000))
    },
  }
}

function createWindow(limit: number | null): { count: ReturnType<typeof createSlidingCount>; room: Record<Priority, number> } | null {
  if (limit === null) return null
  const room = limit * WINDOW_SECONDS * SAFETY
  return {
    count: createSlidingCount(WINDOW_SECONDS),
    room: { live: Math.max(1, Math.floor(room)), replay: Math.max(1, Math.floor(room * REPLAY_SHARE)) },
  }
}

const monotonicMs = (): number => performance.now()

/** Ends early, and quietly, when the signal is aborted: the caller asks it. */
const sleepMs = (ms: number, signal?: AbortSignal): Promise<void> => wait(ms, undefined, signal ? { signal } : {}).catch(() => {})
