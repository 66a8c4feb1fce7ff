import { PaxosCircuitOpenError } from '../paxos-errors.ts'
import { createSlidingCount } from './sliding-count.ts'

/** What a call tells about the service: it answered (a refusal is an answer), it is out, or nothing (we never asked it). */
export type CallVerdict = 'answered' | 'out' | 'unasked'

export interface Breaker {
  /** Runs `call`, or throws PAXOS_CIRCUIT_OPEN at once while the circuit is open or its one probe is under way. */
  run<T>(call: () => Promise<T>): Promise<T>
}

export interface BreakerOptions {
  /** What stands behind it, for messages: `api`, `token`. */
  name: string
  /** What a failed call tells. */
  verdict: (error: unknown) => CallVerdict
  /** Opens after so many failures in a row; 10 by default. */
  failuresInARow?: number
  /** Told of every change: for how long it opens and for which failure, or `null` when it closes. */
  onChange?: (openForMs: number | null, failure?: unknown) => void
  /** Milliseconds of a clock that never goes back. */
  now?: () => number
  random?: () => number
}

const SAMPLE_SECONDS = 10
/** Below this many calls in the sample a rate says nothing. */
const SAMPLE_AT_LEAST = 20
const SAMPLE_FAILING_SHARE = 0.5
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 60_000
/** What the others are told while the probe is under way: its answer is usually there by then. */
const PROBE_MS = 1_000

/**
 * Leaves a failing service alone. Closed, it counts; after ten failures in a row, or with more than half of at least twenty
 * calls in ten seconds failing, it opens. When the wait is over one call goes as a probe: answered, the circuit closes; failed,
 * it opens for twice as long (to one minute; jittered by up to half, so that many workers do not come back at the same instant).
 *
 * Our own rather than cockatiel 4, which makes the other calls wait for the probe (ours are jobs: better given back to the
 * queue), does not say how long the wait still is, and takes neither a clock nor two conditions.
 */
export function createBreaker(options: BreakerOptions): Breaker {
  const { name, verdict, failuresInARow = 10, onChange, now = () => performance.now(), random = Math.random } = options
  const answered = createSlidingCount(SAMPLE_SECONDS)
  const failed = createSlidingCount(SAMPLE_SECONDS)
  let inARow = 0
  let openings = 0
  let openUntilMs: number | null = null
  let probing = false
  /** Counts the changes: a call that started before the last one tells nothing about now. */
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
