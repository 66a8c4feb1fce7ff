import { z } from 'zod'
import { MemberList } from '../operate/accounts/account-request.ts'
import { OpaqueIdParams } from '../operate/input/amount-input.ts'
import type { AccountMemberChangeRecord, OperatorUseCases } from '../operate/use-cases.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'
import { idempotencyHeader } from './idempotency-header.ts'

const ANSWERS: ApiRoute['answers'] = {
  201: { description: 'Paxos has the change, or refused it (state rejected).', schema: 'AccountMemberChange' },
  200: { description: 'The change already exists.', schema: 'AccountMemberChange' },
  202: { description: 'The result is not known yet (state submitting or unknown).', schema: 'AccountMemberChange' },
}

/** Members of an account: add, remove. `GET /v1/accounts/{id}` lists them. */
export function accountMemberRoutes(useCases: OperatorUseCases): ApiRoute[] {
  return [addRoute(useCases), removeRoute(useCases)]
}

function addRoute(useCases: OperatorUseCases): ApiRoute {
  return apiRoute({
    method: 'POST',
    path: '/v1/accounts/{id}/members',
    permission: 'customer.change',
    summary: 'Add members to an account',
    description:
      'Members that are there stay. A BENEFICIAL_OWNER makes it a joint account. Every fault is named before anything is sent. Safe to repeat with the same key.',
    params: OpaqueIdParams,
    headers: idempotencyHeader('change of members'),
    body: z.strictObject({ members: MemberList.min(1, 'must name at least one member') }),
    answers: ANSWERS,
    refusals: {
      404: 'Unknown account (ACCOUNT_UNKNOWN).',
      422: 'The key was used with a different request (IDEMPOTENCY_KEY_REUSED), or Paxos cannot take such a member (ACCOUNT_NOT_POSSIBLE).',
    },
    handle: async ({ params, headers, body, actor }) => {
      const asked = { accountId: params.id, idempotencyKey: headers['idempotency-key'], members: body.members }
      return answerOf(await useCases.addAccountMembers(asked, actor))
    },
  })
}

function removeRoute(useCases: OperatorUseCases): ApiRoute {
  return apiRoute({
    method: 'DELETE',
    path: '/v1/accounts/{id}/members/{memberId}',
    permission: 'customer.change',
    summary: 'Remove a member from an account',
    description: 'Takes the id of the membership. Safe to repeat: Paxos uses no such id twice. The primary owner cannot be removed.',
    params: OpaqueIdParams.extend({ memberId: OpaqueIdParams.shape.id }),
    answers: ANSWERS,
    refusals: {
      404: 'Unknown account (ACCOUNT_UNKNOWN), or it has no such membership (MEMBERSHIP_UNKNOWN).',
      409: 'The member is the primary owner (LAST_OWNER).',
    },
    handle: async ({ params, actor }) =>
      answerOf(await useCases.removeAccountMember({ accountId: params.id, memberId: params.memberId }, actor)),
  })
}

function answerOf({ change, created }: { change: AccountMemberChangeRecord; created: boolean }) {
  const { changeKey, requestedAt, members, ...rest } = change
  const pending = change.state === 'submitting' || change.state === 'unknown'
  const listed = members.map(({ memberId: id, identityId, roles }) => ({ id, identityId, roles }))
  return {
    status: pending ? 202 : created ? 201 : 200,
    body: { id: changeKey, ...rest, members: listed, requestedAt: new Date(requestedAt) },
  }
}
