const NS_PER_MS = 1_000_000n

/**
 * Wall-clock time in nanoseconds since 1970 (bigint: a double cannot hold it), strictly increasing over all calls, so that a time also
 * orders and names a record. It follows the system clock, but never backwards.
 */
export class NanoClock {
  #wallMs: () => number
  #monotonicNs: () => bigint
  #offsetNs = 0n
  #lastNs = 0n
  #isTold = false

  constructor({ wallMs = Date.now, monotonicNs = process.hrtime.bigint }: { wallMs?: () => number; monotonicNs?: () => bigint } = {}) {
    this.#wallMs = wallMs
    this.#monotonicNs = monotonicNs
  }

  /** From now on each time is 1 ms after the one before, starting at `ms`: the story then has the same times in each run. */
  tellFrom(ms: number): void {
    this.#isTold = true
    this.#lastNs = BigInt(ms) * NS_PER_MS
  }

  /** Follows the system clock again. */
  tellWallTime(): void {
    if (this.#isTold) this.#lastNs = 0n
    this.#isTold = false
  }

  /** @param resolutionNs the result is a multiple of it: 1 for events, 1,000 for identities and accounts (paxos/api.md 3.1, 4.4) */
  next(resolutionNs: bigint = 1n): bigint {
    if (this.#isTold) {
      this.#lastNs += NS_PER_MS
      return this.#lastNs
    }
    const monotonicNs = this.#monotonicNs()
    const wallNs = BigInt(this.#wallMs()) * NS_PER_MS
    const driftNs = monotonicNs + this.#offsetNs - wallNs
    // The wall clock is rounded down to 1 ms. Within 2 ms of it the monotonic clock only adds digits. A larger drift means that the system
    // clock was set.
    if (driftNs > 2n * NS_PER_MS || driftNs < -2n * NS_PER_MS) this.#offsetNs = wallNs - monotonicNs
    const nowNs = monotonicNs + this.#offsetNs
    const earliestNs = nowNs > this.#lastNs ? nowNs : this.#lastNs + 1n
    this.#lastNs = ((earliestNs + resolutionNs - 1n) / resolutionNs) * resolutionNs
    return this.#lastNs
  }
}

/** RFC 3339 in UTC with this many digits of the second (0 to 9). Further digits are cut off. */
export function toRfc3339(ns: bigint, digits: number): string {
  const seconds = new Date(Number(ns / NS_PER_MS)).toISOString().slice(0, 19)
  if (digits === 0) return `${seconds}Z`
  return `${seconds}.${String(ns % 1_000_000_000n)
    .padStart(9, '0')
    .slice(0, digits)}Z`
}

const RFC_3339 = /^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)$/

/** Nanoseconds since 1970, exact to the last of nine digits; `null` when the text is no RFC 3339 time. */
export function fromRfc3339(text: string): bigint | null {
  const match = RFC_3339.exec(text)
  if (!match) return null
  const [, date, time, fraction = '', zone] = match
  const ms = Date.parse(`${date}T${time}${zone?.toUpperCase()}`)
  return Number.isNaN(ms) ? null : BigInt(ms) * NS_PER_MS + BigInt(fraction.padEnd(9, '0'))
}
