import { type Effect, effectsOf, intend, intendedEffect, isOpen, type Receipt, type Snapshot as StreamSnapshot } from '../effect.ts'
import { draftOf, type StreamRules } from '../stream.ts'

/**
 * Where the request for an identity stands.
 *
 * - `requested`: the identity is to be created at Paxos. In: our API. Out: the API or a worker, once Paxos has it.
 * - `created`: Paxos has it; its onboarding is to be opened. In: the API or a worker. Out: the same, once it is open.
 * - `opened`: the onboarding is there under its ref_id. In: the API or a worker. Out: never.
 * - `held`: two answers of Paxos contradict each other. In: the API or a worker. Out: never; a person compares at Paxos.
 */
export const IDENTITY_REQUEST_STATES = ['requested', 'created', 'opened', 'held'] as const

export interface IdentityRequest {
  readonly requestId: string
  /** The identity's `ref_id` at Paxos; unique over all requests. */
  readonly refId: string
  readonly state: (typeof IDENTITY_REQUEST_STATES)[number]
  readonly identityId: string | null
  readonly heldReason: string | null
  readonly requestedBy: string
}

export interface IdentityRequestSnapshot extends StreamSnapshot {
  readonly request: IdentityRequest
}

/** The requested identity. The person's data is sealed in the vault under the request's id. */
export interface AskedIdentity {
  readonly refId: string
  readonly requestedBy: string
}

export const CREATE_IDENTITY = 'create-identity'
export const OPEN_ONBOARDING = 'open-onboarding'

/** The identity with our ref_id at Paxos. `how`: created by our call, or found there and adopted. */
export interface IdentityReceipt extends Receipt {
  readonly kind: 'identity'
  readonly identityId: string
  readonly how: 'created' | 'adopted'
}

/** The rules of a request: create the identity, then open its onboarding. */
export function identityRequestRules(): StreamRules<IdentityRequestSnapshot, AskedIdentity> {
  return {
    kind: 'identity request',
    stateOf: ({ request }) => request.state,
    knows: ({ request }) => IDENTITY_REQUEST_STATES.includes(request.state),
    open: (requestId, { refId, requestedBy }) => {
      const request: IdentityRequest = { requestId, refId, state: 'requested', identityId: null, heldReason: null, requestedBy }
      return draftOf({ request, effects: [] }, [{ kind: 'identity.requested', data: { refId } }])
    },
    decide: (draft) => {
      const { requestId, state } = draft.request
      const wanted = state === 'requested' && !effectsOf(draft, CREATE_IDENTITY).some(isOpen)
      const next = wanted ? intend(draft, intendedEffect(requestId, { kind: CREATE_IDENTITY })) : draft
      return { kind: 'decided', draft: next, outcome: { kind: 'moved', to: state } }
    },
    nextEffect: (snapshot) => {
      const open = (kind: string): Effect | undefined => effectsOf(snapshot, kind).find(isOpen)
      if (snapshot.request.state === 'requested') return open(CREATE_IDENTITY)
      return snapshot.request.state === 'created' ? open(OPEN_ONBOARDING) : undefined
    },
    mustBeKnown: new Set(),
    afterReceipt: (draft, { kind }, receipt) => {
      const { request } = draft
      if (kind === OPEN_ONBOARDING) return { ...draft, request: { ...request, state: 'opened' } }
      const { identityId } = receipt as IdentityReceipt // create-identity is the only other effect
      const created = { ...draft, request: { ...request, state: 'created' as const, identityId } }
      return intend(created, intendedEffect(request.requestId, { kind: OPEN_ONBOARDING }))
    },
    hold: (draft, reason) => ({
      ...draft,
      request: { ...draft.request, state: 'held', heldReason: reason },
      entries: [...draft.entries, { kind: 'request.held', data: { reason } }],
    }),
    contradiction: 'identity-mismatch',
    heldReason: ({ request }) => request.heldReason,
  }
}
