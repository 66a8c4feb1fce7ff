import {
  type Draft,
  type Effect,
  type Entry,
  effectAt,
  heldByAnother,
  type LeaseHolder,
  markAttempt,
  type Receipt,
  recordReceipt,
  reopenRefused,
  type Snapshot,
} from './effect.ts'
import type { Outcome } from './outcome.ts'

/**
 * Who decides. The machine never resolves a contradiction. An operator does, by approving a replay that releases holds: then the live
 * status decides.
 */
export type Authority = 'machine' | 'operator'

/** Facts for a decision besides the observation. */
export interface Circumstances {
  /** Attempts that the event has spent. */
  readonly attempts: number
  readonly authority: Authority
  /** An operator asked for this run: refused effects are tried again. */
  readonly replayed: boolean
}

/** `wait`: event and observation do not agree yet, so the event comes again. `because` names no person. */
export type Decided<S extends Snapshot> =
  | { readonly kind: 'decided'; readonly draft: Draft<S>; readonly outcome: Outcome }
  | { readonly kind: 'wait'; readonly because: string }

/**
 * The rules of one kind of stream, all pure. `Seen` is what was read from outside: an event with a live status, or a command with a
 * reference to its payload. The runner (src/saga/run-stream.ts) knows the protocol and calls these rules; it knows no kind.
 */
export interface StreamRules<S extends Snapshot, Seen> {
  /** `onboarding`, `order`. */
  readonly kind: string
  /** The state in a word, for outcomes and screens. */
  stateOf(snapshot: S): string
  /** False for a state that this version does not know: an older worker meets it beside newer ones and leaves the event alone. */
  knows(snapshot: S): boolean
  /** The new stream after its first observation, with the entry for it. Null: this observation cannot open a stream. */
  open(streamId: string, seen: Seen): Draft<S> | null
  /**
   * Decides what the observation means for the stream: intends effects and moves states, and performs nothing. `fresh`: the stream is new.
   */
  decide(draft: Draft<S>, seen: Seen, circumstances: Circumstances & { fresh: boolean }): Decided<S>
  /** The one open effect (intended or refused) that the state waits for now. */
  nextEffect(snapshot: S): Effect | undefined
  /**
   * Kinds of effects with an outcome that must become known even after their state was left: such an effect is looked up, not attempted
   * again.
   */
  readonly mustBeKnown: ReadonlySet<string>
  /** What follows from the first receipt of an effect: recorded ids, the next state, the next intent. */
  afterReceipt(draft: Draft<S>, effect: Effect, receipt: Receipt): Draft<S>
  /** Holds the stream for a person. */
  hold(draft: Draft<S>, reason: string): Draft<S>
  /** The reason to hold when a late receipt contradicts the one on record. */
  readonly contradiction: string
  /** Why it is held; null: it is not. */
  heldReason(snapshot: S): string | null
}

/**
 * The next step, and who may take it.
 *
 * - `attempt`: the effect as it was before this attempt, and the draft that marks the attempt.
 * - `look-up`: the state no longer wants the effect, but it may have happened, and the ledger must know.
 * - `waiting`: another event's job holds the effect's lease until then (milliseconds since 1970).
 * - `refused`: a person must look.
 * - `complete`: no effect is open.
 */
export type Claim<S extends Snapshot> =
  | { readonly kind: 'attempt'; readonly effect: Effect; readonly draft: Draft<S> }
  | { readonly kind: 'look-up'; readonly effect: Effect }
  | { readonly kind: 'waiting'; readonly effect: Effect; readonly until: number }
  | { readonly kind: 'refused'; readonly effect: Effect }
  | { readonly kind: 'complete' }

export interface ClaimTerms {
  readonly by: LeaseHolder
  /** Milliseconds since 1970. */
  readonly now: number
  readonly leaseMs: number
}

/** Claims the next effect for a job: marks the attempt before it is made. */
export function claimNext<S extends Snapshot, Seen>(
  rules: StreamRules<S, Seen>,
  draft: Draft<S>,
  { by, now, leaseMs }: ClaimTerms,
): Claim<S> {
  const effect = rules.nextEffect(draft)
  if (!effect) {
    const unknown = draft.effects.find(({ kind, state, attempts }) => rules.mustBeKnown.has(kind) && state === 'intended' && attempts > 0)
    return unknown ? { kind: 'look-up', effect: unknown } : { kind: 'complete' }
  }
  if (effect.state === 'refused') return { kind: 'refused', effect }
  const held = heldByAnother(effect, by, now)
  if (held) return { kind: 'waiting', effect, until: held.until }
  // The attempt needs to know whether an earlier one may have acted: `effect.attempts` before this one.
  return { kind: 'attempt', effect, draft: markAttempt(draft, effect, { seq: by.seq, generation: by.generation, until: now + leaseMs }) }
}

/**
 * Records the other side's answer. The content decides, not the order of arrival. A late receipt, from an attempt that was already taken
 * over, is recorded if there is none yet. One that contradicts the recorded receipt holds the stream. The effect kind supplies `same`.
 */
export function applyReceipt<S extends Snapshot, Seen>(
  rules: StreamRules<S, Seen>,
  draft: Draft<S>,
  { step, receipt, same }: { step: string; receipt: Receipt; same: (known: Receipt, late: Receipt) => boolean },
): Draft<S> {
  const effect = effectAt(draft, step)
  if (effect.state === 'done') return effect.receipt && same(effect.receipt, receipt) ? draft : rules.hold(draft, rules.contradiction)
  return rules.afterReceipt(recordReceipt(draft, step, receipt), effect, receipt)
}

/**
 * Applies the observation to the stream. A run and its preview both decide here. `earned`: receipts that this run got before it lost a
 * race. They are applied first: they are true, and must be neither forgotten nor obtained again.
 */
export function decideOn<S extends Snapshot, Seen>(
  rules: StreamRules<S, Seen>,
  { start, seen, fresh, circumstances }: { start: Draft<S>; seen: Seen; fresh: boolean; circumstances: Circumstances },
): Decided<S> {
  const base = circumstances.replayed ? reopenRefused(start) : start
  return rules.decide(base, seen, { ...circumstances, fresh })
}

/** A draft without a change. */
export function draftOf<S extends Snapshot>(snapshot: S, entries: readonly Entry[] = []): Draft<S> {
  return { ...snapshot, entries, attempted: [] } as unknown as Draft<S> // the snapshot may be a draft with old entries, which these replace
}
