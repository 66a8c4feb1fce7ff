import {
  type Attempt,
  type Draft,
  type Effect,
  LEASE_MS,
  type Receipt,
  recordAbsence,
  recordRefusal,
  type Snapshot,
} from '../domain/effect.ts'
import { type Outcome, outcomeText } from '../domain/outcome.ts'
import { applyReceipt, claimNext, draftOf, type StreamRules } from '../domain/stream.ts'
import { describeAttempt } from '../effects/describe-attempt.ts'
import type { EffectKind, EffectTask } from '../effects/effect-kind.ts'
import type { Stored } from '../ledger/change.ts'
import { PaxosConflictError } from '../paxos/paxos-errors.ts'
import { AppError, errorCode } from '../platform/app-error.ts'
import { noteFailedEffect } from './failed-effect.ts'
import { type Earned, prepare, withAttempts } from './prepare-stream.ts'
import { ContendedError, EffectInProgressError, EffectRefusedError, ReceiptTakenError } from './saga-errors.ts'
import { effectKindOf, type Ran, type StreamKind, type Trigger } from './stream-kind.ts'

const CONFLICTS_BEFORE_YIELDING = 8
/** Longest wait before an effect that another job holds is checked again. Most calls end sooner; the lease is for dead jobs. */
const LONGEST_WAIT_MS = 1_000
const UNIQUE_VIOLATION = '23505'

/**
 * Reads the stream, observes, decides, records the intent, acts, and records the receipt, until the state needs no further effect. Each
 * commit names the version that it was decided on. So of several workers on one stream one continues, and the others decide again. The
 * observation always follows the read of the version: a worker that loses a race observes again, and an older observation never overrules a
 * later decision. Throws AppErrors with a retry class.
 */
export async function runStream<S extends Snapshot, Seen>(
  kind: StreamKind<S, Seen>,
  trigger: Trigger<Seen>,
  { now }: { now: () => number },
): Promise<Ran> {
  const run = new StreamRun(kind, trigger, now)
  for (let conflicts = 0; conflicts < CONFLICTS_BEFORE_YIELDING; conflicts += 1) {
    const ran = await run.once()
    if (ran) return ran
  }
  throw new ContendedError(`stream ${trigger.streamId} changed under ${CONFLICTS_BEFORE_YIELDING} attempts`)
}

class StreamRun<S extends Snapshot, Seen> {
  readonly #kind: StreamKind<S, Seen>
  readonly #trigger: Trigger<Seen>
  readonly #now: () => number
  readonly #earned = new Map<string, Earned>()
  /** Refusals that this run met, by step. */
  readonly #refusals = new Map<string, AppError>()
  /** The stream was held because another stream has a receipt's ids. */
  #taken = false

  constructor(kind: StreamKind<S, Seen>, trigger: Trigger<Seen>, now: () => number) {
    this.#kind = kind
    this.#trigger = trigger
    this.#now = now
  }

  /** Null: another worker changed the stream; decide again. */
  async once(): Promise<Ran | null> {
    const stored = await this.#kind.ledger.load(this.#trigger.streamId)
    const seen = await this.#trigger.observe(stored?.version ?? null)
    const { draft, outcome } = prepare(this.#kind, this.#trigger, { stored, seen, earned: this.#earned })
    const held = { kind: 'held', reason: this.#kind.rules.contradiction } as const
    return this.#actUntilComplete(stored, draft, this.#taken ? held : outcome)
  }

  /** Commits and acts in turn until no effect is open. */
  async #actUntilComplete(stored: Stored<S> | null, draft: Draft<S>, outcome: Outcome): Promise<Ran | null> {
    const { rules } = this.#kind
    const { seq, generation, release } = this.#trigger
    let base = stored
    let current = draft
    for (;;) {
      const claim = claimNext(rules, current, { by: { seq, generation }, now: this.#now(), leaseMs: LEASE_MS })
      if (claim.kind === 'complete') return this.#finish(base, current, outcome)
      if (claim.kind === 'attempt') {
        await this.#awaitRoom(claim.effect)
        if (!this.#mayAskPaxos(claim.draft)) release?.()
        base = await this.#commit(base, claim.draft)
        if (!base) return null
        current = await this.#act(base, claim.effect)
        continue
      }
      if (base === null || hasChanged(base, current)) {
        base = await this.#commit(base, current)
        if (!base) return null
      }
      if (claim.kind === 'waiting') throw new EffectInProgressError(claim.effect.step, Math.min(LONGEST_WAIT_MS, claim.until - this.#now()))
      if (claim.kind === 'refused') throw this.#refused(claim.effect)
      current = await this.#lookUp(base, claim.effect)
    }
  }

  /**
   * The last commit also completes the event. A run without a change commits too and so moves the version: its observation is newer than
   * that of a worker that read before it, and that worker must not commit afterwards. (Example: an approval finds `ready` while the earlier
   * disablement is still in progress.)
   */
  async #finish(base: Stored<S> | null, current: Draft<S>, outcome: Outcome): Promise<Ran | null> {
    const { seq, generation, release } = this.#trigger
    const reached = base === null || hasChanged(base, current) ? reachedBy(this.#kind.rules, outcome, current) : outcome
    release?.()
    const done = await this.#commit(base, current, { seq, generation, outcome: outcomeText(reached) })
    return done && { outcome: reached, completed: true }
  }

  /** A receipt with ids that another stream has can never be committed: the stream is held with that reason instead. */
  async #commit(
    base: Stored<S> | null,
    draft: Draft<S>,
    completion?: { seq: string; generation: number; outcome: string },
  ): Promise<Stored<S> | null> {
    const { ledger, rules } = this.#kind
    const at = new Date(this.#now())
    const change = { before: base, draft, actor: this.#trigger.actor, at, ...(completion ? { completion } : {}) }
    try {
      return await ledger.commit(change)
    } catch (error) {
      if (base === null || errorCode(error) !== UNIQUE_VIOLATION) throw error
      const unrecorded = base.effects.find(({ step, state }) => state !== 'done' && this.#earned.has(step))
      if (!unrecorded) throw error
      const { step } = unrecorded
      this.#earned.delete(step)
      this.#taken = true
      const taken = new ReceiptTakenError(step)
      await ledger.commit({ ...change, draft: rules.hold(recordRefusal(draftOf<S>(base), step, taken.code), rules.contradiction) })
      return null // decide again, on the held stream
    }
  }

  /**
   * Waits for room in the budget before this run records an attempt. A receipt that this run got must be committed first, with or without
   * room.
   */
  async #awaitRoom({ kind }: Effect): Promise<void> {
    if (this.#earned.size > 0) return
    await effectKindOf(this.#kind.effects, kind).room?.(this.#trigger.replayed ? 'replay' : 'live')
  }

  /** Performs one effect and drafts its result. Throws failures that the machine may retry. */
  async #act(claimed: Stored<S>, effect: Effect): Promise<Draft<S>> {
    const kind = effectKindOf(this.#kind.effects, effect.kind)
    return this.#record(claimed, effect, kind, effect.attempts + 1, () => perform(kind, this.#task(claimed, effect)))
  }

  /**
   * Looks up an effect of an earlier state with an unknown outcome: it may have happened, and the ledger must know. The effect is never
   * attempted again. "Not found" counts only once no attempt can be in progress.
   */
  async #lookUp(stored: Stored<S>, effect: Effect): Promise<Draft<S>> {
    const kind = effectKindOf(this.#kind.effects, effect.kind)
    let found: Receipt | null = null
    const draft = await this.#record(stored, effect, kind, null, async () => {
      found = (await kind.find?.(this.#task(stored, effect))) ?? null
      return found
    })
    if (draft && (found || draft.entries.length > 0)) return draft
    const underWayMs = (effect.lease?.until ?? 0) - this.#now()
    if (underWayMs > 0) throw new EffectInProgressError(effect.step, Math.min(LONGEST_WAIT_MS, underWayMs))
    return recordAbsence(draftOf<S>(stored), effect.step)
  }

  /** Drafts the receipt, or a failure that needs a person. Throws any other failure after recording its attempt. */
  async #record(
    stored: Stored<S>,
    { step }: Effect,
    kind: EffectKind<S>,
    number: number | null,
    act: () => Promise<Receipt | null>,
  ): Promise<Draft<S>> {
    const at = this.#now()
    const attempted = (error?: unknown): Attempt[] =>
      number === null ? [] : [{ step, number, at, durationMs: Math.max(0, this.#now() - at), ...describeAttempt(error) }]
    const draft = draftOf<S>(stored)
    try {
      const receipt = await act()
      if (!receipt) return draft
      const earned = { receipt, same: kind.same, attempted: attempted() }
      this.#earned.set(step, earned)
      return withAttempts(applyReceipt(this.#kind.rules, draft, { step, receipt, same: kind.same }), earned.attempted)
    } catch (error) {
      const failed = this.#failure(draft, step, kind, error)
      if (failed) return withAttempts(failed, attempted(error))
      noteFailedEffect(error, kind.kind)
      // The attempt will be repeated: a failure to record it must not fail the job.
      await this.#kind.ledger.keepAttempts(this.#trigger.streamId, attempted(error)).catch(() => undefined)
      throw error
    }
  }

  /** The draft for a failure that needs a person; null: the machine may retry. */
  #failure(draft: Draft<S>, step: string, kind: EffectKind<S>, error: unknown): Draft<S> | null {
    if (!(error instanceof AppError)) return null
    const reason = kind.holdFor?.(error, this.#trigger.attempts) ?? null
    if (reason === null && error.retry !== 'never') return null
    this.#refusals.set(step, error)
    const refused = recordRefusal(draft, step, error.code)
    return reason === null ? refused : this.#kind.rules.hold(refused, reason)
  }

  #refused({ step, kind, errorCode: code }: Effect): EffectRefusedError {
    const error = new EffectRefusedError(step, code, { cause: this.#refusals.get(step) })
    noteFailedEffect(error, kind)
    return error
  }

  #task(snapshot: Stored<S>, effect: Effect): EffectTask<S> {
    const { streamId, replayed } = this.#trigger
    return { streamId, snapshot, effect, priority: replayed ? 'replay' : 'live' }
  }

  /** Whether an open effect may still call Paxos. */
  #mayAskPaxos({ effects }: Snapshot): boolean {
    return effects.some(({ kind, state }) => state === 'intended' && effectKindOf(this.#kind.effects, kind).asksPaxos)
  }
}

/** Looks the effect up before repeating it and after a conflict, so that it acts once. */
async function perform<S extends Snapshot>(kind: EffectKind<S>, task: EffectTask<S>): Promise<Receipt> {
  const known = task.effect.attempts > 0 ? await kind.find?.(task) : null
  if (known) return known
  try {
    return await kind.perform(task)
  } catch (error) {
    const found = error instanceof PaxosConflictError ? await kind.find?.(task, error) : null
    if (!found) throw error
    return found
  }
}

function hasChanged<S extends Snapshot>(base: Stored<S>, { effects, entries }: Draft<S>): boolean {
  return effects !== base.effects || entries.length > 0
}

/** The outcome of the run: a move may have continued by now; a run without a new decision finished open work. */
function reachedBy<S extends Snapshot, Seen>(rules: StreamRules<S, Seen>, outcome: Outcome, draft: Draft<S>): Outcome {
  if (outcome.kind === 'noted') return outcome
  const reason = rules.heldReason(draft)
  if (reason !== null) return { kind: 'held', reason }
  const state = rules.stateOf(draft)
  if (outcome.kind === 'ignored') return { kind: 'resumed', state }
  return outcome.kind === 'moved' ? { kind: 'moved', to: state } : outcome
}
