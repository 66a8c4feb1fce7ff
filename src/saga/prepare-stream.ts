import type { Attempt, Draft, Receipt, Snapshot } from '../domain/effect.ts'
import type { Outcome } from '../domain/outcome.ts'
import { applyReceipt, decideOn, draftOf } from '../domain/stream.ts'
import type { Stored } from '../ledger/change.ts'
import { StatusNotSettledError, StreamMissingError, StreamStateUnknownError } from './saga-errors.ts'
import type { StreamKind, Trigger } from './stream-kind.ts'

/** An answer that a run got. It is kept in memory when the run loses a race, because it stays true and must not be requested again. */
export interface Earned {
  readonly receipt: Receipt
  readonly same: (known: Receipt, late: Receipt) => boolean
  readonly attempted: readonly Attempt[]
}

/**
 * Applies an observation to the stream, without any effect or write. Run and preview both decide here, so they cannot disagree. @throws
 * StatusNotSettledError, StreamMissingError, StreamStateUnknownError
 */
export function prepare<S extends Snapshot, Seen>(
  { rules }: Pick<StreamKind<S, Seen>, 'rules'>,
  { streamId, attempts, authority, replayed }: Pick<Trigger<Seen>, 'streamId' | 'attempts' | 'authority' | 'replayed'>,
  { stored, seen, earned = new Map() }: { stored: Stored<S> | null; seen: Seen; earned?: ReadonlyMap<string, Earned> },
): { draft: Draft<S>; outcome: Outcome } {
  if (stored && !rules.knows(stored)) throw new StreamStateUnknownError(rules.kind, rules.stateOf(stored))
  const found = stored ? draftOf<S>(stored) : rules.open(streamId, seen)
  if (!found) throw new StreamMissingError(rules.kind, streamId)
  const start = [...earned].reduce(
    (draft, [step, { receipt, same, attempted }]) => withAttempts(applyReceipt(rules, draft, { step, receipt, same }), attempted),
    found,
  )
  const decided = decideOn(rules, { start, seen, fresh: stored === null, circumstances: { attempts, authority, replayed } })
  if (decided.kind === 'wait') throw new StatusNotSettledError(decided.because)
  return decided
}

export function withAttempts<S extends Snapshot>(draft: Draft<S>, attempted: readonly Attempt[]): Draft<S> {
  return { ...draft, attempted: [...draft.attempted, ...attempted] }
}
