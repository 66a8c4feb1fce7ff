import { problem } from '../api/paxos-problem.ts'
import type { SandboxSettings } from '../control/sandbox-settings.ts'
import type { EventStore } from './event-store.ts'
import type { Identity } from './identity.ts'

const DAY_MS = 86_400_000
/** Days that a refresh may take (documented: typically). */
const USUAL_DAYS = 30
/** The longest delay of Node's timers. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** The periodic refresh of a customer's data (paxos/api.md 4.11): started, then completed by an update, or expired. */
export class KycRefreshes {
  #settings: SandboxSettings
  #events: EventStore
  #timers = new Map<string, NodeJS.Timeout>()

  constructor({ settings, events }: { settings: SandboxSettings; events: EventStore }) {
    this.#settings = settings
    this.#events = events
  }

  /** @throws 403 for an identity that is not approved or is in a refresh already (assumed); `force` skips that check */
  start(identity: Identity, { days = USUAL_DAYS, force = false }: { days?: number; force?: boolean } = {}): void {
    const eligible = identity.status === 'APPROVED' && identity.kycRefresh?.state !== 'started'
    if (!eligible && !force) throw problem(403, 'identity is not eligible for a KYC refresh')
    identity.kycRefresh = { state: 'started', dueAtMs: Date.now() + (days * DAY_MS) / this.#settings.timeScale }
    this.#announce(identity, 'started')
    this.#await(identity)
  }

  /** Call for an update that says when the customer was asked: it completes a running refresh. */
  complete(identity: Identity, refreshedAt: string): void {
    identity.lastKycRefreshDate = refreshedAt
    if (!identity.kycRefresh) return
    this.#forget(identity)
    identity.kycRefresh = null
    this.#announce(identity, 'completed')
  }

  /** Removes the refresh, as if none had ever been due. */
  reset(identity: Identity): void {
    this.#forget(identity)
    identity.kycRefresh = null
    identity.lastKycRefreshDate = null
  }

  /** Resumes the refresh of an earlier run. */
  resume(identity: Identity): void {
    if (identity.kycRefresh?.state === 'started') this.#await(identity)
  }

  clear(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
  }

  #await(identity: Identity): void {
    this.#forget(identity)
    const leftMs = Math.max(0, (identity.kycRefresh?.dueAtMs ?? 0) - Date.now())
    const timer = setTimeout(
      () => {
        this.#timers.delete(identity.id)
        if (identity.kycRefresh?.state !== 'started') return
        if (Date.now() < identity.kycRefresh.dueAtMs) {
          this.#await(identity)
          return
        }
        identity.kycRefresh = { ...identity.kycRefresh, state: 'expired' }
        this.#announce(identity, 'expired')
      },
      Math.min(leftMs, LONGEST_TIMER_MS),
    )
    this.#timers.set(identity.id, timer)
  }

  #forget({ id }: Identity): void {
    clearTimeout(this.#timers.get(id))
    this.#timers.delete(id)
  }

  #announce({ id, kycRefresh, lastKycRefreshDate }: Identity, what: 'started' | 'completed' | 'expired'): void {
    const last = lastKycRefreshDate === null ? {} : { last_kyc_refresh_date: lastKycRefreshDate }
    const next = kycRefresh ? { next_kyc_refresh_date: new Date(kycRefresh.dueAtMs).toISOString() } : {}
    this.#events.emit({ type: `identity.kyc_refresh.${what}`, object: { ...last, ...next }, identityId: id })
  }
}
