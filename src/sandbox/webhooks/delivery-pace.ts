import { SlidingWindow } from '../sliding-window.ts'

/** How far a burst may run ahead of the even pace, so that millisecond timers can carry thousands a second. */
const SLACK_MS = 20

/** An even pace of deliveries per second, never exceeded in any one second (paxos/api.md 2.5). */
export class DeliveryPace {
  readonly ratePerSecond: number
  #window: SlidingWindow
  #nextSlotMs = Number.NEGATIVE_INFINITY

  constructor(ratePerSecond: number) {
    this.ratePerSecond = ratePerSecond
    this.#window = new SlidingWindow({ limit: ratePerSecond, windowMs: 1000 })
  }

  /** 0: an attempt may start now, and is counted. Else milliseconds to wait before asking again. */
  take(nowMs: number): number {
    const slotMs = Math.max(this.#nextSlotMs, nowMs - SLACK_MS)
    const waitMs = Math.max(slotMs - nowMs, this.#window.waitMs(nowMs))
    if (waitMs > 0) return waitMs
    this.#nextSlotMs = slotMs + 1000 / this.ratePerSecond
    this.#window.admit(nowMs)
    return 0
  }
}
