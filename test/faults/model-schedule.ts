/** Draws the same numbers for the same seed (mulberry32). */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** In [0, 1). */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  below(limit: number): number {
    return Math.floor(this.fraction() * limit)
  }

  chance(share: number): boolean {
    return this.fraction() < share
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T // callers have checked that there is one
  }
}

/** One process of Gatehouse in the model: it makes calls and may die. */
export interface ModelProcess {
  alive: boolean
}

/** A call in progress. It acts when the schedule lets it, and its caller gets the answer or not. */
export interface PendingCall {
  process: ModelProcess
  /** `read` changes nothing, `store` is our database, `outside` is Paxos or the notification receiver. */
  kind: 'read' | 'store' | 'outside'
  /** Acts: gives the answer, or throws the other side's refusal. */
  act: () => unknown
  /** What the caller gets when nothing was done, and when the answer was lost. */
  failure: { notDone: () => Error; lost: () => Error }
  resolve: (answer: never) => void
  reject: (error: unknown) => void
}

/**
 * The end of a call: done and answered; known as not done; done with a lost answer; lost before it was done; or lost and done later, after
 * its caller has continued.
 */
export type CallEnd = 'answered' | 'not-done' | 'answer-lost' | 'request-lost' | 'done-late'

/** Every call in progress of the model's processes, ended one by one in the order of the schedule. */
export class CallsInProgress {
  readonly pending: PendingCall[] = []
  /** Calls that will still act for callers that have gone. */
  readonly late: (() => unknown)[] = []

  make<T>(call: Omit<PendingCall, 'resolve' | 'reject'> & { act: () => T }): Promise<T> {
    if (!call.process.alive) return new Promise(() => {})
    return new Promise<T>((resolve, reject) => {
      this.pending.push({ ...call, resolve, reject })
    })
  }

  end(call: PendingCall, how: CallEnd): void {
    this.pending.splice(this.pending.indexOf(call), 1)
    if (how === 'answered') {
      try {
        call.resolve(call.act() as never) // its own promise, of its own type
      } catch (refusal) {
        call.reject(refusal)
      }
      return
    }
    if (how === 'answer-lost') quietly(call.act)
    if (how === 'done-late') this.late.push(call.act)
    call.reject(how === 'not-done' ? call.failure.notDone() : call.failure.lost())
  }

  /** A process dies: each of its calls was done, is in flight, or was never sent. */
  abandon(process: ModelProcess, dice: Dice, { late }: { late: boolean }): void {
    for (const call of this.pending.filter((each) => each.process === process)) {
      this.pending.splice(this.pending.indexOf(call), 1)
      if (call.kind === 'read' || dice.chance(0.34)) continue
      if (late && call.kind === 'outside' && dice.chance(0.5)) this.late.push(call.act)
      else quietly(call.act)
    }
  }

  arrive(): void {
    const act = this.late.shift()
    if (act) quietly(act)
  }
}

function quietly(act: () => unknown): void {
  try {
    act()
  } catch {
    // refused, and the caller has gone
  }
}
