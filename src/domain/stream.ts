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
 * Who decides: the machine never resolves a contradiction; an operator, by approving a replay that releases holds, takes
 * the live status as the truth.
 */
export type Authority = 'machine' | 'operator'

/** What leads to a decision besides the observation. */
export interface Circumstances {
  /** Attempts that the event has spent. */
  readonly attempts: number
  readonly authority: Authority
  /** An operator asked for this run: what was refused is tried again. */
  readonly replayed: boolean
}

/** `wait`: event and observation do not agree yet; the event comes again. `because` names no person. */
export type Decided<S extends Snapshot> =
  | { readonly kind: 'decided'; readonly draft: Draft<S>; readonly outcome: Outcome }
  | { readonly kind: 'wait'; readonly because: string }

/**
 * What one kind of stream decides, all of it pure: `Seen` is what was read from outside (an event with a live status, a command with its
 * payload's reference). The runner (src/saga/run-stream.ts) knows the protocol and calls these; it knows no kind.
 */
export interface StreamRules<S extends Snapshot, Seen> {
  /** `onboarding`, `order`. */
  readonly kind: string
  /** The state in a word, for outcomes and for screens. */
  stateOf(snapshot: S): string
  /** False for a state that this version of the code does not know, as an older worker beside newer ones meets: it leaves the event alone. */
  knows(snapshot: S): boolean
  /** The stream as its first observation finds it, with the entry that says so. Null: only a stream that is there can be advanced. */
  open(streamId: string, seen: Seen): Draft<S> | null
  /** What the observation means for the stream; it intends effects and moves states, and does nothing. `fresh`: the stream is new. */
  decide(draft: Draft<S>, seen: Seen, circumstances: Circumstances & { fresh: boolean }): Decided<S>
  /** The one open effect (intended or refused) that the state waits for now. */
  nextEffect(snapshot: S): Effect | undefined
  /** The kinds whose outcome must be known even when their state was left: such an effect is looked up, and not asked for again. */
  readonly mustBeKnown: ReadonlySet<string>
  /** What follows from the first receipt of an effect: ids taken over, the next state, the next intent. */
  afterReceipt(draft: Draft<S>, effect: Effect, receipt: Receipt): Draft<S>
  /** Sets the stream aside for a person. */
  hold(draft: Draft<S>, reason: string): Draft<S>
  /** The reason to hold when a late receipt contradicts the one on record. */
  readonly contradiction: string
  /** Why it is held; null: it is not. */
  heldReason(snapshot: S): string | null
}

/**
 * What is to be done next, and who may.
 *
 * - `attempt`: the effect as it was before this attempt, and the draft that marks the attempt.
 * - `look-up`: the state no longer wants the effect, but it may have happened, and the ledger must know.
 * - `waiting`: another event's job holds the effect until then (milliseconds since 1970).
 * - `refused`: a person must look.
 * - `complete`: nothing is open.
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
  // What the attempt must know is whether an earlier one may have acted: that is `effect.attempts`, before this one.
  return { kind: 'attempt', effect, draft: markAttempt(draft, effect, { seq: by.seq, generation: by.generation, until: now + leaseMs }) }
}

/**
 * Records what the other side answered. Merges by truth, not by turn: a receipt that comes late, from an attempt that was
 * already taken over, is recorded if there is none yet; one that contradicts the recorded one holds the stream. `same` is the effect kind's.
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
 * What the observation makes of the stream as it stands: the one place where a run and its preview decide. `earned` is what this run has got
 * answers to before it lost a race: it comes first, since it is true and must neither be forgotten nor earned again.
 */
export function decideOn<S extends Snapshot, Seen>(
  rules: StreamRules<S, Seen>,
  { start, seen, fresh, circumstances }: { start: Draft<S>; seen: Seen; fresh: boolean; circumstances: Circumstances },
): Decided<S> {
  const base = circumstances.replayed ? reopenRefused(start) : start
  return rules.decide(base, seen, { ...circumstances, fresh })
}

/** A draft that changes nothing yet. */
export function draftOf<S extends Snapshot>(snapshot: S, entries: readonly Entry[] = []): Draft<S> {
  return { ...snapshot, entries, attempted: [] } as unknown as Draft<S> // the snapshot of a draft may carry its old entries, which these replace
}
