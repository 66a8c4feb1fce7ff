import {
  type Draft,
  type Effect,
  effectsOf,
  intend,
  intendedEffect,
  isOpen,
  type Receipt,
  type Snapshot as StreamSnapshot,
} from '../effect.ts'
import { draftOf, type StreamRules } from '../stream.ts'

/**
 * Where the request for an identity stands.
 *
 * - `requested`: the identity is to be created at Paxos. In: our API. Out: the API or a worker, once Paxos has it.
 * - `created`: Paxos has it; its onboarding is to be opened. In: the API or a worker. Out: the same, once it is open.
 * - `opened`: the onboarding is there under its ref_id. In: the API or a worker. Out: never.
 * - `held`: Paxos knows the person already under another request (`duplicate-person`), or two answers of Paxos contradict each other. In: the
 *   API or a worker. Out: an operator, who decides about a duplicate; a contradiction stays, and a person compares at Paxos.
 * - `joined`: an operator confirmed that it is the same person, and a further account is opened on the existing identity. In: an operator.
 *   Out: never.
 * - `declined`: an operator declined it; nothing was opened. In: an operator. Out: never.
 */
export const IDENTITY_REQUEST_STATES = ['requested', 'created', 'opened', 'held', 'joined', 'declined'] as const

/** What to do when Paxos knows the person already under another ref_id. */
export const ON_DUPLICATE = ['refuse', 'review'] as const
export type OnDuplicate = (typeof ON_DUPLICATE)[number]

export interface IdentityRequest {
  readonly requestId: string
  /** The identity's `ref_id` at Paxos; unique over all requests. */
  readonly refId: string
  readonly state: (typeof IDENTITY_REQUEST_STATES)[number]
  readonly identityId: string | null
  readonly heldReason: string | null
  readonly onDuplicate: OnDuplicate
  /** The identity that Paxos has for the person; null: the person is not known to be a duplicate. */
  readonly duplicateOf: string | null
  readonly requestedBy: string
}

export interface IdentityRequestSnapshot extends StreamSnapshot {
  readonly request: IdentityRequest
}

/** The requested identity. The person's data is sealed in the vault under the request's id. */
export interface AskedIdentity {
  readonly refId: string
  readonly onDuplicate: OnDuplicate
  readonly requestedBy: string
}

export const CREATE_IDENTITY = 'create-identity'
export const OPEN_ONBOARDING = 'open-onboarding'
export const FORGET_PERSON = 'forget-person'
export const DUPLICATE_PERSON = 'duplicate-person'

/** The identity with our ref_id at Paxos. `how`: created by our call, or found there and adopted. */
export interface IdentityReceipt extends Receipt {
  readonly kind: 'identity'
  readonly identityId: string
  readonly how: 'created' | 'adopted'
}

/** Paxos has the person under another ref_id. `identityId`: the existing identity. */
export interface DuplicateReceipt extends Receipt {
  readonly kind: 'duplicate'
  readonly identityId: string
}

/** The rules of a request: create the identity, then open its onboarding. */
export function identityRequestRules(): StreamRules<IdentityRequestSnapshot, AskedIdentity> {
  return {
    kind: 'identity request',
    stateOf: ({ request }) => request.state,
    knows: ({ request }) => IDENTITY_REQUEST_STATES.includes(request.state),
    open: (requestId, { refId, onDuplicate, requestedBy }) => {
      const unknown = { identityId: null, heldReason: null, duplicateOf: null }
      const request: IdentityRequest = { requestId, refId, state: 'requested', ...unknown, onDuplicate, requestedBy }
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
      if (snapshot.request.state === 'held') return open(FORGET_PERSON)
      return snapshot.request.state === 'created' ? open(OPEN_ONBOARDING) : undefined
    },
    mustBeKnown: new Set(),
    afterReceipt: (draft, { kind }, receipt) => {
      const { request } = draft
      if (kind === OPEN_ONBOARDING) return { ...draft, request: { ...request, state: 'opened' } }
      if (kind === FORGET_PERSON) return draft
      if (isDuplicate(receipt)) return holdDuplicate(draft, receipt)
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

/** Holds the request for an operator. The person's data is no longer needed: Paxos has it. */
function holdDuplicate(draft: Draft<IdentityRequestSnapshot>, { identityId }: DuplicateReceipt): Draft<IdentityRequestSnapshot> {
  const request: IdentityRequest = { ...draft.request, state: 'held', heldReason: DUPLICATE_PERSON, duplicateOf: identityId }
  const entry = { kind: 'request.held', data: { reason: DUPLICATE_PERSON, existingIdentityId: identityId } }
  const held = { ...draft, request, entries: [...draft.entries, entry] }
  return intend(held, intendedEffect(request.requestId, { kind: FORGET_PERSON }))
}

/** Records an operator's decision about a duplicate. */
export function settleDuplicate(draft: Draft<IdentityRequestSnapshot>, to: 'joined' | 'declined'): Draft<IdentityRequestSnapshot> {
  const request: IdentityRequest = { ...draft.request, state: to, heldReason: null }
  const entry = { kind: `request.${to}`, data: { existingIdentityId: request.duplicateOf } }
  return { ...draft, request, entries: [...draft.entries, entry] }
}

/** Only create-identity writes receipts of this kind. */
function isDuplicate(receipt: Receipt): receipt is DuplicateReceipt {
  return receipt.kind === 'duplicate'
}
