import type { Effect, Receipt, Snapshot } from '../domain/effect.ts'
import type { AppError } from '../platform/app-error.ts'

/** One effect to be performed or looked for. */
export interface EffectTask<S extends Snapshot> {
  readonly streamId: string
  /** The stream with its effects, as committed. */
  readonly snapshot: S
  /** As it was before this attempt: with `attempts` > 0 an earlier one may have acted. */
  readonly effect: Effect
  /** `replay` leaves a share of Paxos's budget for live traffic. */
  readonly priority: 'live' | 'replay'
}

/** The other side said that something is there already (409). `existingId`: which, where it says so. */
export interface Conflict {
  readonly existingId: string | null
}

/** What working on an event again would do now. */
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
  | 'would-move'
  | 'would-hold'
  | 'would-wait'
  | 'would-park'
  | 'in-hand'
  | 'blocked'
  /** Of a plan that dismisses. */
  | 'would-dismiss'

/**
 * One effect that a run would bring about. `key`: its idempotency key, the same for every event that would bring it about; for a released
 * hold the stream's id.
 */
export interface PlannedEffect {
  readonly act: 'open' | 'adopt' | 'look-up' | 'send' | 'send-again' | 'release' | 'place' | 'cancel' | 'fund' | 'execute' | 'instruct'
  readonly key: string
}

/** The verdict with a sentence for the operator who must decide, and the effects that a run would bring about. */
export interface Estimate {
  readonly verdict: Verdict
  readonly detail: string
  readonly effects: readonly PlannedEffect[]
}

/** What `perform` would do now. `receipt`: of the form that it would give, its ids made up, to learn what follows. It goes nowhere. */
export interface EffectEstimate extends Estimate {
  readonly receipt: Receipt
}

/** What an estimate may rest on besides the stream. */
export interface EstimateTerms {
  /** Look at Paxos for what was never asked for, one call for each stream. */
  readonly thorough: boolean
  /** How the event's last run ended; null: it has not failed. */
  readonly failure: { readonly code: string; readonly status: number | null; readonly unknownOutcomes: number } | null
}

/**
 * One kind of effect: how it is made, found again, and compared. The runner (src/saga/run-stream.ts) knows the protocol: it commits intent and
 * attempt before `perform`, calls `find` before it repeats an attempt whose outcome is unknown, and after a 409, and keeps the receipt.
 */
export interface EffectKind<S extends Snapshot> {
  /** As the stream's rules name it in an effect: `create-account`. */
  readonly kind: string
  /** It calls Paxos, so the event keeps its slot until this is done. */
  readonly asksPaxos: boolean
  /**
   * Rejects with BUDGET_EXHAUSTED where Paxos's limits leave no room for the call soon. Asked before an attempt is on record, so that an event which
   * is given back has no outcome to look up.
   */
  room?(priority: EffectTask<S>['priority']): Promise<void>
  /** Acts once. @throws AppErrors, which say what may be done about a failure */
  perform(task: EffectTask<S>): Promise<Receipt>
  /**
   * Looks for what an earlier attempt may have done, and asks for nothing. Null: it is not there. After a 409 it must find it or throw. A kind that
   * cannot look leaves this out: it is repeated under its key, and the other side drops the second copy.
   */
  find?(task: EffectTask<S>, conflict?: Conflict): Promise<Receipt | null>
  /** A receipt that comes late, from an attempt that was taken over, says the same as the one on record. */
  same(known: Receipt, late: Receipt): boolean
  /** The reason to hold the stream for this failure; null: the error's retry class decides. `attempts`: what the event had spent before. */
  holdFor?(error: AppError, attempts: number): string | null
  /** What `perform` would do now. It may read. */
  estimate(task: EffectTask<S>, terms: EstimateTerms): Promise<EffectEstimate>
}
