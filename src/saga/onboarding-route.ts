import {
  ADOPT_IDENTITY,
  isDecisionEvent,
  isOnboardingEvent,
  type OnboardingEvent,
  READ_IDENTITY,
  REMIND_REFRESH,
  type Snapshot,
} from '../domain/onboarding/onboarding.ts'
import { onboardingRules } from '../domain/onboarding/onboarding-rules.ts'
import { REMINDER_DAYS, refreshEndsAt, reminderTimer } from '../domain/onboarding/refresh-reminder.ts'
import type { Observation } from '../domain/onboarding/transition.ts'
import { type OnboardingEffectParts, onboardingEffects } from '../effects/onboarding-effects.ts'
import type { EventRoute, OwnRoute } from './prepare-event.ts'
import { type RefreshTimerParts, withRefreshTimers } from './refresh-timers.ts'
import { EventWithoutIdentityError, StreamMissingError } from './saga-errors.ts'
import type { StreamKind } from './stream-kind.ts'
import { type StreamWork, streamWork } from './stream-work.ts'

export interface OnboardingParts extends OnboardingEffectParts, RefreshTimerParts {
  unknownIdentities: 'adopt' | 'hold'
}

const REFRESH_EVENTS = 'identity.kyc_refresh.'
const REFRESH_STARTED = `${REFRESH_EVENTS}started` satisfies OnboardingEvent

/** Identity events move the onboarding of their identity, by the identity's live status. */
export function onboardingRoute(parts: OnboardingParts): EventRoute {
  const kind = onboardingKind(parts)
  return {
    moves: isOnboardingEvent,
    work: ({ type, identityId, createdAt, requiredDocuments, nextKycRefreshDate }, { row, reader, priority }) => {
      if (!isOnboardingEvent(type)) throw new TypeError(`${type} moves no onboarding`) // the caller checked `moves`
      if (identityId === null) throw new EventWithoutIdentityError(row.eventId)
      const endsAt = type === REFRESH_STARTED ? refreshEndsAt({ createdAt, nextKycRefreshDate }) : null
      const observe = async (version: number | null): Promise<Observation> => {
        if (version === null && !isDecisionEvent(type)) return { event: type, status: '', requiredDocuments } // opens no onboarding: no read is needed
        const about = { priority, eventId: row.eventId, version }
        const { status, statusDetails } = await reader.identity(identityId, Date.parse(createdAt), about)
        const dated = endsAt === null ? {} : { refreshEndsAt: endsAt }
        return { event: type, status, ...said(statusDetails), requiredDocuments, ...dated, at: parts.now() }
      }
      const work = streamWork(kind, { streamId: identityId, identityId, observe })
      if (isDecisionEvent(type)) return work
      const kept = keptWithoutOnboarding(work)
      return type.startsWith(REFRESH_EVENTS) ? withRefreshTimers(parts, kept, identityId, endsAt) : kept
    },
  }
}

/** A poll found a status that differs from the record: the identity is read again, and its live status decides. */
export function readIdentityRoute(parts: OnboardingParts): OwnRoute {
  return timerRoute(parts, READ_IDENTITY, READ_IDENTITY)
}

/** The reminders before the end of a KYC refresh, one timer each: the identity is read again, and a refresh that is over needs no reminder. */
export function remindRefreshRoutes(parts: OnboardingParts): OwnRoute[] {
  return REMINDER_DAYS.map((days) => timerRoute(parts, reminderTimer(days), REMIND_REFRESH))
}

function timerRoute(parts: OnboardingParts, type: string, event: typeof READ_IDENTITY | typeof REMIND_REFRESH): OwnRoute {
  const kind = onboardingKind(parts)
  return {
    type,
    work: ({ streamId, priority }) => {
      const observe = async (): Promise<Observation> => {
        const { status, statusDetails } = await parts.paxos.identities.get(streamId, { priority })
        return { event, status, ...said(statusDetails), requiredDocuments: [], at: parts.now() }
      }
      return keptWithoutOnboarding(streamWork(kind, { streamId, identityId: streamId, observe }))
    },
  }
}

/** A comparison found the identity, or its account, at Paxos only: its live status decides, and opens the onboarding if there is none. */
export function adoptIdentityRoute(parts: OnboardingParts): OwnRoute {
  const kind = onboardingKind(parts)
  return {
    type: ADOPT_IDENTITY,
    work: ({ streamId, priority }) => {
      const observe = async (): Promise<Observation> => {
        const { status, statusDetails } = await parts.paxos.identities.get(streamId, { priority })
        return { event: eventOf(status), status, ...said(statusDetails), requiredDocuments: [] }
      }
      return streamWork(kind, { streamId, identityId: streamId, observe })
    },
  }
}

/** The event that would have announced this status. */
function eventOf(status: string): OnboardingEvent {
  if (status === 'APPROVED') return 'identity.approved'
  if (status === 'DENIED') return 'identity.denied'
  return status === 'DISABLED' ? 'identity.disabled' : 'identity.documents_required'
}

function onboardingKind({ ledger, paxos, notices, unknownIdentities }: OnboardingParts): StreamKind<Snapshot, Observation> {
  return { rules: onboardingRules({ unknownIdentities }), ledger, effects: onboardingEffects({ paxos, notices }) }
}

function said(details: Observation['details']): Pick<Observation, 'details'> {
  return details === undefined ? {} : { details }
}

/** An event without a decision opens no onboarding. For an identity without one it is kept. */
function keptWithoutOnboarding({ identityId, run, preview }: StreamWork): StreamWork {
  return {
    identityId,
    run: async (terms) => {
      try {
        return await run(terms)
      } catch (error) {
        if (!(error instanceof StreamMissingError)) throw error
        return { outcome: { kind: 'kept', because: 'no-onboarding' }, completed: false }
      }
    },
    preview: async (terms) => {
      try {
        return await preview(terms)
      } catch (error) {
        if (!(error instanceof StreamMissingError)) throw error
        return { verdict: 'no-op', detail: 'the identity has no onboarding', effects: [] }
      }
    },
  }
}
