import { OpaqueId } from '../operate/input/amount-input.ts'
import { IdParams } from '../operate/input/query-inputs.ts'
import { MembersBody } from '../operate/onboarding/members-request.ts'
import type { MemberChangeRecord, OperatorUseCases } from '../operate/use-cases.ts'
import { type Answer, type ApiRoute, apiRoute } from './api-route.ts'
import { idempotencyHeader } from './idempotency-header.ts'

const MemberParams = IdParams.extend({ memberId: OpaqueId })
const UNKNOWN = 'Unknown onboarding (ONBOARDING_UNKNOWN).'
const REUSED = 'The key was used with a different request (IDEMPOTENCY_KEY_REUSED).'
const NOT_KNOWN = { description: 'The result is not known yet (state submitting or unknown).', schema: 'MemberChange' } as const

/** The members of an institution: list, add, remove. */
export function memberRoutes(useCases: OperatorUseCases): ApiRoute[] {
  return [listRoute(useCases), addRoute(useCases), removeRoute(useCases)]
}

function listRoute(useCases: OperatorUseCases): ApiRoute {
  return apiRoute({
    method: 'GET',
    path: '/v1/onboardings/{id}/members',
    permission: 'customer.read',
    summary: 'List the members of an institution, read from Paxos now',
    params: IdParams,
    answers: { 200: { description: 'The members.', schema: 'MemberList' } },
    refusals: { 404: UNKNOWN, 422: 'The identity is a person (MEMBERS_NOT_POSSIBLE).' },
    handle: async ({ params }) => {
      const members = await useCases.listMembers(params.id)
      return { status: 200, body: { items: members.map(({ memberId, ...member }) => ({ id: memberId, ...member })) } }
    },
  })
}

function addRoute(useCases: OperatorUseCases): ApiRoute {
  return apiRoute({
    method: 'POST',
    path: '/v1/onboardings/{id}/members',
    permission: 'customer.change',
    summary: 'Add members to an institution',
    description:
      'Each member is an identity that Paxos has approved. Paxos may screen the institution again. Safe to repeat with the same key: 201 the first ' +
      'time, then 200 with the same change.',
    params: IdParams,
    headers: idempotencyHeader('change of members'),
    body: MembersBody,
    answers: {
      201: { description: 'Paxos has added the members, or refused them (state rejected).', schema: 'MemberChange' },
      200: { description: 'The change already exists under the same key.', schema: 'MemberChange' },
      202: NOT_KNOWN,
    },
    refusals: {
      404: UNKNOWN,
      422: `A member is not approved, is a member already, or has a role that the type does not know; the identity is a person (MEMBERS_NOT_POSSIBLE). ${REUSED}`,
    },
    handle: async ({ params, headers, body, actor }) => {
      const asked = { identityId: params.id, idempotencyKey: headers['idempotency-key'], change: { members: body.members } }
      const { change, created } = await useCases.changeMembers(asked, actor)
      return answer(change, created ? 201 : 200)
    },
  })
}

function removeRoute(useCases: OperatorUseCases): ApiRoute {
  return apiRoute({
    method: 'DELETE',
    path: '/v1/onboardings/{id}/members/{memberId}',
    permission: 'customer.change',
    summary: 'Remove a member of an institution',
    description: 'memberId is the id of the list of members, not that of the identity. Safe to repeat with the same key.',
    params: MemberParams,
    headers: idempotencyHeader('change of members'),
    answers: {
      200: { description: 'Paxos has removed the member, or refused it (state rejected).', schema: 'MemberChange' },
      202: NOT_KNOWN,
    },
    refusals: {
      404: `${UNKNOWN} The institution has no such member (MEMBER_UNKNOWN).`,
      422: `The member is the last owner or the last member (MEMBERS_NOT_POSSIBLE). ${REUSED}`,
    },
    handle: async ({ params, headers, actor }) => {
      const asked = { identityId: params.id, idempotencyKey: headers['idempotency-key'], change: { memberId: params.memberId } }
      return answer((await useCases.changeMembers(asked, actor)).change, 200)
    },
  })
}

function answer(change: MemberChangeRecord, status: number): Answer {
  const pending = change.state === 'submitting' || change.state === 'unknown'
  return { status: pending ? 202 : status, body: { id: change.changeId, ...change, requestedAt: new Date(change.requestedAt) } }
}
