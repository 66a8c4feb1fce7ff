import type { Draft, Snapshot } from '../domain/effect.ts'
import { claimNext } from '../domain/stream.ts'
import type { Estimate } from '../effects/effect-kind.ts'
import type { Stored } from '../ledger/change.ts'
import { effectKindOf, prepare, type StreamKind, type Trigger } from './run-stream.ts'

/** What a run of this trigger would do now: it reads and decides as the run does, and writes nothing. Rejects with the error of a read. */
export async function previewStream<S extends Snapshot, Seen>(
  kind: StreamKind<S, Seen>,
  trigger: Trigger<Seen>,
  { now }: { now: () => number },
): Promise<Estimate> {
  const stored = await kind.ledger.load(trigger.streamId)
  const seen = await trigger.observe()
  const { draft } = prepare(kind, trigger, { stored, seen })
  return estimate(kind, trigger, { stored, draft, now: now() })
}

async function estimate<S extends Snapshot, Seen>(
  { rules, effects }: StreamKind<S, Seen>,
  { streamId, seq, generation }: Trigger<Seen>,
  { stored, draft, now }: { stored: Stored<S> | null; draft: Draft<S>; now: number },
): Promise<Estimate> {
  const claim = claimNext(rules, draft, { by: { seq, generation }, now, leaseMs: 0 })
  if (claim.kind === 'look-up') {
    const { step, key } = claim.effect
    return { verdict: 'would-look-up', detail: `${step} may have happened; it would be looked up (${key}), and not tried again` }
  }
  const reason = rules.heldReason(draft)
  if (reason !== null) {
    return stored && rules.heldReason(stored) !== null
      ? { verdict: 'blocked', detail: `held (${reason}); a replay that releases holds lets the live status decide` }
      : { verdict: 'would-hold', detail: `would be held: ${reason}` }
  }
  switch (claim.kind) {
    case 'waiting':
      return { verdict: 'in-hand', detail: 'another event of the same stream is being worked on' }
    case 'attempt':
      return effectKindOf(effects, claim.effect.kind).estimate({ streamId, snapshot: draft, effect: claim.effect, priority: 'replay' })
    case 'refused':
      return { verdict: 'would-park', detail: `${claim.effect.step} was refused (${claim.effect.errorCode})` }
    case 'settled':
      return draft.entries.length === 0
        ? { verdict: 'no-op', detail: `already ${rules.stateOf(draft)}` }
        : { verdict: 'would-move', detail: `to ${rules.stateOf(draft)}` }
  }
}
