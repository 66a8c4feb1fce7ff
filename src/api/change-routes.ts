import { isPending } from '../domain/identity-change/identity-change.ts'
import { ControlBody, LiftQuery } from '../operate/identity-changes/control-request.ts'
import { CorrectionBody, RefreshBody } from '../operate/identity-changes/correction-request.ts'
import { OpaqueIdParams } from '../operate/input/amount-input.ts'
import { IdParams } from '../operate/input/query-inputs.ts'
import type { ChangeView, OperatorUseCases } from '../operate/use-cases.ts'
import { HttpProblem } from '../platform/problem.ts'
import { type Answer, type ApiRoute, apiRoute } from './api-route.ts'
import { idempotencyHeader, optionalIdempotencyHeader } from './idempotency-header.ts'

const UNKNOWN = 'Unknown onboarding (ONBOARDING_UNKNOWN).'
const KEY_REUSED = 'The key was used with a different request (IDEMPOTENCY_KEY_REUSED).'
const ANSWERS: ApiRoute['answers'] = {
  201: { description: 'Paxos has the change, or refused it (state rejected).', schema: 'IdentityChange' },
  200: { description: 'The change already exists under the same key.', schema: 'IdentityChange' },
  202: { description: 'The result is not known yet (state submitting or unknown): GET /v1/changes/{id}.', schema: 'IdentityChange' },
}

/** Changes of a customer at Paxos: corrections, KYC refreshes, controls. */
export function changeRoutes(useCases: OperatorUseCases): ApiRoute[] {
  return [
    correctRoute(useCases),
    previewRoute(useCases),
    refreshRoute(useCases),
    ...controlRoutes(useCases),
    listRoute(useCases),
    showRoute(useCases),
  ]
}

function correctRoute(useCases: OperatorUseCases): ApiRoute {
  return apiRoute({
    method: 'PATCH',
    path: '/v1/onboardings/{id}',
    permission: 'customer.change',
    summary: "Correct a customer's data",
    description:
      "The body is Paxos's Update Identity, a delta: send only what changes, an address as a whole. An empty text clears an optional field. Gatehouse checks " +
      'every rule together with what Paxos has before it sends anything. rescreening names the fields for which Paxos may check the customer again. ' +
      'Safe to repeat with the same key.',
    params: IdParams,
    headers: idempotencyHeader('correction'),
    body: CorrectionBody,
    answers: ANSWERS,
    refusals: { 404: UNKNOWN, 422: KEY_REUSED },
    handle: async ({ params, headers, body, actor }) => {
      const asked = { identityId: params.id, idempotencyKey: headers['idempotency-key'], kind: 'correction', changes: body } as const
      return answer(await useCases.correctIdentity(asked, actor))
    },
  })
}

function previewRoute(useCases: OperatorUseCases): ApiRoute {
  return apiRoute({
    method: 'POST',
    path: '/v1/onboardings/{id}/changes/preview',
    permission: 'customer.read',
    summary: 'Preview a correction',
    description: 'Checks a correction as PATCH does, and says what Paxos may check again. Sends nothing to Paxos but a read.',
    params: IdParams,
    body: CorrectionBody,
    answers: { 200: { description: 'What the correction would do.', schema: 'CorrectionPreview' } },
    refusals: { 404: UNKNOWN },
    handle: async ({ params, body }) => ({ status: 200, body: await useCases.previewCorrection(params.id, body) }),
  })
}

function refreshRoute(useCases: OperatorUseCases): ApiRoute {
  return apiRoute({
    method: 'POST',
    path: '/v1/onboardings/{id}/kyc-refresh',
    permission: 'customer.change',
    summary: 'Complete a KYC refresh',
    description:
      'The customer has confirmed or corrected their details. Empty changes say that nothing has changed, which completes the refresh. With changes, Paxos ' +
      'may review them first. Your application gets kyc_refresh.completed. Safe to repeat with the same key.',
    params: IdParams,
    headers: idempotencyHeader('KYC refresh'),
    body: RefreshBody,
    answers: ANSWERS,
    refusals: { 404: UNKNOWN, 422: KEY_REUSED },
    handle: async ({ params, headers, body, actor }) => {
      const asked = {
        identityId: params.id,
        idempotencyKey: headers['idempotency-key'],
        kind: 'kyc-refresh',
        changes: body.changes,
      } as const
      return answer(await useCases.correctIdentity(asked, actor))
    },
  })
}

function controlRoutes(useCases: OperatorUseCases): ApiRoute[] {
  const path = '/v1/onboardings/{id}/controls'
  return [
    apiRoute({
      method: 'POST',
      path,
      permission: 'customer.control',
      summary: 'Restrict a customer',
      description: 'SELL_ONLY, DORMANT or CLOSED; Paxos alone sets FROZEN. Safe to repeat with the same key.',
      params: IdParams,
      headers: idempotencyHeader('control'),
      body: ControlBody,
      answers: ANSWERS,
      refusals: { 404: UNKNOWN, 409: 'A control of this type is active (CONTROL_ACTIVE).', 422: KEY_REUSED },
      handle: async ({ params, headers, body, actor }) => {
        const asked = { ...body, reason: body.reason ?? null, identityId: params.id, idempotencyKey: headers['idempotency-key'] }
        return answer(await useCases.setControl(asked, actor))
      },
    }),
    apiRoute({
      method: 'DELETE',
      path,
      permission: 'customer.control',
      summary: 'Lift a restriction of a customer',
      description: 'Deletes one control that was set through the API. Without an Idempotency-Key the control itself is the key.',
      params: IdParams,
      query: LiftQuery,
      headers: optionalIdempotencyHeader(),
      answers: ANSWERS,
      refusals: {
        404: `${UNKNOWN} Or the customer has no such active control (CONTROL_UNKNOWN).`,
        409: 'Paxos set the control, and Paxos alone deletes it (CONTROL_OF_PAXOS).',
        422: KEY_REUSED,
      },
      handle: async ({ params, query, headers, actor }) => {
        const { controlId, reason = null } = query
        const asked = { identityId: params.id, controlId, reason, idempotencyKey: headers['idempotency-key'] ?? controlId }
        return answer(await useCases.liftControl(asked, actor))
      },
    }),
    apiRoute({
      method: 'GET',
      path,
      permission: 'customer.read',
      summary: "List a customer's active controls, as Paxos has them now",
      params: IdParams,
      answers: { 200: { description: 'The active controls.', schema: 'ControlList' } },
      refusals: { 404: UNKNOWN },
      handle: async ({ params }) => ({ status: 200, body: { items: await useCases.listControls(params.id) } }),
    }),
  ]
}

function listRoute(useCases: OperatorUseCases): ApiRoute {
  return apiRoute({
    method: 'GET',
    path: '/v1/onboardings/{id}/changes',
    permission: 'customer.read',
    summary: 'List the changes of a customer, newest first',
    params: IdParams,
    answers: { 200: { description: 'The changes.', schema: 'IdentityChangeList' } },
    handle: async ({ params }) => ({ status: 200, body: { items: (await useCases.listChanges(params.id)).map(view) } }),
  })
}

function showRoute(useCases: OperatorUseCases): ApiRoute {
  return apiRoute({
    method: 'GET',
    path: '/v1/changes/{id}',
    permission: 'customer.read',
    summary: 'Get one change of a customer',
    params: OpaqueIdParams,
    answers: { 200: { description: 'The change.', schema: 'IdentityChange' } },
    refusals: { 404: 'Unknown change (CHANGE_UNKNOWN).' },
    handle: async ({ params }) => {
      const change = await useCases.getChange(params.id)
      if (change) return { status: 200, body: view(change) }
      const detail = `Unknown change ${params.id}. Its id starts with change-; GET /v1/onboardings/{id}/changes lists them.`
      throw new HttpProblem(404, 'CHANGE_UNKNOWN', detail)
    },
  })
}

function answer({ change, created }: { change: ChangeView; created: boolean }): Answer {
  return { status: isPending(change.state) ? 202 : created ? 201 : 200, body: view(change) }
}

/** Times as RFC 3339 instead of milliseconds. */
function view({ changeId, createdAt: _, requestedAt, ...change }: ChangeView) {
  return { id: changeId, ...change, requestedAt: new Date(requestedAt) }
}
