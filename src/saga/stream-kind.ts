import type { LeaseHolder, Snapshot } from '../domain/effect.ts'
import type { Outcome } from '../domain/outcome.ts'
import type { Circumstances, StreamRules } from '../domain/stream.ts'
import type { EffectKind } from '../effects/effect-kind.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { EffectKindUnknownError } from './saga-errors.ts'

/** One kind of stream as the runner takes it: what it decides, where it is kept, and how its effects are made. */
export interface StreamKind<S extends Snapshot, Seen> {
  readonly rules: StreamRules<S, Seen>
  readonly ledger: Ledger<S>
  readonly effects: readonly EffectKind<S>[]
}

/** What gives reason to advance a stream, and how to look outside. */
export interface Trigger<Seen> extends Circumstances, LeaseHolder {
  readonly streamId: string
  /** Reads what the decision rests on, after `version` of the stream (null: none) was loaded: for an onboarding the live status. Rejects with an AppError. */
  readonly observe: (version: number | null) => Promise<Seen>
  /** Who: `event:<id>`, `operator:<name>`. Stands in the ledger. */
  readonly actor: string
  /** Called when nothing more is to be asked of Paxos. If another worker commits first, there may be more to ask after all. */
  readonly release?: (() => void) | undefined
}

/** What a run came to. `completed`: its last commit has completed the inbox event too. */
export interface Ran {
  readonly outcome: Outcome
  readonly completed: boolean
}

/** @throws EffectKindUnknownError for a kind that a newer version has written */
export function effectKindOf<S extends Snapshot>(effects: readonly EffectKind<S>[], kind: string): EffectKind<S> {
  const found = effects.find((each) => each.kind === kind)
  if (!found) throw new EffectKindUnknownError(kind)
  return found
}
