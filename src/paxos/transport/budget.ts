import { setTimeout as wait } from 'node:timers/promises'
import { BudgetExhaustedError } from '../paxos-errors.ts'
import { type BudgetState, estimateMs, LEASE_MS, type Priority, type Reservation, reserve, roomOf } from './budget-state.ts'
import { type BudgetStore, createMemoryBudgetStore } from './budget-store.ts'
import { type BudgetLimits, ENDPOINT_CLASSES, type EndpointClass, isLimitOfPaxos, perClass } from './endpoint-class.ts'

/** Leave to call Paxos. One for a process; those of several processes share what their common store keeps. */
export interface Budget {
  /**
   * Takes one call. Waits for it as `patience` says; up to 2 s by default.
   * @throws BUDGET_EXHAUSTED when that is not enough; SERVICE_UNAVAILABLE when the store does not answer; the signal's reason when it is
   * aborted while it waits.
   */
  acquire(endpointClass: EndpointClass, options: { priority: Priority; signal?: AbortSignal; patience?: Patience }): Promise<void>
  /**
   * Paxos answered 429: nobody calls until `retryAfterMs` is over, five minutes when they did not say. Then one call goes, of all
   * processes together, and the others once it was answered.
   */
  onThrottled(retryAfterMs: number | null): void
  /** Paxos answered, with something else than a 429: a lock-out that was over is over for all. */
  onAnswered(): void
  /** An estimate, not a promise, of how long `calls` more calls take from now, milliseconds. Replay priority unless told. */
  etaMs(endpointClass: EndpointClass, calls: number, options?: { priority: Priority }): Promise<number>
  /** How long a 429, whoever met it, still keeps everybody from calling, milliseconds; 0 for not at all. */
  lockedForMs(): Promise<number>
}

const LOCKOUT_MS = 300_000 // documented: a 429 throttles the whole address for five minutes
/** A wrong date in Retry-After must not stop us for days: ask again after a quarter of an hour at the latest. */
const LONGEST_LOCKOUT_MS = 900_000
/**
 * How long a call waits for its turn at most, milliseconds.
 * - `short`: a longer wait is given back to the queue, which has better use for the worker.
 * - `long`: for a call that acts. It has cost its reads, and an attempt that is on record: given back, its outcome would have to be looked up
 *   before it is made. Well below the lease of an effect.
 * - `none`: for a read that has a cheaper substitute.
 */
const LONGEST_WAIT_MS = { none: 0, short: 2_000, long: 20_000 }
type Patience = keyof typeof LONGEST_WAIT_MS
/** Permits are renewed this long before they end, while there are calls. */
const RENEW_BEFORE_MS = LEASE_MS / 2
/** Of live permits that nobody waits for yet: what the work on one event takes at the least, and a share of the window at most. */
const AHEAD_AT_LEAST = { token: 0, identity: 2, quote: 0, transfer: 0, general: 4, unproven: 2 }
const AHEAD_AT_MOST = 1 / 50
/** After the store has failed it is left alone for so long; while there is no room it is asked so often whether there is. */
const REST_AFTER_FAILURE_MS = 250
const ASK_AGAIN_MS = 1_000
/** While another process has the one call after a lock-out, it is looked so often whether it was answered. */
const REREAD_PROBE_MS = 500
const GRANTED = Promise.resolve()
const PRIORITIES = ['live', 'replay'] as const

export interface BudgetOptions {
  limits: BudgetLimits
  /** What is shared with others; without it, a memory of this budget alone. */
  store?: BudgetStore
  /** Milliseconds of a clock that never goes back. */
  now?: () => number
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>
}

/** Permits that were reserved together: `left` of them may be used until `endsMs`. */
interface Lease {
  left: number
  endsMs: number
  countedAtMs: number
}

/** What this process has in hand, wants and knows of one class and priority. */
interface Lane {
  leases: Lease[]
  waiting: number
  /** Taken since the store was last asked: so much is likely to be wanted next. */
  taken: number
  /** When there will be room, as it was known when it was last looked up; and from when on to look again. */
  dry: { untilMs: number; askAgainMs: number } | null
}

/**
 * A budget that costs no round trip per call: permits are reserved from the store in chunks, used within a second and renewed in
 * the background while there are calls. What a process reserves counts as called, so that one which dies has spent too little
 * at worst; a process that lives returns what it did not use. Only the store's clock counts calls: this process measures but
 * how long its own permits last, from before it asked for them.
 */
export function createBudget({
  limits,
  now = monotonicMs,
  sleep = sleepMs,
  store = createMemoryBudgetStore({ now }),
}: BudgetOptions): Budget {
  const lanes = perClass(newLanes)
  const everyLane = ENDPOINT_CLASSES.flatMap((name) => PRIORITIES.map((priority) => ({ name, priority, lane: lanes[name][priority] })))
  let lockedUntilMs = 0
  /** A lock that only this process knows of yet. */
  let untoldUntilMs = 0
  /** Since a 429, until a call is known to have been answered: none goes but the probe, where that is ours. */
  let shut = false
  let probe: EndpointClass | null = null
  let untoldAnswer = false
  let rereadProbeMs = Number.NEGATIVE_INFINITY
  let failure: { error: unknown; untilMs: number } | null = null
  let askedAtMs = Number.NEGATIVE_INFINITY
  let asking: Promise<void> | null = null
  let unused: Reservation['returned'][number][] = []

  /** The leases of a lane that can still be used, oldest first. */
  const usable = (endpointClass: EndpointClass, priority: Priority): Lease[] => {
    const { leases } = lanes[endpointClass][priority]
    for (let lease = leases[0]; lease && (lease.left === 0 || lease.endsMs <= now()); lease = leases[0]) {
      leases.shift()
      if (lease.left > 0) unused.push({ endpointClass, countedAtMs: lease.countedAtMs, permits: lease.left })
    }
    return leases
  }
  const held = (endpointClass: EndpointClass, priority: Priority): number =>
    usable(endpointClass, priority).reduce((sum, { left }) => sum + left, 0)

  const take = (endpointClass: EndpointClass, priority: Priority): boolean => {
    const gated = isLimitOfPaxos(endpointClass)
    if (gated && lockedUntilMs > now()) return false
    if (gated && shut) {
      if (probe !== endpointClass) return false
      probe = null
      return true
    }
    if (limits[endpointClass] === null) {
      // Nothing to wait for; but others may have been locked out.
      if (now() - askedAtMs >= LEASE_MS) inBackground()
      return true
    }
    // What replay was granted is there for live calls too, never the other way round.
    const lease = usable(endpointClass, priority)[0] ?? (priority === 'live' ? usable(endpointClass, 'replay')[0] : undefined)
    if (!lease) return false
    lease.left--
    const lane = lanes[endpointClass][priority]
    lane.taken++
    if (lane.dry === null && (lease.endsMs - now() < RENEW_BEFORE_MS || held(endpointClass, priority) * 2 < lane.taken)) inBackground()
    return true
  }

  /** How many permits to ask for: for who waits, and for as many calls again as were made lately. */
  const wanted = (endpointClass: EndpointClass, priority: Priority): number => {
    const limit = limits[endpointClass]
    if (limit === null) return 0
    const { waiting, taken } = lanes[endpointClass][priority]
    const most = Math.floor(roomOf(limit)[priority] * AHEAD_AT_MOST)
    const ahead = Math.min(most, Math.max(priority === 'live' ? AHEAD_AT_LEAST[endpointClass] : 0, 2 * taken))
    return Math.max(0, waiting + ahead - held(endpointClass, priority))
  }

  const ask = async (): Promise<void> => {
    askedAtMs = now()
    const startedMs = askedAtMs
    const told = untoldUntilMs
    const asked = perClass((name) => ({ live: wanted(name, 'live'), replay: wanted(name, 'replay') }))
    for (const { lane } of everyLane) lane.taken = 0
    const returned = unused // if their return is lost, they stay counted: too much, never too little
    unused = []
    const answered = untoldAnswer
    const probeWith =
      ENDPOINT_CLASSES.find((name) => isLimitOfPaxos(name) && PRIORITIES.some((priority) => lanes[name][priority].waiting > 0)) ?? null
    const reservation = { asked, returned, lockForMs: Math.max(0, told - startedMs), answered, probeWith }
    let storeMs = 0
    try {
      const { state, granted, countedAtMs, lockedForMs, ...gate } = await store.update((before, nowMs) => {
        storeMs = nowMs
        return reserve(before, reservation, limits, nowMs)
      })
      failure = null
      if (untoldUntilMs === told) untoldUntilMs = 0
      if (answered) untoldAnswer = false
      if (lockedForMs > 0) lockedUntilMs = Math.max(lockedUntilMs, now() + lockedForMs)
      shut = lockedUntilMs > now() || (gate.shut && !untoldAnswer)
      probe = lockedForMs > 0 ? null : (gate.probe ?? probe)
      if (shut && gate.probe === null) rereadProbeMs = now() + REREAD_PROBE_MS
      for (const { name, priority, lane } of everyLane) {
        const left = granted[name][priority]
        if (left > 0) lane.leases.push({ left, countedAtMs, endsMs: startedMs + LEASE_MS })
        lane.dry = !(gate.shut && isLimitOfPaxos(name)) && left < asked[name][priority] ? dryLane(state, name, priority, storeMs) : null
      }
    } catch (error) {
      failure = { error, untilMs: now() + REST_AFTER_FAILURE_MS }
      throw error
    } finally {
      asking = null
    }
  }
  const dryLane = (state: BudgetState, endpointClass: EndpointClass, priority: Priority, storeMs: number): Lane['dry'] => {
    const waitMs = Math.max(1, estimateMs(state, { endpointClass, priority, calls: 1, held: 0 }, limits, storeMs))
    return { untilMs: now() + waitMs, askAgainMs: now() + Math.min(waitMs, ASK_AGAIN_MS) }
  }
  const askOnce = (): Promise<void> => {
    asking ??= ask()
    return asking
  }
  /** Whoever needs the answer asks for it again, and hears what went wrong. */
  const inBackground = (): void => {
    if (failure === null || failure.untilMs <= now()) askOnce().catch(() => {})
  }

  const tellOfLock = async (): Promise<void> => {
    while (untoldUntilMs > now()) {
      await (asking ?? askOnce()).catch(() => wait(REST_AFTER_FAILURE_MS, undefined, { ref: false }))
    }
  }

  /** How long there is certainly nothing to be had, milliseconds; 0 when the store may know. */
  const hopelessForMs = (endpointClass: EndpointClass, { dry }: Lane): number => {
    const nowMs = now()
    const gated = isLimitOfPaxos(endpointClass)
    if (gated && lockedUntilMs > nowMs) return lockedUntilMs - nowMs
    if (gated && shut) return Math.max(0, rereadProbeMs - nowMs)
    return dry && dry.askAgainMs > nowMs ? dry.untilMs - nowMs : 0
  }

  const waitAndTake = async (
    endpointClass: EndpointClass,
    { priority, signal, patience = 'short' }: Parameters<Budget['acquire']>[1],
  ): Promise<void> => {
    const lane = lanes[endpointClass][priority]
    const giveUpAtMs = now() + LONGEST_WAIT_MS[patience]
    lane.waiting++
    try {
      // Others wait for the same room, so it may be gone when we wake.
      while (!take(endpointClass, priority)) {
        const waitMs = hopelessForMs(endpointClass, lane)
        if (waitMs === 0) {
          if (failure && failure.untilMs > now()) throw failure.error
          await askOnce()
        } else {
          if (now() + waitMs > giveUpAtMs) throw new BudgetExhaustedError({ endpointClass, retryAfterMs: Math.ceil(waitMs) })
          await sleep(Math.min(waitMs, ASK_AGAIN_MS), signal)
        }
        signal?.throwIfAborted()
      }
    } finally {
      lane.waiting--
    }
  }

  const peek = async <T>(read: (state: BudgetState, nowMs: number) => T): Promise<T> =>
    (await store.update((state, nowMs) => ({ state, seen: read(state, nowMs) }))).seen

  return {
    acquire: (endpointClass, options) => (take(endpointClass, options.priority) ? GRANTED : waitAndTake(endpointClass, options)),
    onThrottled(retryAfterMs) {
      lockedUntilMs = Math.max(lockedUntilMs, now() + Math.min(retryAfterMs ?? LOCKOUT_MS, LONGEST_LOCKOUT_MS))
      untoldUntilMs = lockedUntilMs
      shut = true
      probe = null
      void tellOfLock()
    },
    onAnswered() {
      if (!shut || lockedUntilMs > now()) return // sent before the 429 came, or nothing new
      shut = false
      untoldAnswer = true
      inBackground()
    },
    etaMs: (endpointClass, calls, { priority } = { priority: 'replay' }) =>
      peek((state, nowMs) => {
        const leased = held(endpointClass, 'replay') + held(endpointClass, 'live')
        const ownLockMs = Math.ceil(Math.max(0, lockedUntilMs - now()))
        return Math.max(ownLockMs, estimateMs(state, { endpointClass, calls, priority, held: leased }, limits, nowMs))
      }),
    lockedForMs: () => peek((state, nowMs) => Math.max(0, state.lockedUntilMs - nowMs, lockedUntilMs - now())),
  }
}

const newLanes = (): Record<Priority, Lane> => ({ live: newLane(), replay: newLane() })
const newLane = (): Lane => ({ leases: [], waiting: 0, taken: 0, dry: null })

const monotonicMs = (): number => performance.now()

/** Ends early, and quietly, when the signal is aborted: the caller asks it. */
const sleepMs = (ms: number, signal?: AbortSignal): Promise<void> => wait(ms, undefined, signal ? { signal } : {}).catch(() => {})
