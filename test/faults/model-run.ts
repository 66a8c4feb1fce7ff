import type { EventHandler } from '../../src/queue/event-worker.ts'
import { type CallEnd, Dice, type ModelProcess, type PendingCall } from './model-schedule.ts'
import { ModelWorld, type OnConflict } from './model-world.ts'

type Worker = ModelProcess & { handle: EventHandler }

/** A job on the model's queue. With `dueAt` it is delayed until then. */
interface Job {
  seq: string
  generation: number
  rescues: number
  dueAt: number
  /** The worker that has it, or null while it waits. */
  worker: Worker | null
}

/** An event, with Paxos's decision at its arrival. */
interface Arrival {
  id: string
  type: string
  /** Which of the story's statuses it tells. */
  phase: number
}

export interface Outcome {
  violations: string[]
  state: string
  /** Notices and creations beyond the first of their key, which only troubles may cause. */
  repeats: number
}

/** Paxos's decisions in a schedule, with their events. */
const STORIES = {
  approved: [['APPROVED', 'identity.approved']],
  denied: [['DENIED', 'identity.denied']],
  'approved, then disabled': [
    ['APPROVED', 'identity.approved'],
    ['DISABLED', 'identity.disabled'],
  ],
  'disabled, then approved again': [
    ['APPROVED', 'identity.approved'],
    ['DISABLED', 'identity.disabled'],
    ['APPROVED', 'identity.approved'],
  ],
  'approved, then denied': [
    ['APPROVED', 'identity.approved'],
    ['DENIED', 'identity.denied'],
  ],
} as const
/** Where each story may end. `held` is for contradictions only: a step that Paxos may accept needs no operator. */
const ENDS: Record<keyof typeof STORIES, readonly string[]> = {
  approved: ['ready'],
  denied: ['denied'],
  'approved, then disabled': ['disabled'],
  'disabled, then approved again': ['ready'],
  'approved, then denied': ['denied', 'held'],
}

const LONGEST = 4_000

/**
 * One schedule: events of one identity arrive in any order and number, or only by the sweep, at several workers. Every fault of a call, a
 * process or the queue hits in between. Then the faults stop, and all accepted events must finish. The seed is the schedule.
 */
export async function runSchedule(seed: number): Promise<Outcome> {
  const run = new ScheduleRun(seed)
  await run.storm()
  await run.calm()
  return run.judge()
}

class ScheduleRun {
  #dice: Dice
  #world: ModelWorld
  #workers: Worker[]
  #jobs: Job[] = []
  #story: keyof typeof STORIES
  /** Every event of the story, in the order of Paxos. */
  #told: Arrival[] = []
  /** Which of the story's statuses Paxos has now. */
  #phase = 0
  /** Events whose webhook has not arrived yet, with duplicates. */
  #arrivals: Arrival[] = []
  #left: { callFaults: number; deaths: number; queueLosses: number; replays: number; leaps: number; drops: number; sweeps: number }
  /** Without conflicts, Paxos creates one account only when no job runs twice at once and no request acts late. */
  #gentle: boolean
  /** Faults that leave an outcome unknown, or look like it. */
  #troubles = 0

  constructor(seed: number) {
    this.#dice = new Dice(seed)
    this.#world = new ModelWorld(this.#dice)
    this.#world.onConflict = this.#dice.pick<OnConflict>(['conflict', 'conflict-bare', 'return-existing', 'nothing'])
    this.#gentle = this.#world.onConflict === 'nothing'
    this.#workers = [this.#world.startProcess(), this.#world.startProcess()]
    this.#story = this.#dice.pick(Object.keys(STORIES) as (keyof typeof STORIES)[])
    const quiet = this.#dice.chance(0.2)
    const upTo = (most: number): number => (quiet ? 0 : this.#dice.below(most + 1))
    this.#left = {
      callFaults: upTo(6),
      deaths: upTo(2),
      queueLosses: upTo(1),
      replays: this.#dice.below(2),
      leaps: upTo(1),
      drops: this.#dice.below(3),
      sweeps: this.#dice.below(3),
    }
    for (const [phase, [, type]] of STORIES[this.#story].entries()) {
      const different = 1 + this.#dice.below(3)
      for (let number = 0; number < different; number += 1) {
        const arrival = { id: `event-${phase}-${number}`, type, phase }
        this.#told.push(arrival)
        this.#arrivals.push(arrival)
        if (this.#dice.chance(0.3)) this.#arrivals.push(arrival)
      }
    }
    this.#enter(0)
  }

  async storm(): Promise<void> {
    for (let step = 0; step < LONGEST; step += 1) {
      const moves = this.#moves()
      if (moves.length === 0) return
      this.#dice.pick(moves)()
      await settled()
    }
  }

  /** Ends the faults: due events are dispatched, and waits end. */
  async calm(): Promise<void> {
    Object.assign(this.#left, { callFaults: 0, deaths: 0, queueLosses: 0, replays: 0, leaps: 0, drops: 0, sweeps: 0 })
    for (let step = 0; step < LONGEST; step += 1) {
      const moves = this.#moves()
      if (moves.length > 0) this.#dice.pick(moves)()
      else if (this.#missed().length > 0) this.#sweep()
      else if ([...this.#world.rows.values()].every(({ state }) => state !== 'accepted')) return
      else this.#wait()
      await settled()
    }
    this.#world.violations.push('the story does not end')
  }

  /** Everything that may happen next. */
  #moves(): (() => void)[] {
    const { calls } = this.#world
    const moves: (() => void)[] = calls.pending.map((call) => () => this.#end(call))
    for (const job of this.#jobs) if (job.worker === null && job.dueAt <= this.#world.now) moves.push(() => this.#start(job))
    const told = this.#arrivals.filter(({ phase }) => phase === this.#phase)
    if (told.length > 0) moves.push(() => this.#deliver(this.#dice.pick(told)))
    else if (this.#arrivals.length > 0 && (moves.length === 0 || this.#dice.chance(0.1))) moves.push(() => this.#changeStatus())
    if (calls.late.length > 0) moves.push(() => calls.arrive())
    if (moves.length === 0 || this.#dice.chance(0.8)) return moves
    const { deaths, queueLosses, replays, leaps, drops, sweeps } = this.#left
    if (deaths > 0) moves.push(() => this.#die())
    if (deaths > 0 && !this.#gentle) moves.push(() => this.#hang())
    if (queueLosses > 0 && !this.#gentle) moves.push(() => this.#loseQueue())
    if (leaps > 0 && !this.#gentle) moves.push(() => this.#leap())
    if (replays > 0) moves.push(() => this.#replay())
    if (drops > 0 && told.length > 0) moves.push(() => this.#drop(this.#dice.pick(told)))
    if (sweeps > 0) moves.push(() => this.#sweep())
    return moves
  }

  #end(call: PendingCall): void {
    const { calls } = this.#world
    if (this.#left.callFaults === 0 || !this.#dice.chance(0.15)) {
      calls.end(call, 'answered')
      return
    }
    this.#left.callFaults -= 1
    this.#troubles += 1
    const ends: CallEnd[] = call.kind === 'read' ? ['not-done'] : ['not-done', 'answer-lost', 'request-lost']
    if (call.kind === 'outside' && !this.#gentle) ends.push('done-late')
    calls.end(call, this.#dice.pick(ends))
  }

  /** Paxos decides again. The earlier events have arrived, though their work may be in progress. */
  #changeStatus(): void {
    this.#enter(this.#arrivals[0]?.phase ?? this.#phase)
  }

  #enter(phase: number): void {
    this.#phase = phase
    this.#world.status = STORIES[this.#story][phase]?.[0] ?? this.#world.status
  }

  #deliver(arrival: Arrival): void {
    this.#arrivals.splice(this.#arrivals.indexOf(arrival), 1)
    const { seq, generation } = this.#world.accept(arrival.id, arrival.type)
    // The receiver may die between the commit and the queue: then the dispatcher finds the event.
    if (!(this.#left.deaths > 0 && this.#dice.chance(0.1))) this.#enqueue(seq, generation)
  }

  /** A webhook that never comes: the sweep must find its event. */
  #drop(arrival: Arrival): void {
    this.#left.drops -= 1
    this.#arrivals.splice(this.#arrivals.indexOf(arrival), 1)
  }

  /** What Paxos would list now and the inbox lacks: its webhook was lost, or has not arrived. */
  #missed(): Arrival[] {
    const now = this.#told.findLastIndex(({ phase }) => phase === this.#phase)
    return this.#told.slice(0, now + 1).filter(({ id }) => !this.#world.rows.has(id))
  }

  #sweep(): void {
    this.#left.sweeps -= 1
    for (const { id, type } of this.#missed()) {
      const { seq, generation } = this.#world.accept(id, type)
      this.#enqueue(seq, generation)
    }
  }

  /** Adding an existing job changes nothing, as with BullMQ's job ids. */
  #enqueue(seq: string, generation: number): void {
    if (this.#jobs.some((job) => job.seq === seq && job.generation === generation)) return
    this.#jobs.push({ seq, generation, rescues: 0, dueAt: 0, worker: null })
  }

  #start(job: Job): void {
    const worker = this.#dice.pick(this.#workers)
    job.worker = worker
    const mine = (): boolean => worker.alive && job.worker === worker && this.#jobs.includes(job)
    worker.handle({ seq: job.seq, generation: job.generation }, { rescues: job.rescues }).then(
      (outcome) => {
        if (!mine()) return
        if (outcome.kind === 'later') Object.assign(job, { worker: null, dueAt: outcome.at })
        else this.#jobs.splice(this.#jobs.indexOf(job), 1)
      },
      () => {
        // The queue drops what failed, and the dispatcher queues the event again.
        if (mine()) this.#jobs.splice(this.#jobs.indexOf(job), 1)
      },
    )
  }

  #die(): void {
    this.#left.deaths -= 1
    this.#troubles += 1
    const worker = this.#dice.pick(this.#workers)
    worker.alive = false
    this.#world.calls.abandon(worker, this.#dice, { late: !this.#gentle })
    this.#workers = this.#workers.map((each) => (each === worker ? this.#world.startProcess() : each))
    for (const job of this.#jobs) if (job.worker === worker) Object.assign(job, { worker: null, rescues: job.rescues + 1 })
  }

  /** A live worker that cannot renew its locks: its job runs twice at once. */
  #hang(): void {
    const held = this.#jobs.filter(({ worker }) => worker !== null)
    if (held.length === 0) return
    this.#left.deaths -= 1
    this.#troubles += 1
    const job = this.#dice.pick(held)
    Object.assign(job, { worker: null, rescues: job.rescues + 1 })
  }

  #loseQueue(): void {
    this.#left.queueLosses -= 1
    this.#troubles += 1 // jobs in progress go on, and come again
    this.#jobs = []
  }

  /** After every lease. */
  #leap(): void {
    this.#left.leaps -= 1
    this.#troubles += 1
    this.#world.now += 60_000
  }

  /** An operator reopens an event, finished or not. */
  #replay(): void {
    if (this.#world.rows.size === 0) return
    this.#left.replays -= 1
    const row = this.#dice.pick([...this.#world.rows.values()])
    const authority = this.#dice.chance(0.5) ? 'operator' : 'machine'
    Object.assign(row, { state: 'accepted', generation: row.generation + 1, attempts: 0, unknownOutcomes: 0, strikes: 0, authority })
    this.#enqueue(row.seq, row.generation)
  }

  #wait(): void {
    this.#world.now += 30_000
    for (const { seq, generation, state } of this.#world.rows.values()) if (state === 'accepted') this.#enqueue(seq, generation)
  }

  judge(): Outcome {
    const { rows, accounts, creations, sends, entries, stored, violations } = this.#world
    const broken = (text: string): void => void violations.push(text)
    const state = stored?.onboarding.state ?? 'none'
    for (const { eventId, state: end, errorCode } of rows.values())
      if (end !== 'processed') broken(`${eventId} ended ${end} (${errorCode})`)
    if (rows.size < this.#told.length) broken(`${this.#told.length - rows.size} events never came in`)
    if (!ENDS[this.#story].includes(state)) broken(`${this.#story}: it ended ${state}`)

    if (accounts.length > 1) broken(`${accounts.length} accounts`)
    if (new Set(creations.map(({ refId }) => refId)).size > 1) broken('an account was asked for under several keys')
    if (state === 'ready' && stored?.onboarding.accountId !== accounts[0]?.id) broken('ready with an account that is not there')
    // Paxos may act on a request after the caller's timeout, here on one without a successor.
    const tooLate = accounts[0]?.afterAbsence === true && stored?.onboarding.accountId === null
    if (!tooLate && (accounts[0]?.id ?? null) !== (stored?.onboarding.accountId ?? null)) broken('an account that the ledger does not know')
    if (this.#story === 'denied' && accounts.length > 0) broken('an account for a denied identity')

    const keys = new Set(sends.map(({ key }) => key))
    for (const key of keys)
      if (new Set(sends.filter((send) => send.key === key).map(({ body }) => body)).size > 1) broken(`${key} said different things`)
    for (const { key, accountId, accounts: known } of sends)
      if (/^notice_(account_opened|ready|reactivated)_/.test(key) && (known === 0 || accountId !== accounts[0]?.id))
        broken(`${key} came before the account`)
    if ([...keys].filter((key) => key.startsWith('notice_account_opened_')).length > accounts.length) broken('an account was told twice')
    for (const kind of ['ready', 'reactivated', 'denied', 'disabled']) {
      const told = [...keys].filter((key) => key.startsWith(`notice_${kind}_`)).length
      const moved = entries.filter(
        (entry) => entry.kind === 'state.moved' && entry.data.to === (kind === 'ready' || kind === 'reactivated' ? 'approved' : kind),
      ).length
      if (told > moved) broken(`${moved} transitions to ${kind} and ${told} notices`)
      if (state === kind && told === 0) broken(`${kind}, and no notification was sent`)
    }
    for (const kind of ['effect.done', 'effect.intended']) {
      const steps = entries.filter((entry) => entry.kind === kind).map(({ data }) => data.step)
      if (kind === 'effect.done' && new Set(steps).size < steps.length) broken(`${kind} twice for one step`)
    }
    const repeats = sends.length - keys.size + Math.max(0, creations.length - 1)
    if (this.#troubles === 0) {
      if (repeats > 0) broken(`${repeats} effects were repeated although no outcome was unknown`)
      for (const key of keys)
        if (stored?.effects.find((effect) => effect.key === key)?.state !== 'done') broken(`${key} was taken, and has no receipt`)
    }
    return { violations, state: `${this.#story}: ${state}`, repeats }
  }
}

/** Runs everything that can go on without an answer from outside. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
