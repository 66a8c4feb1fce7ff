import type { Effect, Receipt, Snapshot } from '../domain/effect.ts'
import type { AppError } from '../platform/app-error.ts'

/** One effect to perform or to look up. */
export interface EffectTask<S extends Snapshot> {
  readonly streamId: string
  /** The stream with its effects, as committed. */
  readonly snapshot: S
  /** The effect before this attempt: with `attempts` > 0 an earlier one may have acted. */
  readonly effect: Effect
  /** `replay` leaves a share of Paxos's budget to live calls. */
  readonly priority: 'live' | 'replay'
}

/** The other side answered that the object exists (409). `existingId`: its id, if the answer names it. */
export interface Conflict {
  readonly existingId: string | null
}

/** What a replay of an event would do now. */
export type Verdict =
  | 'no-op'
  | 'would-create-identity'
  | 'would-open-onboarding'
  | 'would-create-account'
  | 'would-adopt-account'
  | 'would-look-up'
  | 'would-send-notice'
  | 'would-place-order'
  | 'would-adopt-order'
  | 'would-cancel-order'
  | 'would-fund-account'
  | 'would-execute-quote'
  | 'would-create-instructions'
  | 'would-send-wire'
  | 'would-change-identity'
  | 'would-change-members'
  | 'would-move'
  | 'would-hold'
  | 'would-wait'
  | 'would-park'
  | 'in-hand'
  | 'blocked'
  /** Only in a plan that dismisses. */
  | 'would-dismiss'

/**
 * One effect that a run would perform. `key`: its idempotency key, the same for every event that would perform it; for a released hold the
 * stream's id.
 */
export interface PlannedEffect {
  readonly act:
    | 'open'
    | 'adopt'
    | 'look-up'
    | 'send'
    | 'send-again'
    | 'release'
    | 'place'
    | 'cancel'
    | 'fund'
    | 'execute'
    | 'instruct'
    | 'wire'
    | 'change'
    | 'members'
  readonly key: string
}

/** The verdict, with a sentence for the operator who must decide, and the effects that a run would perform. */
export interface Estimate {
  readonly verdict: Verdict
  readonly detail: string
  readonly effects: readonly PlannedEffect[]
}

/** What `perform` would do now. `receipt`: a receipt of its form with invented ids, to find out what follows. It is never stored. */
export interface EffectEstimate extends Estimate {
  readonly receipt: Receipt
}

/** Facts for an estimate besides the stream. */
export interface EstimateTerms {
  /** Look at Paxos for objects that were never requested, one call per stream. */
  readonly thorough: boolean
  /** The failure of the event's last run; null: it has not failed. */
  readonly failure: { readonly code: string; readonly status: number | null; readonly unknownOutcomes: number } | null
}

/**
 * One kind of effect: how it is performed, looked up and compared. The runner (src/saga/run-stream.ts) knows the protocol. It commits
 * intent and attempt before `perform`. It calls `find` after a 409, and before it repeats an attempt with an unknown outcome. It stores the
 * receipt.
 */
export interface EffectKind<S extends Snapshot> {
  /** The kind's name in the stream's rules: `create-account`. */
  readonly kind: string
  /** It calls Paxos, so the event keeps its slot until the effect is done. */
  readonly asksPaxos: boolean
  /**
   * Rejects with BUDGET_EXHAUSTED when the budget has no room for the call soon. The runner asks before it records an attempt, so an event
   * that goes back to the queue has no outcome to look up.
   */
  room?(priority: EffectTask<S>['priority']): Promise<void>
  /** Performs the effect once. @throws an AppError with its retry class */
  perform(task: EffectTask<S>): Promise<Receipt>
  /**
   * Looks up what an earlier attempt may have done, and requests nothing. Null: it did not happen. After a 409 it must find the object or
   * throw. A kind without a look-up leaves this out: it is repeated under its key, and the other side drops the second copy.
   */
  find?(task: EffectTask<S>, conflict?: Conflict): Promise<Receipt | null>
  /** Whether a late receipt, from an attempt that was taken over, agrees with the recorded one. */
  same(known: Receipt, late: Receipt): boolean
  /** The reason to hold the stream for this failure; null: the error's retry class decides. `attempts`: what the event had spent before. */
  holdFor?(error: AppError, attempts: number): string | null
  /** What `perform` would do now. It may read from Paxos. */
  estimate(task: EffectTask<S>, terms: EstimateTerms): Promise<EffectEstimate>
}
