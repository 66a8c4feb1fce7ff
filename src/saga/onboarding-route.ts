import { isOnboardingEvent, type Snapshot } from '../domain/onboarding/onboarding.ts'
import { onboardingRules } from '../domain/onboarding/onboarding-rules.ts'
import type { Observation } from '../domain/onboarding/transition.ts'
import { type OnboardingEffectParts, onboardingEffects } from '../effects/onboarding-effects.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { EventRoute } from './prepare-event.ts'
import type { StreamKind } from './run-stream.ts'
import { EventWithoutIdentityError } from './saga-errors.ts'
import { streamWork } from './stream-work.ts'

export interface OnboardingParts extends OnboardingEffectParts {
  ledger: Ledger
  unknownIdentities: 'adopt' | 'hold'
}

/** Identity events move the onboarding of their identity, by the identity's live status. */
export function onboardingRoute({ ledger, paxos, notices, unknownIdentities }: OnboardingParts): EventRoute {
  const kind: StreamKind<Snapshot, Observation> = {
    rules: onboardingRules({ unknownIdentities }),
    ledger,
    effects: onboardingEffects({ paxos, notices }),
  }
  return {
    moves: isOnboardingEvent,
    work: ({ type, identityId, createdAt, requiredDocuments }, { row, reader, priority }) => {
      if (!isOnboardingEvent(type)) throw new TypeError(`${type} moves no onboarding`) // `moves` was asked before
      if (identityId === null) throw new EventWithoutIdentityError(row.eventId)
      const observe = async (version: number | null): Promise<Observation> => {
        const { status } = await reader.identity(identityId, Date.parse(createdAt), { priority, eventId: row.eventId, version })
        return { event: type, status, requiredDocuments }
      }
      return streamWork(kind, { streamId: identityId, identityId, observe })
    },
  }
}
