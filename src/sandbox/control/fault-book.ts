import { z } from 'zod'
import { OPERATION_NAMES, type Operation } from '../api/operations.ts'
import type { SeededRandom } from '../world/seeded-random.ts'

/** How often a fault applies. Without any of these: always, until it is removed. */
const howOften = {
  /** Only this many times. */
  next: z.number().int().positive().optional(),
  /** Only this share of the calls, drawn from the seed: above 0, up to 1. */
  ratio: z.number().gt(0).max(1).optional(),
  /** Only for this many milliseconds from now. */
  forMs: z.number().positive().optional(),
}
const on = z.enum([...OPERATION_NAMES, '*'])
const status = z.number().int().min(400).max(599)
const delayMs = z.number().min(0).max(3_600_000)

/** Every `do` of a fault. Those before `lose` apply to a call, the others to a delivery. */
const DOES = [
  ...['answer', 'latency', 'drop', 'silence', 'act-then-drop', 'act-then-silence', 'act-then-answer'],
  ...['lose', 'duplicate', 'delay', 'reorder'],
]

/** Faults of a call, and of a delivery. */
export const FaultSchema = z.discriminatedUnion(
  'do',
  [
    /** Refuses without acting: 429, 500, 502, 504, or a 403 with the detail of a disabled user. */
    z.strictObject({
      on,
      do: z.literal('answer'),
      status,
      detail: z.string().optional(),
      retryAfterSeconds: z.number().int().min(0).optional(),
      ...howOften,
    }),
    /** Waits before acting. */
    z.strictObject({ on, do: z.literal('latency'), ms: delayMs, ...howOften }),
    /** Closes the connection, or never answers, without acting. */
    z.strictObject({ on, do: z.enum(['drop', 'silence']), ...howOften }),
    /** Unknown outcome: acts, then closes the connection, or never answers. */
    z.strictObject({ on, do: z.enum(['act-then-drop', 'act-then-silence']), ...howOften }),
    /** Unknown outcome: acts, then answers an error. */
    z.strictObject({ on, do: z.literal('act-then-answer'), status: status.default(502), ...howOften }),
    /** The delivery is never tried. The event stays in the Events API. */
    z.strictObject({ on: z.literal('delivery'), do: z.literal('lose'), type: z.string().optional(), ...howOften }),
    /** The same delivery is sent this many more times. */
    z.strictObject({
      on: z.literal('delivery'),
      do: z.literal('duplicate'),
      copies: z.number().int().positive().max(100).default(1),
      type: z.string().optional(),
      ...howOften,
    }),
    /** The first try is delayed by `ms`. */
    z.strictObject({ on: z.literal('delivery'), do: z.literal('delay'), ms: delayMs, type: z.string().optional(), ...howOften }),
    /** Held back until a later event was delivered, for `ms` at most. */
    z.strictObject({
      on: z.literal('delivery'),
      do: z.literal('reorder'),
      ms: delayMs.default(2_000),
      type: z.string().optional(),
      ...howOften,
    }),
  ],
  `must be one of ${DOES.join(', ')}`,
)
export type Fault = z.output<typeof FaultSchema>
export type FaultInput = z.input<typeof FaultSchema>
export type CallFault = Exclude<Fault, { on: 'delivery' }>
export type DeliveryFault = Extract<Fault, { on: 'delivery' }>

interface Armed {
  id: number
  fault: Fault
  left: number
  untilMs: number
  asked: number
}

/** The armed faults. Every call asks, so an empty book costs nothing. */
export class FaultBook {
  #random: SeededRandom
  #armed: Armed[] = []
  #nextId = 1

  constructor({ random }: { random: SeededRandom }) {
    this.#random = random
  }

  /** @returns the id to remove it by. */
  arm(input: FaultInput): number {
    const fault = FaultSchema.parse(input)
    const id = this.#nextId++
    const untilMs = fault.forMs === undefined ? Number.POSITIVE_INFINITY : Date.now() + fault.forMs
    this.#armed.push({ id, fault, left: fault.next ?? Number.POSITIVE_INFINITY, untilMs, asked: 0 })
    return id
  }

  get armed(): readonly { id: number; fault: Fault; left: number | null }[] {
    this.#dropSpent()
    return this.#armed.map(({ id, fault, left }) => ({ id, fault, left: Number.isFinite(left) ? left : null }))
  }

  disarm(id: number): boolean {
    const before = this.#armed.length
    this.#armed = this.#armed.filter((armed) => armed.id !== id)
    return this.#armed.length < before
  }

  /** Disarms all faults. Ids start at 1 again, because draws from the seed depend on a fault's id. */
  clear(): void {
    this.#armed = []
    this.#nextId = 1
  }

  /** The faults of this call, each used up by one: the first latency and the first other fault. */
  forCall(operation: Operation): readonly CallFault[] {
    if (this.#armed.length === 0) return []
    this.#dropSpent()
    const struck: CallFault[] = []
    for (const armed of this.#armed) {
      const { fault } = armed
      if (fault.on === 'delivery' || (fault.on !== '*' && fault.on !== operation)) continue
      if (struck.some((other) => (other.do === 'latency') === (fault.do === 'latency'))) continue
      if (this.#strikes(armed)) struck.push(fault)
    }
    return struck
  }

  /** The faults of this delivery, at most one of each kind, each used up by one. */
  forDelivery(type: string): readonly DeliveryFault[] {
    if (this.#armed.length === 0) return []
    this.#dropSpent()
    const struck: DeliveryFault[] = []
    for (const armed of this.#armed) {
      const { fault } = armed
      if (fault.on !== 'delivery' || (fault.type !== undefined && fault.type !== type)) continue
      if (struck.some((other) => other.do === fault.do)) continue
      if (this.#strikes(armed)) struck.push(fault)
    }
    return struck
  }

  #strikes(armed: Armed): boolean {
    armed.asked++
    const { ratio } = armed.fault
    if (ratio !== undefined && this.#random.fraction('fault', armed.id, armed.asked) >= ratio) return false
    armed.left--
    return true
  }

  #dropSpent(): void {
    const nowMs = Date.now()
    if (this.#armed.some(({ left, untilMs }) => left < 1 || nowMs > untilMs)) {
      this.#armed = this.#armed.filter(({ left, untilMs }) => left >= 1 && nowMs <= untilMs)
    }
  }
}
