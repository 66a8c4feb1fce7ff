import { LEASE_MS, type Priority, type Reservation, roomOf } from './budget-state.ts'
import type { EndpointClass } from './endpoint-class.ts'

/** Permits that were reserved together: `left` of them may be used until `endsMs`. */
interface Lease {
  left: number
  endsMs: number
  countedAtMs: number
}

export interface PermitLaneOptions {
  endpointClass: EndpointClass
  priority: Priority
  /** Calls per second of the class; null: no limit. */
  limit: number | null
  /** The lane whose permits this one may use when it has none of its own; null: none. */
  lender: PermitLane | null
  now: () => number
}

/** Permits are renewed this long before they end, while there are calls. */
const RENEW_BEFORE_MS = LEASE_MS / 2
/** Live permits reserved ahead of demand: at least what the work on one event takes, and at most a share of the window. */
const AHEAD_AT_LEAST: Readonly<Record<EndpointClass, number>> = { token: 0, identity: 2, quote: 0, transfer: 0, general: 4, unproven: 2 }
const AHEAD_AT_MOST = 1 / 50
/** While the window is full, the store is asked this often whether it has room. */
const ASK_AGAIN_MS = 1_000

/** This process's permits for one class of endpoints at one priority: those it holds, those it wants, and when more are available. */
export class PermitLane {
  readonly endpointClass: EndpointClass
  readonly priority: Priority
  /** Calls that wait for a permit now. */
  waiting = 0
  readonly #limit: number | null
  readonly #lender: PermitLane | null
  readonly #now: () => number
  #leases: Lease[] = []
  /** Permits used since the store was last asked: the next calls are likely to want as many. */
  #taken = 0
  /** Permits whose lease ended before they were used. */
  #unused: Reservation['returned'][number][] = []
  /** When the window has room again, as the store last said, and when to ask it again. */
  #dry: { untilMs: number; askAgainMs: number } | null = null

  constructor({ endpointClass, priority, limit, lender, now }: PermitLaneOptions) {
    this.endpointClass = endpointClass
    this.priority = priority
    this.#limit = limit
    this.#lender = lender
    this.#now = now
  }

  /** Uses one permit. `renew`: it was taken, and more should be reserved in the background. */
  take(): 'none' | 'taken' | 'renew' {
    const lease = this.oldestLease() ?? this.#lender?.oldestLease()
    if (!lease) return 'none'
    lease.left--
    this.#taken++
    if (this.#dry !== null) return 'taken'
    return lease.endsMs - this.#now() < RENEW_BEFORE_MS || this.held() * 2 < this.#taken ? 'renew' : 'taken'
  }

  /** The lease whose permits end first; undefined if none is left. */
  oldestLease(): Lease | undefined {
    return this.#usable()[0]
  }

  /** Permits that can still be used. */
  held(): number {
    return this.#usable().reduce((sum, { left }) => sum + left, 0)
  }

  /** Permits to ask the store for: one for each call that waits, and twice as many as were used since it was last asked. */
  wanted(): number {
    if (this.#limit === null) return 0
    const most = Math.floor(roomOf(this.#limit)[this.priority] * AHEAD_AT_MOST)
    const ahead = Math.min(most, Math.max(this.priority === 'live' ? AHEAD_AT_LEAST[this.endpointClass] : 0, 2 * this.#taken))
    return Math.max(0, this.waiting + ahead - this.held())
  }

  /**
   * Call when a request to the store begins. Returns the unused permits for the store. If their return is lost, they stay counted as calls.
   */
  beginAsking(): Reservation['returned'] {
    this.#taken = 0
    const returned = this.#unused
    this.#unused = []
    return returned
  }

  /** Call with the store's grant. `dryForMs`: milliseconds until the window has room again; null: it has room. */
  granted(lease: Lease, dryForMs: number | null): void {
    if (lease.left > 0) this.#leases.push(lease)
    const nowMs = this.#now()
    this.#dry = dryForMs === null ? null : { untilMs: nowMs + dryForMs, askAgainMs: nowMs + Math.min(dryForMs, ASK_AGAIN_MS) }
  }

  /** Whether the window had no room at the last request. */
  isDry(): boolean {
    return this.#dry !== null
  }

  /** Milliseconds for which the window certainly has no room; 0 if the store should be asked. */
  dryForMs(): number {
    const nowMs = this.#now()
    return this.#dry && this.#dry.askAgainMs > nowMs ? this.#dry.untilMs - nowMs : 0
  }

  /** The leases that can still be used, oldest first. */
  #usable(): Lease[] {
    const { endpointClass } = this
    for (let lease = this.#leases[0]; lease && (lease.left === 0 || lease.endsMs <= this.#now()); lease = this.#leases[0]) {
      this.#leases.shift()
      if (lease.left > 0) this.#unused.push({ endpointClass, countedAtMs: lease.countedAtMs, permits: lease.left })
    }
    return this.#leases
  }
}
