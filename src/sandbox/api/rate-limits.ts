import type { SandboxSettings } from '../control/sandbox-settings.ts'
import { SlidingWindow } from '../sliding-window.ts'
import { OPERATIONS, type Operation, routeOf } from './operations.ts'

const FIVE_MINUTES_MS = 300_000

/**
 * The documented limits (paxos/api.md 1.5): per endpoint and source IP, averaged over five minutes. A caller above a limit is locked out of
 * every endpoint for five minutes. `timeScale` divides both times, not the rate.
 */
export class RateLimits {
  #settings: SandboxSettings
  #windows = new Map<string, SlidingWindow>()
  #lockedUntilMs = new Map<string, number>()

  constructor({ settings }: { settings: SandboxSettings }) {
    this.#settings = settings
  }

  /** Whether the call is allowed. An allowed call is counted. */
  admit({ operation, ip, nowMs }: { operation: Operation; ip: string; nowMs: number }): boolean {
    if (nowMs < (this.#lockedUntilMs.get(ip) ?? 0)) return false
    const { timeScale, limitsPerSecond } = this.#settings
    const windowMs = FIVE_MINUTES_MS / timeScale
    const { limit } = OPERATIONS[operation]
    const key = `${ip} ${limit === 'general' ? routeOf(operation).url : limit}`
    let window = this.#windows.get(key)
    if (!window) {
      window = new SlidingWindow({ limit: (limitsPerSecond[limit] * windowMs) / 1000, windowMs })
      this.#windows.set(key, window)
    }
    if (window.waitMs(nowMs) > 0) {
      this.#lockedUntilMs.set(ip, nowMs + windowMs)
      return false
    }
    window.admit(nowMs)
    return true
  }

  /** Forgets counts and lock-outs, also when the limits were changed. */
  clear(): void {
    this.#windows.clear()
    this.#lockedUntilMs.clear()
  }
}
