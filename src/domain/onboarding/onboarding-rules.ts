import type { Outcome } from '../outcome.ts'
import { draftOf, type StreamRules } from '../stream.ts'
import { CREATE_ACCOUNT } from './account-effect.ts'
import { afterReceipt, applyDecision, dateRefresh, hold, nextEffect } from './advance.ts'
import { type HoldReason, isDecisionEvent, newOnboarding, ONBOARDING_STATES, type OnboardingEntry, type Snapshot } from './onboarding.ts'
import { type Decision, type Observation, transition } from './transition.ts'

/** Reads of a status that lags behind its event before the onboarding is held. */
const ATTEMPTS_BEFORE_HOLD = 6

/** The rules of an onboarding. `unknownIdentities`: whether an identity that Gatehouse did not create is adopted or held for a person. */
export function onboardingRules({ unknownIdentities }: { unknownIdentities: 'adopt' | 'hold' }): StreamRules<Snapshot, Observation> {
  return {
    kind: 'onboarding',
    stateOf: ({ onboarding }) => onboarding.state,
    knows: ({ onboarding }) => ONBOARDING_STATES.includes(onboarding.state),
    open: (identityId, { event }) => {
      if (!isDecisionEvent(event)) return null
      const adopted: OnboardingEntry = { kind: 'onboarding.adopted', data: { event } }
      return draftOf({ onboarding: newOnboarding(identityId, 'adopted', null), effects: [] }, [adopted])
    },
    decide: (draft, seen, { fresh, attempts, authority }) => {
      const found: Decision =
        fresh && unknownIdentities === 'hold' ? { kind: 'hold', reason: 'unknown-identity' } : transition(draft.onboarding, seen, authority)
      if (found.kind === 'wait' && attempts < ATTEMPTS_BEFORE_HOLD) {
        return { kind: 'wait', because: `${seen.event} was announced, but the identity still reads ${seen.status}` }
      }
      const decision: Exclude<Decision, { kind: 'wait' }> = found.kind === 'wait' ? { kind: 'hold', reason: 'status-not-settled' } : found
      const next = dateRefresh(applyDecision(draft, decision, seen.status, seen.details), seen)
      const noted = decision.kind === 'ignore' && next !== draft
      return { kind: 'decided', draft: next, outcome: noted ? { kind: 'noted', status: seen.status } : outcomeOf(decision) }
    },
    nextEffect,
    mustBeKnown: new Set([CREATE_ACCOUNT]),
    afterReceipt,
    hold: (draft, reason) => hold(draft, reason as HoldReason), // an onboarding's effect kinds use only its reasons
    contradiction: 'account-mismatch' satisfies HoldReason,
    heldReason: ({ onboarding }) => (onboarding.state === 'held' ? onboarding.heldReason : null),
  }
}

function outcomeOf(decision: Exclude<Decision, { kind: 'wait' }>): Outcome {
  switch (decision.kind) {
    case 'move':
      return { kind: 'moved', to: decision.to }
    case 'ignore':
      return { kind: 'ignored', because: decision.because }
    case 'hold':
      return { kind: 'held', reason: decision.reason }
  }
}
