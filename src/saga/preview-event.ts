import { claimNext, type Draft } from '../domain/onboarding/advance.ts'
import { type Effect, isOnboardingEvent } from '../domain/onboarding/onboarding.ts'
import type { InboxRow } from '../inbox/inbox.ts'
import type { Stored } from '../ledger/change.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import { PaxosNotFoundError } from '../paxos/paxos-errors.ts'
import { observe } from './advance-onboarding.ts'
import { StatusNotSettledError } from './saga-errors.ts'

/** What working on an event again would do now. */
export type Verdict =
  | 'no-op'
  | 'would-create-account'
  | 'would-adopt-account'
  | 'would-look-up'
  | 'would-send-notice'
  | 'would-move'
  | 'would-hold'
  | 'would-wait'
  | 'would-park'
  | 'in-hand'
  | 'blocked'

export interface Preview {
  verdict: Verdict
  /** A sentence for the operator who must decide. */
  detail: string
}

export interface PreviewParts {
  ledger: Ledger
  paxos: PaxosClient
  unknownIdentities: 'adopt' | 'hold'
  now: () => number
}

/**
 * The dry run of an event: reads from Paxos and from the ledger what a run would read, decides what it would decide, and
 * writes nothing. Rejects with the PaxosError when Paxos cannot be read.
 */
export async function previewEvent(parts: PreviewParts, row: InboxRow, { releaseHolds }: { releaseHolds: boolean }): Promise<Preview> {
  const options = { priority: 'replay' as const }
  const event = await parts.paxos.events.get(row.eventId, options).catch((error: unknown) => {
    if (error instanceof PaxosNotFoundError) return null
    throw error
  })
  if (!event) return { verdict: 'would-park', detail: 'Paxos still does not know this event' }
  if (!isOnboardingEvent(event.type)) return { verdict: 'no-op', detail: `${event.type} moves no onboarding` }
  if (!event.identityId) return { verdict: 'would-park', detail: 'the event names no identity' }
  const { status } = await parts.paxos.identities.get(event.identityId, options)
  const stored = await parts.ledger.load(event.identityId)
  const occasion = {
    identityId: event.identityId,
    seen: { event: event.type, status, requiredDocuments: event.requiredDocuments },
    attempts: 0,
    authority: releaseHolds ? 'operator' : 'machine',
    replayed: true,
  } as const
  try {
    return await foresee(parts, { row, stored, status, ...observe(parts, occasion, stored) })
  } catch (error) {
    if (error instanceof StatusNotSettledError) return { verdict: 'would-wait', detail: error.message }
    throw error
  }
}

async function foresee(
  parts: PreviewParts,
  { row, stored, status, draft }: { row: InboxRow; stored: Stored | null; status: string; draft: Draft },
): Promise<Preview> {
  const { state, heldReason } = draft.onboarding
  const claim = claimNext(draft, { by: row.seq, now: parts.now(), leaseMs: 0 })
  if (claim.kind === 'look-up')
    return {
      verdict: 'would-look-up',
      detail: `${claim.effect.step} may have happened; it would be looked up (${claim.effect.key}), and not tried again`,
    }
  if (state === 'held') {
    return stored?.onboarding.state === 'held'
      ? { verdict: 'blocked', detail: `held (${heldReason}); Paxos says ${status}; a replay that releases holds lets that decide` }
      : { verdict: 'would-hold', detail: `would be held: ${heldReason}` }
  }
  switch (claim.kind) {
    case 'waiting':
      return { verdict: 'in-hand', detail: 'another event of this identity is being worked on' }
    case 'attempt':
      return claim.effect.kind === 'account' ? foreseeAccount(parts, draft, claim.effect) : foreseeNotice(claim.effect)
    case 'refused':
      return { verdict: 'would-park', detail: `${claim.effect.step} was refused (${claim.effect.errorCode})` }
    case 'settled':
      return draft.entries.length === 0
        ? { verdict: 'no-op', detail: `already ${state}` }
        : { verdict: 'would-move', detail: `to ${state}` }
  }
}

async function foreseeAccount({ paxos }: PreviewParts, { onboarding }: Draft, effect: Effect): Promise<Preview> {
  const accounts = await paxos.accounts.listOfIdentity(onboarding.identityId, { priority: 'replay' })
  const ours = accounts.find(({ refId }) => refId === effect.key)
  return ours
    ? { verdict: 'would-adopt-account', detail: `account ${ours.id} exists under our key; it would be taken over` }
    : { verdict: 'would-create-account', detail: `no account exists under ${effect.key}; one would be created with its profile` }
}

function foreseeNotice({ step, key, attempts }: Effect): Preview {
  const again = attempts > 0 ? ' again, under the same key, since the outcome of the last attempt is unknown' : ''
  return { verdict: 'would-send-notice', detail: `${step} would be sent${again} (${key})` }
}
