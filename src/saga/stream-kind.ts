import type { LeaseHolder, Snapshot } from '../domain/effect.ts'
import type { Outcome } from '../domain/outcome.ts'
import type { Circumstances, StreamRules } from '../domain/stream.ts'
import type { EffectKind } from '../effects/effect-kind.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { EffectKindUnknownError } from './saga-errors.ts'

/** One kind of stream for the runner: its rules, its ledger, and its effects. */
export interface StreamKind<S extends Snapshot, Seen> {
  readonly rules: StreamRules<S, Seen>
  readonly ledger: Ledger<S>
  readonly effects: readonly EffectKind<S>[]
}

/** The reason to advance a stream, and the way to observe the outside. */
export interface Trigger<Seen> extends Circumstances, LeaseHolder {
  readonly streamId: string
  /**
   * Reads the basis of the decision after `version` of the stream (null: none) was loaded: for an onboarding the live status. Rejects with
   * an AppError.
   */
  readonly observe: (version: number | null) => Promise<Seen>
  /** Who acts: `event:<id>`, `operator:<name>`. The ledger records it. */
  readonly actor: string
  /** Called when no further call to Paxos is needed. If another worker commits first, further calls may be needed after all. */
  readonly release?: (() => void) | undefined
}

/** The result of a run. `completed`: its last commit also completed the inbox event. */
export interface Ran {
  readonly outcome: Outcome
  readonly completed: boolean
}

/** @throws EffectKindUnknownError for a kind that a newer version wrote */
export function effectKindOf<S extends Snapshot>(effects: readonly EffectKind<S>[], kind: string): EffectKind<S> {
  const found = effects.find((each) => each.kind === kind)
  if (!found) throw new EffectKindUnknownError(kind)
  return found
}
