import type { SandboxSettings } from '../control/sandbox-settings.ts'

/** Assumed: Paxos publishes neither the factor nor the cap nor the spread of its backoff (paxos/api.md 2.5). */
const FACTOR = 2
const CAP_MS = 3_600_000
const SPREAD = 0.2

/**
 * Milliseconds to wait after this many failed attempts; `null` when the retry would come after the horizon, counted from the first attempt.
 * All times are divided by `timeScale`. `fraction`, from 0 up to 1, is the jitter.
 */
export function retryWaitMs(options: {
  settings: Pick<SandboxSettings, 'retryFirstMs' | 'horizonMs' | 'timeScale'>
  attempts: number
  sinceFirstMs: number
  fraction: number
}): number | null {
  const { settings, attempts, sinceFirstMs, fraction } = options
  const { retryFirstMs, horizonMs, timeScale } = settings
  const baseMs = Math.min(retryFirstMs * FACTOR ** (attempts - 1), Math.max(CAP_MS, retryFirstMs))
  const waitMs = (baseMs * (1 - SPREAD + 2 * SPREAD * fraction)) / timeScale
  return sinceFirstMs + waitMs > horizonMs / timeScale ? null : waitMs
}
