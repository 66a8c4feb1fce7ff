import { PaxosCircuitOpenError } from '../paxos-errors.ts'
import { createSlidingCount } from './sliding-count.ts'

/**
 * What a call tells about the service. `answered`: the service answered (a refusal is an answer). `out`: it failed. `unasked`: nothing was
 * sent.
 */
export type CallVerdict = 'answered' | 'out' | 'unasked'

export interface Breaker {
  /** Runs `call`. Throws PAXOS_CIRCUIT_OPEN at once while the circuit is open or its probe is under way. */
  run<T>(call: () => Promise<T>): Promise<T>
}

export interface BreakerOptions {
  /** Name of the service for messages: `api`, `token`. */
  name: string
  /** Classifies a failed call. */
  verdict: (error: unknown) => CallVerdict
  /** Failures in a row that open the circuit; 10 by default. */
  failuresInARow?: number
  /** Called at every change: with the time for which it opens, milliseconds, and the failure; with `null` when it closes. */
  onChange?: (openForMs: number | null, failure?: unknown) => void
  /** A monotonic clock, milliseconds. */
  now?: () => number
  random?: () => number
}

const SAMPLE_SECONDS = 10
/** For fewer calls than this a failure rate says nothing. */
const SAMPLE_AT_LEAST = 20
const SAMPLE_FAILING_SHARE = 0.5
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 60_000
/** Retry time for other calls while the probe is under way: its answer has usually come by then. */
const PROBE_MS = 1_000

/**
 * Pauses calls to a failing service. Closed, it counts failures. It opens after ten failures in a row, or when more than half of at least
 * 20 calls in 10 s fail. When the wait is over it lets one call through as a probe. An answer closes the circuit. A failure doubles the
 * wait, up to 1 min. The wait is jittered by up to half, so that many workers do not return at the same instant.
 *
 * Our own rather than cockatiel 4, for three reasons. cockatiel makes other calls wait for the probe; ours are jobs, which are better given
 * back to the queue. It does not tell how much of the wait is left. It takes neither a clock nor two conditions.
 */
export function createBreaker(options: BreakerOptions): Breaker {
  const { name, verdict, failuresInARow = 10, onChange, now = () => performance.now(), random = Math.random } = options
  const answered = createSlidingCount(SAMPLE_SECONDS)
  const failed = createSlidingCount(SAMPLE_SECONDS)
  let inARow = 0
  let openings = 0
  let openUntilMs: number | null = null
  let probing = false
  /** Counts the changes: a call that started before the last change tells nothing about the present. */
  let era = 0
  let failure: unknown = null

  const open = (): void => {
    const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** openings) * (1 - random() / 2)
    openings++
    era++
    openUntilMs = now() + waitMs
    onChange?.(Math.round(waitMs), failure)
  }

  const close = (): void => {
    openings = 0
    inARow = 0
    era++
    openUntilMs = null
    answered.clear()
    failed.clear()
    onChange?.(null)
  }

  const enter = (): number => {
    if (openUntilMs === null) return era
    const waitMs = Math.ceil(openUntilMs - now())
    if (waitMs > 0 || probing) throw new PaxosCircuitOpenError({ name, retryAfterMs: waitMs > 0 ? waitMs : PROBE_MS })
    probing = true
    return era
  }

  const count = (told: CallVerdict): void => {
    const nowMs = now()
    if (told === 'unasked') return
    if (told === 'answered') {
      inARow = 0
      answered.add(nowMs)
      return
    }
    inARow++
    failed.add(nowMs)
    const failures = failed.total(nowMs)
    const calls = failures + answered.total(nowMs)
    if (inARow >= failuresInARow || (calls >= SAMPLE_AT_LEAST && failures > calls * SAMPLE_FAILING_SHARE)) open()
  }

  const leave = (enteredIn: number, told: CallVerdict): void => {
    if (enteredIn !== era) return
    if (openUntilMs === null) {
      count(told)
      return
    }
    probing = false
    if (told === 'answered') close()
    if (told === 'out') open()
  }

  return {
    async run(call) {
      const enteredIn = enter()
      let told: CallVerdict = 'answered'
      try {
        return await call()
      } catch (error) {
        told = verdict(error)
        if (told === 'out') failure = error
        throw error
      } finally {
        leave(enteredIn, told)
      }
    },
  }
}
