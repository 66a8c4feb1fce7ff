import { type Draft, recordReceipt, type Snapshot } from '../domain/effect.ts'
import { claimNext, type StreamRules } from '../domain/stream.ts'
import type { EffectEstimate, Estimate, EstimateTerms, PlannedEffect } from '../effects/effect-kind.ts'
import type { Stored } from '../ledger/change.ts'
import { prepare } from './prepare-stream.ts'
import { effectKindOf, type StreamKind, type Trigger } from './stream-kind.ts'

interface Terms extends EstimateTerms {
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** What a run of this trigger would do now. It reads and decides as the run does, and writes nothing. Rejects with the error of a read. */
export async function previewStream<S extends Snapshot, Seen>(
  kind: StreamKind<S, Seen>,
  trigger: Trigger<Seen>,
  terms: Terms,
): Promise<Estimate> {
  const stored = await kind.ledger.load(trigger.streamId)
  const seen = await trigger.observe(stored?.version ?? null)
  const { draft } = prepare(kind, trigger, { stored, seen })
  const found = await estimate(kind, trigger, { stored, draft, terms })
  return { ...found, effects: [...releasesHold(kind.rules, trigger.streamId, { stored, draft }), ...found.effects] }
}

async function estimate<S extends Snapshot, Seen>(
  kind: StreamKind<S, Seen>,
  trigger: Trigger<Seen>,
  { stored, draft, terms }: { stored: Stored<S> | null; draft: Draft<S>; terms: Terms },
): Promise<Estimate> {
  const { rules } = kind
  const { seq, generation } = trigger
  const effects: PlannedEffect[] = []
  const claim = claimNext(rules, draft, { by: { seq, generation }, now: terms.now(), leaseMs: 0 })
  if (claim.kind === 'look-up') {
    const { step, key } = claim.effect
    const detail = `${step} may have happened; it would be looked up (${key}) and not repeated`
    return { verdict: 'would-look-up', detail, effects: [{ act: 'look-up', key }] }
  }
  const reason = rules.heldReason(draft)
  if (reason !== null) {
    return stored && rules.heldReason(stored) !== null
      ? { verdict: 'blocked', detail: `held (${reason}); a replay that releases holds decides by the live status`, effects }
      : { verdict: 'would-hold', detail: `would be held: ${reason}`, effects }
  }
  switch (claim.kind) {
    case 'waiting':
      return { verdict: 'in-hand', detail: 'a worker is processing another event of the same stream', effects }
    case 'attempt':
      return estimateFrom(kind, trigger, draft, terms)
    case 'refused':
      return { verdict: 'would-park', detail: `${claim.effect.step} was refused (${claim.effect.errorCode})`, effects }
    case 'complete':
      return draft.entries.length === 0 || draft.entries.every(({ kind }) => kind === 'status.noted')
        ? { verdict: 'no-op', detail: `already ${rules.stateOf(draft)}`, effects }
        : { verdict: 'would-move', detail: `to ${rules.stateOf(draft)}`, effects }
  }
}

/** The next effect and all effects after it, each by the decision that a run would take on the receipt of the one before. */
async function estimateFrom<S extends Snapshot, Seen>(
  { rules, effects: kinds }: StreamKind<S, Seen>,
  { streamId, seq, generation }: Trigger<Seen>,
  draft: Draft<S>,
  terms: Terms,
): Promise<Estimate> {
  const found: EffectEstimate[] = []
  let current = draft
  for (;;) {
    const claim = claimNext(rules, current, { by: { seq, generation }, now: terms.now(), leaseMs: 0 })
    if (claim.kind !== 'attempt') break
    const { effect } = claim
    const next = await effectKindOf(kinds, effect.kind).estimate({ streamId, snapshot: current, effect, priority: 'replay' }, terms)
    found.push(next)
    current = rules.afterReceipt(recordReceipt(current, effect.step, next.receipt), effect, next.receipt)
  }
  const [first] = found
  if (!first) throw new Error(`stream ${streamId} has no effect to estimate`) // the caller has found one
  return { verdict: first.verdict, detail: first.detail, effects: found.flatMap(({ effects }) => effects) }
}

function releasesHold<S extends Snapshot, Seen>(
  rules: StreamRules<S, Seen>,
  streamId: string,
  { stored, draft }: { stored: Stored<S> | null; draft: Draft<S> },
): PlannedEffect[] {
  const held = stored !== null && rules.heldReason(stored) !== null
  return held && rules.heldReason(draft) === null ? [{ act: 'release', key: streamId }] : []
}
