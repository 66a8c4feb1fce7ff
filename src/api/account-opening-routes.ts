import type { z } from 'zod'
import { AccountBody } from '../operate/accounts/account-request.ts'
import { IdParams } from '../operate/input/query-inputs.ts'
import type { FurtherAccountRecord, OperatorUseCases } from '../operate/use-cases.ts'
import type { FurtherAccount } from './account-schemas.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'
import { requestRoute } from './request-route.ts'

const UNKNOWN = 'Unknown onboarding (ONBOARDING_UNKNOWN).'

/** Further accounts of a customer, and joint accounts: open, list. */
export function accountOpeningRoutes(useCases: OperatorUseCases): ApiRoute[] {
  return [openRoute(useCases), listRoute(useCases)]
}

function openRoute(useCases: OperatorUseCases): ApiRoute {
  return requestRoute({
    path: '/v1/onboardings/{id}/accounts',
    permission: 'customer.create',
    summary: 'Open a further account for a customer',
    description:
      'The customer is the primary owner. A member with the role BENEFICIAL_OWNER makes it a joint account. Gatehouse opens it with its own profile, ' +
      'since Paxos cannot add one later. Every fault is named before anything is sent. Safe to repeat with the same key: 201 the first time, then 200 ' +
      'with the same account.',
    params: IdParams,
    thing: 'account',
    body: AccountBody,
    schema: 'FurtherAccount',
    created: 'The account is open, or Paxos refused it (state rejected).',
    existing: 'The account already exists under the same key.',
    refusals: {
      404: UNKNOWN,
      422: 'The key was used with a different request (IDEMPOTENCY_KEY_REUSED), or Paxos cannot open such an account (ACCOUNT_NOT_POSSIBLE).',
    },
    request: async ({ id: identityId, idempotencyKey }, body, actor) => {
      const { account, created } = await useCases.openAccount({ identityId, idempotencyKey, ...body }, actor)
      return [account, created]
    },
    view,
  })
}

function listRoute(useCases: OperatorUseCases): ApiRoute {
  return apiRoute({
    method: 'GET',
    path: '/v1/onboardings/{id}/accounts',
    permission: 'customer.read',
    summary: 'List the further accounts of a customer, newest first',
    description: 'Joint accounts are listed for each of their owners. The first account is in the onboarding.',
    params: IdParams,
    answers: { 200: { description: 'At most 500 accounts.', schema: 'FurtherAccountList' } },
    refusals: { 404: UNKNOWN },
    handle: async ({ params }) => ({ status: 200, body: { items: (await useCases.listAccounts(params.id)).map(view) } }),
  })
}

/** Times as RFC 3339, and the owners apart from the members. */
function view({ accountKey, requestedBy: _, requestedAt, ...account }: FurtherAccountRecord): z.input<typeof FurtherAccount> {
  const { createdAt, updatedAt, owners, members, ...rest } = account
  return {
    ...{
      id: accountKey,
      ...rest,
      owners: [...owners],
      members: members.map(({ memberId: id, identityId, roles }) => ({ id, identityId, roles: [...roles] })),
    },
    ...{ requestedAt: new Date(requestedAt).toISOString(), createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() },
  }
}
