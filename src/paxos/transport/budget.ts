import { setTimeout as wait } from 'node:timers/promises'
import { BudgetExhaustedError } from '../paxos-errors.ts'
import { type BudgetState, estimateMs, LEASE_MS, type Priority, type Reservation, type Reserved, reserve } from './budget-state.ts'
import { type BudgetStore, createMemoryBudgetStore } from './budget-store.ts'
import { type BudgetLimits, ENDPOINT_CLASSES, type EndpointClass, isLimitOfPaxos, perClass } from './endpoint-class.ts'
import { LockoutGate, type LockoutNews } from './lockout-gate.ts'
import { PermitLane } from './permit-lane.ts'

/** Permits to call Paxos. Each process has one budget; those of several processes share what their common store keeps. */
export interface Budget {
  /**
   * Takes one permit. Waits for it as `patience` says; up to 2 s by default.
   * @throws BUDGET_EXHAUSTED when that is not enough; SERVICE_UNAVAILABLE when the store does not answer; the signal's reason when it is
   * aborted while it waits.
   */
  acquire(endpointClass: EndpointClass, options: { priority: Priority; signal?: AbortSignal; patience?: Patience }): Promise<void>
  /**
   * Resolves unless a call of this class certainly has no room within `patience`. Takes no permit. It keeps work from beginning that could
   * not end. @throws BUDGET_EXHAUSTED, SERVICE_UNAVAILABLE as `acquire`
   */
  room(endpointClass: EndpointClass, options: { priority: Priority; patience: Patience }): Promise<void>
  /**
   * Paxos answered 429: no process calls for `retryAfterMs`, or for 5 min when the answer named no time. Then one call of all processes
   * goes first, and the others once it was answered.
   */
  onThrottled(retryAfterMs: number | null): void
  /** Paxos answered something other than 429: if the lockout had ended, all processes may call again. */
  onAnswered(): void
  /** Estimated milliseconds for `calls` more calls from now. Replay priority by default. */
  etaMs(endpointClass: EndpointClass, calls: number, options?: { priority: Priority }): Promise<number>
  /** Milliseconds until Paxos may be called again after a 429 that any process met; 0 if not locked out. */
  lockedForMs(): Promise<number>
}

/**
 * The longest wait of a call for its permit, milliseconds.
 * - `short`: after a longer wait the job goes back to the queue, and the worker takes another.
 * - `long`: for a call that acts. Its reads are spent and its attempt is on record: given back, its outcome would have to be looked up before it
 *   is made. Well below the lease of an effect.
 * - `none`: for a read that has a cheaper substitute.
 */
const LONGEST_WAIT_MS = { none: 0, short: 2_000, long: 20_000 }
type Patience = keyof typeof LONGEST_WAIT_MS
/** After a failure the store is not asked for this long. */
const REST_AFTER_FAILURE_MS = 250
/** The longest sleep of a waiting call: meanwhile another process may have returned permits. */
const LONGEST_SLEEP_MS = 1_000
const GRANTED = Promise.resolve()
const PRIORITIES = ['live', 'replay'] as const

export interface BudgetOptions {
  limits: BudgetLimits
  /** The shared store. Without it the budget is this process's alone. */
  store?: BudgetStore
  /** A monotonic clock, milliseconds. */
  now?: () => number
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>
}

/**
 * A budget that costs no round trip per call: permits are reserved from the store in chunks, used within a second and renewed in the
 * background while there are calls. A reserved permit counts as a call, so a process that dies has made too few calls at worst. A process that
 * lives returns the permits that it did not use. Only the store's clock counts calls: this process only measures how long its own permits
 * last, starting before it asked for them.
 */
export function createBudget(options: BudgetOptions): Budget {
  return new LeasedBudget(options)
}

class LeasedBudget implements Budget {
  readonly #limits: BudgetLimits
  readonly #store: BudgetStore
  readonly #now: () => number
  readonly #sleep: (ms: number, signal?: AbortSignal) => Promise<void>
  readonly #lanes: Record<EndpointClass, Record<Priority, PermitLane>>
  readonly #everyLane: readonly PermitLane[]
  readonly #gate: LockoutGate
  #failure: { error: unknown; untilMs: number } | null = null
  #askedAtMs = Number.NEGATIVE_INFINITY
  #asking: Promise<void> | null = null

  constructor({ limits, now = monotonicMs, sleep = sleepMs, store = createMemoryBudgetStore({ now }) }: BudgetOptions) {
    this.#limits = limits
    this.#store = store
    this.#now = now
    this.#sleep = sleep
    this.#gate = new LockoutGate(now)
    this.#lanes = perClass((endpointClass) => {
      const lane = { endpointClass, limit: limits[endpointClass], now }
      const replay = new PermitLane({ ...lane, priority: 'replay', lender: null })
      // Live calls may use what replay was granted, never the other way round.
      return { replay, live: new PermitLane({ ...lane, priority: 'live', lender: replay }) }
    })
    this.#everyLane = ENDPOINT_CLASSES.flatMap((name) => PRIORITIES.map((priority) => this.#lanes[name][priority]))
  }

  acquire(endpointClass: EndpointClass, options: Parameters<Budget['acquire']>[1]): Promise<void> {
    const lane = this.#lanes[endpointClass][options.priority]
    return this.#take(lane) ? GRANTED : this.#waitAndTake(lane, options)
  }

  async room(endpointClass: EndpointClass, { priority, patience }: Parameters<Budget['room']>[1]): Promise<void> {
    const lane = this.#lanes[endpointClass][priority]
    if (this.#hopelessForMs(lane) === 0 && lane.isDry()) {
      lane.waiting++
      await this.#askOnce().finally(() => {
        lane.waiting--
      })
    }
    const waitMs = this.#hopelessForMs(lane)
    if (waitMs > LONGEST_WAIT_MS[patience]) throw new BudgetExhaustedError({ endpointClass, retryAfterMs: Math.ceil(waitMs) })
  }

  onThrottled(retryAfterMs: number | null): void {
    this.#gate.lock(retryAfterMs)
    void this.#tellOfLock()
  }

  onAnswered(): void {
    if (this.#gate.answered()) this.#askInBackground()
  }

  etaMs(endpointClass: EndpointClass, calls: number, { priority }: { priority: Priority } = { priority: 'replay' }): Promise<number> {
    return this.#peek((state, nowMs) => {
      const { live, replay } = this.#lanes[endpointClass]
      const need = { endpointClass, calls, priority, held: replay.held() + live.held() }
      return Math.max(Math.ceil(this.#gate.lockedForMs()), estimateMs(state, need, this.#limits, nowMs))
    })
  }

  lockedForMs(): Promise<number> {
    return this.#peek((state, nowMs) => Math.max(0, state.lockedUntilMs - nowMs, this.#gate.lockedForMs()))
  }

  /** Takes a permit if there is one now. */
  #take(lane: PermitLane): boolean {
    const admitted = this.#gate.admit(lane.endpointClass)
    if (admitted !== 'open') return admitted === 'probe'
    if (this.#limits[lane.endpointClass] === null) {
      // No permit is needed; but another process may have met a 429.
      if (this.#now() - this.#askedAtMs >= LEASE_MS) this.#askInBackground()
      return true
    }
    const taken = lane.take()
    if (taken === 'renew') this.#askInBackground()
    return taken !== 'none'
  }

  /** Milliseconds for which a call of this lane certainly may not go; 0 if it may, or if the store should be asked. */
  #hopelessForMs(lane: PermitLane): number {
    const closedForMs = this.#gate.closedForMs(lane.endpointClass)
    return closedForMs ?? (lane.held() > 0 ? 0 : lane.dryForMs())
  }

  async #waitAndTake(lane: PermitLane, { signal, patience = 'short' }: Parameters<Budget['acquire']>[1]): Promise<void> {
    const { endpointClass } = lane
    const giveUpAtMs = this.#now() + LONGEST_WAIT_MS[patience]
    lane.waiting++
    try {
      // Other calls wait for the same room, so it may be gone after the sleep.
      while (!this.#take(lane)) {
        const waitMs = this.#gate.closedForMs(endpointClass) ?? lane.dryForMs()
        if (waitMs === 0) {
          if (this.#failure && this.#failure.untilMs > this.#now()) throw this.#failure.error
          await this.#askOnce()
        } else {
          if (this.#now() + waitMs > giveUpAtMs) throw new BudgetExhaustedError({ endpointClass, retryAfterMs: Math.ceil(waitMs) })
          await this.#sleep(Math.min(waitMs, LONGEST_SLEEP_MS), signal)
        }
        signal?.throwIfAborted()
      }
    } finally {
      lane.waiting--
    }
  }

  /** Reserves what every lane wants, returns what was not used, and exchanges news of lockouts with the store. */
  async #ask(): Promise<void> {
    this.#askedAtMs = this.#now()
    const startedMs = this.#askedAtMs
    const news = this.#gate.news()
    const reservation = this.#reservation(news)
    try {
      const reserved = await this.#store.update((before, storeMs) => ({
        ...reserve(before, reservation, this.#limits, storeMs),
        storeMs,
      }))
      this.#failure = null
      this.#gate.told(news, reserved)
      this.#handOut(reservation, reserved, startedMs + LEASE_MS)
    } catch (error) {
      this.#failure = { error, untilMs: this.#now() + REST_AFTER_FAILURE_MS }
      throw error
    } finally {
      this.#asking = null
    }
  }

  #reservation({ lockForMs, answered }: LockoutNews): Reservation {
    const asked = perClass((name) => ({ live: this.#lanes[name].live.wanted(), replay: this.#lanes[name].replay.wanted() }))
    const returned = this.#everyLane.flatMap((lane) => lane.beginAsking())
    const probeWith = this.#everyLane.find(({ endpointClass, waiting }) => isLimitOfPaxos(endpointClass) && waiting > 0)
    return { asked, returned, lockForMs, answered, probeWith: probeWith?.endpointClass ?? null }
  }

  #handOut({ asked }: Reservation, { state, granted, countedAtMs, shut, storeMs }: Reserved & { storeMs: number }, endsMs: number): void {
    for (const lane of this.#everyLane) {
      const { endpointClass, priority } = lane
      const left = granted[endpointClass][priority]
      const isDry = !(shut && isLimitOfPaxos(endpointClass)) && left < asked[endpointClass][priority]
      const need = { endpointClass, priority, calls: 1, held: 0 }
      lane.granted({ left, countedAtMs, endsMs }, isDry ? Math.max(1, estimateMs(state, need, this.#limits, storeMs)) : null)
    }
  }

  #askOnce(): Promise<void> {
    this.#asking ??= this.#ask()
    return this.#asking
  }

  /** A call that needs the answer asks again itself, and gets the failure then. */
  #askInBackground(): void {
    if (this.#failure === null || this.#failure.untilMs <= this.#now()) this.#askOnce().catch(() => {})
  }

  async #tellOfLock(): Promise<void> {
    while (this.#gate.hasUntoldLock()) {
      await (this.#asking ?? this.#askOnce()).catch(() => wait(REST_AFTER_FAILURE_MS, undefined, { ref: false }))
    }
  }

  async #peek<T>(read: (state: BudgetState, nowMs: number) => T): Promise<T> {
    return (await this.#store.update((state, nowMs) => ({ state, seen: read(state, nowMs) }))).seen
  }
}

const monotonicMs = (): number => performance.now()

/** Ends early and without an error when the signal is aborted: the caller checks the signal. */
const sleepMs = (ms: number, signal?: AbortSignal): Promise<void> => wait(ms, undefined, signal ? { signal } : {}).catch(() => {})
