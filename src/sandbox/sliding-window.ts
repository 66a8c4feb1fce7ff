/** At most `limit` admissions in any `windowMs`: a ring of the last `limit` admissions. */
export class SlidingWindow {
  #windowMs: number
  #admittedAtMs: Float64Array
  #next = 0

  constructor({ limit, windowMs }: { limit: number; windowMs: number }) {
    this.#windowMs = windowMs
    this.#admittedAtMs = new Float64Array(Math.max(1, Math.floor(limit))).fill(Number.NEGATIVE_INFINITY)
  }

  /** Milliseconds until one more is admitted; 0 for now. */
  waitMs(nowMs: number): number {
    const oldest = this.#admittedAtMs[this.#next] ?? Number.NEGATIVE_INFINITY
    return Math.max(0, oldest + this.#windowMs - nowMs)
  }

  admit(nowMs: number): void {
    this.#admittedAtMs[this.#next] = nowMs
    this.#next = (this.#next + 1) % this.#admittedAtMs.length
  }
}
