import type { Reservation, Reserved } from './budget-state.ts'
import { type EndpointClass, isLimitOfPaxos } from './endpoint-class.ts'

const LOCKOUT_MS = 300_000 // documented: a 429 throttles the whole address for five minutes
/** A wrong date in Retry-After must not stop Gatehouse for days: the next probe goes after 15 min at the latest. */
const LONGEST_LOCKOUT_MS = 900_000
/** While another process has the probe, the store is asked this often whether it was answered. */
const REREAD_PROBE_MS = 500

/** News of a lockout for the store, sent with the next reservation. */
export type LockoutNews = Pick<Reservation, 'lockForMs' | 'answered'> & {
  /** The lock that this process had seen when it asked. */
  readonly untilMs: number
}

/**
 * Stops calls to Paxos after a 429. When the lockout ends, one call of all processes goes first (the probe); the others follow once it was
 * answered with something other than another 429. Calls outside Paxos's limits always pass.
 */
export class LockoutGate {
  readonly #now: () => number
  #lockedUntilMs = 0
  /** The end of a lock that the store does not know yet. */
  #untoldUntilMs = 0
  /** True from a 429 until a call is known to have been answered. */
  #shut = false
  /** The class whose next call is the probe, if it is this process's to make. */
  #probe: EndpointClass | null = null
  /** A call was answered, and the store does not know yet. */
  #untoldAnswer = false
  #rereadProbeMs = Number.NEGATIVE_INFINITY

  constructor(now: () => number) {
    this.#now = now
  }

  /** Whether a call of this class may go. `probe`: it goes without a permit, as the probe; no second call does. */
  admit(endpointClass: EndpointClass): 'open' | 'probe' | 'closed' {
    if (!isLimitOfPaxos(endpointClass)) return 'open'
    if (this.lockedForMs() > 0) return 'closed'
    if (!this.#shut) return 'open'
    if (this.#probe !== endpointClass) return 'closed'
    this.#probe = null
    return 'probe'
  }

  /** Milliseconds for which a call of this class certainly may not go; 0 if the store should be asked; null if the gate is open. */
  closedForMs(endpointClass: EndpointClass): number | null {
    if (!isLimitOfPaxos(endpointClass)) return null
    const lockedForMs = this.lockedForMs()
    if (lockedForMs > 0) return lockedForMs
    return this.#shut ? Math.max(0, this.#rereadProbeMs - this.#now()) : null
  }

  /** Milliseconds until the lockout ends, as this process knows it; 0 without one. */
  lockedForMs(): number {
    return Math.max(0, this.#lockedUntilMs - this.#now())
  }

  /** Paxos answered 429. `retryAfterMs`: null if the answer named no time. */
  lock(retryAfterMs: number | null): void {
    this.#lockedUntilMs = Math.max(this.#lockedUntilMs, this.#now() + Math.min(retryAfterMs ?? LOCKOUT_MS, LONGEST_LOCKOUT_MS))
    this.#untoldUntilMs = this.#lockedUntilMs
    this.#shut = true
    this.#probe = null
  }

  /** Paxos answered something other than 429. True: the gate has opened, and the store should be told. */
  answered(): boolean {
    if (!this.#shut || this.lockedForMs() > 0) return false // sent before the 429 came, or nothing new
    this.#shut = false
    this.#untoldAnswer = true
    return true
  }

  /** Whether the store does not know a lock yet. */
  hasUntoldLock(): boolean {
    return this.#untoldUntilMs > this.#now()
  }

  news(): LockoutNews {
    const untilMs = this.#untoldUntilMs
    return { untilMs, lockForMs: Math.max(0, untilMs - this.#now()), answered: this.#untoldAnswer }
  }

  /** The store has the news, and this is its answer. A 429 that came meanwhile is still to be sent. */
  told({ untilMs, answered }: LockoutNews, { lockedForMs, shut, probe }: Pick<Reserved, 'lockedForMs' | 'shut' | 'probe'>): void {
    const nowMs = this.#now()
    if (this.#untoldUntilMs === untilMs) this.#untoldUntilMs = 0
    if (answered) this.#untoldAnswer = false
    if (lockedForMs > 0) this.#lockedUntilMs = Math.max(this.#lockedUntilMs, nowMs + lockedForMs)
    this.#shut = this.#lockedUntilMs > nowMs || (shut && !this.#untoldAnswer)
    this.#probe = lockedForMs > 0 ? null : (probe ?? this.#probe)
    if (this.#shut && probe === null) this.#rereadProbeMs = nowMs + REREAD_PROBE_MS
  }
}
