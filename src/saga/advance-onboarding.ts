import {
  applyAbsence,
  applyDecision,
  applyReceipt,
  applyRefusal,
  asksPaxos,
  claimNext,
  type Draft,
  draftOf,
  hold,
  reopenRefused,
} from '../domain/onboarding/advance.ts'
import { type Effect, type HoldReason, type NoticeKind, newOnboarding, type Receipt } from '../domain/onboarding/onboarding.ts'
import { type Authority, type Decision, type Observation, transition } from '../domain/onboarding/transition.ts'
import type { Stored } from '../ledger/change.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Notice, NoticeChannel } from '../notify/notice.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import { AppError } from '../platform/app-error.ts'
import { type AccountOrder, lookUpAccount, openAccount } from './open-account.ts'
import {
  AccountMismatchError,
  ContendedError,
  EffectInHandError,
  EffectRefusedError,
  ProfileMissingError,
  StatusNotSettledError,
} from './saga-errors.ts'

/** What the advance of one identity needs; `now` is milliseconds since 1970. */
export interface AdvanceParts {
  ledger: Ledger
  paxos: PaxosClient
  notices: NoticeChannel
  unknownIdentities: 'adopt' | 'hold'
  now: () => number
}

/** The inbox event that gives reason to look at an identity, and how to look. */
export interface Occasion {
  identityId: string
  /** Reads the live status. Rejects with a PaxosError. */
  look: () => Promise<Observation>
  /** The inbox event, and which opening of it: together they hold the lease of what is attempted. */
  seq: string
  generation: number
  /** Stands in the ledger. */
  eventId: string
  /** Attempts that this event has spent so far. */
  attempts: number
  authority: Authority
  /** An operator asked for this run. */
  replayed: boolean
  /** Called when nothing more is to be asked of Paxos; should somebody else have been quicker, there may be. */
  release: (() => void) | undefined
}

/** Longer than a call may take (its time-out, a retry after 401, three reads for the profile), so that a living attempt keeps it. */
const LEASE_MS = 45_000
/** Reads of a status that lags behind its event before a person is asked, and likewise of a missing profile. */
const UNSETTLED_ATTEMPTS = 6
const PROFILE_ATTEMPTS = 6
const CONFLICTS_BEFORE_YIELDING = 8
/** Most calls in somebody else's hands are over by then; the lease is for those that died. */
const LOOK_AGAIN_MS = 1_000

/**
 * Read state, then status, decide, record the intent, act, record the receipt; again until the state asks for nothing more. Each
 * commit names the version that it was decided on, so of several workers on one identity one goes on and the others decide anew.
 * The status is read after the version, each time: whoever loses a race looks again, and what was seen before somebody else's
 * decision never overrules it.
 * Resolves with the event's outcome: `settled` when the last commit has ended the event too. Throws AppErrors with a retry class.
 */
export async function advanceOnboarding(parts: AdvanceParts, occasion: Occasion): Promise<{ outcome: string; settled: boolean }> {
  const earned = new Map<string, Receipt>()
  for (let conflicts = 0; conflicts < CONFLICTS_BEFORE_YIELDING; conflicts += 1) {
    const stored = await parts.ledger.load(occasion.identityId)
    const seen = await occasion.look()
    const finished = await actUntilSettled(parts, occasion, { stored, earned, ...observe(parts, { ...occasion, seen }, stored, earned) })
    if (finished) return finished
  }
  throw new ContendedError(`identity ${occasion.identityId} changed under ${CONFLICTS_BEFORE_YIELDING} attempts`)
}

/**
 * The pure part: what the observation makes of the onboarding as it stands. Receipts that this run has earned before it lost
 * a race come first: they are true, and must neither be forgotten nor earned again.
 */
export function observe(
  { unknownIdentities }: Pick<AdvanceParts, 'unknownIdentities'>,
  {
    identityId,
    seen,
    attempts,
    authority,
    replayed,
  }: Pick<Occasion, 'identityId' | 'attempts' | 'authority' | 'replayed'> & {
    seen: Observation
  },
  stored: Stored | null,
  earned: ReadonlyMap<string, Receipt> = new Map(),
): { draft: Draft; outcome: string } {
  const start: Draft = stored
    ? draftOf(stored)
    : draftOf({ onboarding: newOnboarding(identityId, 'adopted', null), effects: [] }, [
        { kind: 'onboarding.adopted', data: { event: seen.event } },
      ])
  const truthful = [...earned].reduce((draft, [step, receipt]) => applyReceipt(draft, step, receipt), start)
  const base = replayed && truthful.effects.some(({ state }) => state === 'refused') ? reopenRefused(truthful) : truthful
  const decision = decide(base, seen, { stored, unknownIdentities, attempts, authority })
  const draft = applyDecision(base, decision, seen.status)
  return { draft, outcome: describe(decision) }
}

/** Whoever must wait gets no decision: the event comes again, or is held. */
type Decided = Exclude<Decision, { kind: 'wait' }>

function decide(
  base: Draft,
  seen: Observation,
  {
    stored,
    unknownIdentities,
    attempts,
    authority,
  }: { stored: Stored | null; unknownIdentities: 'adopt' | 'hold'; attempts: number; authority: Authority },
): Decided {
  if (!stored && unknownIdentities === 'hold') return { kind: 'hold', reason: 'unknown-identity' }
  const decision = transition(base.onboarding, seen, authority)
  if (decision.kind !== 'wait') return decision
  if (attempts < UNSETTLED_ATTEMPTS) throw new StatusNotSettledError(seen.event, seen.status)
  return { kind: 'hold', reason: 'status-not-settled' }
}

/** Commits, acts, commits … until nothing is left. `null`: somebody else changed the onboarding; decide again. */
async function actUntilSettled(
  parts: AdvanceParts,
  occasion: Occasion,
  { stored, earned, draft, outcome }: { stored: Stored | null; earned: Map<string, Receipt>; draft: Draft; outcome: string },
): Promise<{ outcome: string; settled: boolean } | null> {
  const { ledger, now } = parts
  const actor = `event:${occasion.eventId}`
  const by = leaseHolder(occasion)
  let base = stored
  let current = draft
  for (;;) {
    const claim = claimNext(current, { by, now: now(), leaseMs: LEASE_MS })
    const changed = current.effects !== base?.effects || current.entries.length > 0
    if (claim.kind === 'settled') {
      if (!changed) return { outcome, settled: false }
      const reached = reachedBy(outcome, current)
      occasion.release?.()
      const done = await ledger.commit({
        before: base,
        draft: current,
        actor,
        at: new Date(now()),
        settlement: { seq: occasion.seq, generation: occasion.generation, outcome: reached },
      })
      return done ? { outcome: reached, settled: true } : null
    }
    if (claim.kind !== 'attempt') {
      if (changed) {
        base = await ledger.commit({ before: base, draft: current, actor, at: new Date(now()) })
        if (!base) return null
      }
      if (claim.kind === 'look-up') {
        current = await lookUp(parts, occasion, { draft: base ? draftOf(base) : current, effect: claim.effect, earned })
        continue
      }
      if (claim.kind === 'waiting') throw new EffectInHandError('the next step', Math.min(LOOK_AGAIN_MS, claim.until - now()))
      throw new EffectRefusedError(claim.effect.step, claim.effect.errorCode)
    }
    if (!asksPaxos(claim.draft)) occasion.release?.()
    const claimed = await ledger.commit({ before: base, draft: claim.draft, actor, at: new Date(now()) })
    if (!claimed) return null
    base = claimed
    current = await act(parts, occasion, { claimed, effect: claim.effect, earned })
  }
}

/**
 * The job as one bigint (as the column is): a job takes over at once what it had in hand itself, never what an earlier opening
 * of its event may still be doing. Opening 0 is the bare seq; a later one stands above 48 bits of it.
 */
function leaseHolder({ seq, generation }: Pick<Occasion, 'seq' | 'generation'>): string {
  return String((BigInt(generation) << 48n) | BigInt(seq))
}

/** Performs one effect and drafts what came of it. What may be tried again by the machine is thrown. */
async function act(
  parts: AdvanceParts,
  occasion: Occasion,
  { claimed, effect, earned }: { claimed: Stored; effect: Effect; earned: Map<string, Receipt> },
): Promise<Draft> {
  const draft = draftOf(claimed)
  try {
    const receipt = await perform(parts, occasion, claimed, effect)
    earned.set(effect.step, receipt)
    return applyReceipt(draft, effect.step, receipt)
  } catch (error) {
    return applyFailure(draft, effect.step, { error, attempts: occasion.attempts })
  }
}

/**
 * The account of an identity that has left `approved` while the outcome of the last attempt was unknown: it may be there, and
 * the ledger must know of it. It is only looked for, never asked for. Not found counts once no attempt can be under way any more.
 */
async function lookUp(
  { paxos, now }: AdvanceParts,
  occasion: Occasion,
  { draft, effect, earned }: { draft: Draft; effect: Effect; earned: Map<string, Receipt> },
): Promise<Draft> {
  try {
    const receipt = await lookUpAccount(paxos, orderFor(occasion, effect))
    if (receipt) {
      earned.set(effect.step, receipt)
      return applyReceipt(draft, effect.step, receipt)
    }
  } catch (error) {
    return applyFailure(draft, effect.step, { error, attempts: occasion.attempts })
  }
  const underWayMs = (effect.leaseUntil ?? 0) - now()
  if (underWayMs > 0) throw new EffectInHandError(effect.step, Math.min(LOOK_AGAIN_MS, underWayMs))
  return applyAbsence(draft, effect.step)
}

/** Drafts a failure that only a person can mend; throws any other. `attempts`: how many the event has spent before this one. */
function applyFailure(draft: Draft, step: string, { error, attempts }: { error: unknown; attempts: number }): Draft {
  if (!(error instanceof AppError)) throw error
  const reason = holdReason(error, attempts)
  if (!reason && error.retry !== 'never') throw error
  const refused = applyRefusal(draft, step, error.code)
  return reason ? hold(refused, reason) : refused
}

function holdReason(error: AppError, attempts: number): HoldReason | null {
  if (error instanceof AccountMismatchError) return 'account-mismatch'
  if (error instanceof ProfileMissingError && attempts + 1 >= PROFILE_ATTEMPTS) return 'account-without-profile'
  return null
}

async function perform({ paxos, notices }: AdvanceParts, occasion: Occasion, stored: Stored, effect: Effect): Promise<Receipt> {
  if (effect.kind === 'account') {
    return openAccount(paxos, orderFor(occasion, effect))
  }
  const { status } = await notices.send(noticeFor(stored, effect))
  return { kind: 'notice', channel: notices.name, status }
}

function orderFor({ identityId, replayed }: Occasion, { key, attempts }: Effect): AccountOrder {
  return { identityId, refId: key, mayExist: attempts > 0, priority: replayed ? 'replay' : 'live' }
}

/** The same at every attempt, its time included: a receiver must be able to take the second for the first. */
function noticeFor({ onboarding, effects }: Stored, { step, key }: Effect): Notice {
  const intendedAt = effects.find((effect) => effect.step === step)?.intendedAt ?? 0 // committed with the claim
  const kind = step.split(':')[1] as NoticeKind // our own step names: notice:<kind>:<number>
  return {
    key,
    kind: `onboarding.${kind}`,
    occurredAt: new Date(intendedAt),
    data: {
      identityId: onboarding.identityId,
      refId: onboarding.refId,
      ...(kind === 'ready' && onboarding.accountId && onboarding.profileId
        ? { accountId: onboarding.accountId, profileId: onboarding.profileId }
        : {}),
      ...(kind === 'documents_required' ? { requiredDocuments: [...onboarding.requiredDocuments] } : {}),
    },
  }
}

function describe(decision: Decided): string {
  switch (decision.kind) {
    case 'move':
      return `moved:${decision.to}`
    case 'ignore':
      return `ignored:${decision.because}`
    case 'hold':
      return `held:${decision.reason}`
  }
}

/** What the run came to: a move to `approved` has by now become `ready`; one that found nothing new to decide finished what was open. */
function reachedBy(outcome: string, { onboarding }: Draft): string {
  if (onboarding.state === 'held') return `held:${onboarding.heldReason}`
  if (outcome.startsWith('ignored:')) return `resumed:${onboarding.state}`
  return outcome === 'moved:approved' ? `moved:${onboarding.state}` : outcome
}
