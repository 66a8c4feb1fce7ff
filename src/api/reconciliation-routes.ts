import { z } from 'zod'
import { OwnIdParams, pageQuery, Time } from '../operate/input/query-inputs.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { HttpProblem } from '../platform/problem.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'
import { idempotencyHeader } from './idempotency-header.ts'

const Window = z.strictObject({
  from: Time.optional().describe('Start of the window, inclusive. By default 24 hours before to.'),
  to: Time.optional().describe('End of the window, exclusive. At least 30 s ago, which is the default.'),
})
const UNKNOWN = 'Unknown reconciliation (RECONCILIATION_UNKNOWN).'

/** Compares a window of List Events with the inbox, and certifies that nothing is missing. */
export function reconciliationRoutes(useCases: OperatorUseCases): ApiRoute[] {
  const known = <Found>(found: Found | null, id: string): Found => {
    if (found === null)
      throw new HttpProblem(404, 'RECONCILIATION_UNKNOWN', `Unknown reconciliation ${id}. POST /v1/reconciliations requests one.`)
    return found
  }
  return [
    apiRoute({
      method: 'GET',
      path: '/v1/reconciliations',
      permission: 'proof.read',
      summary: 'List reconciliations',
      description: 'Last requested first.',
      query: pageQuery({}),
      answers: { 200: { description: 'A page of reconciliations.', schema: 'ReconciliationPage' } },
      handle: async ({ query }) => ({ status: 200, body: await useCases.listReconciliations(query) }),
    }),
    apiRoute({
      method: 'POST',
      path: '/v1/reconciliations',
      permission: 'reconcile.request',
      summary: 'Compare a window of List Events with the inbox',
      description:
        'A worker reads List Events over the window to its end, takes in every event that the inbox lacks, and counts. Safe to repeat with the same ' +
        'Idempotency-Key; without the header, each request is a new comparison.',
      headers: idempotencyHeader('reconciliation').partial(),
      body: Window,
      answers: { 202: { description: 'The reconciliation. Read it again until it is complete or withheld.', schema: 'Reconciliation' } },
      refusals: { 422: 'The key was used with another window (IDEMPOTENCY_KEY_REUSED).' },
      handle: async ({ body, headers, actor }) => ({
        status: 202,
        body: await useCases.requestReconciliation({ ...body, idempotencyKey: headers['idempotency-key'] }, actor),
      }),
    }),
    apiRoute({
      method: 'POST',
      path: '/v1/reconciliations/drift',
      permission: 'reconcile.request',
      summary: 'Compare identities, accounts, balances and orders with Paxos',
      description:
        'By the union of both sides, by class. With plan, it also parks an event for each customer that a replay can take over and plans that replay, ' +
        'which needs an approval like any other. Nothing else is changed. A balance never heals by itself.',
      body: z.strictObject({ plan: z.boolean().default(false).describe('Whether to plan the replay that heals.') }),
      answers: { 200: { description: 'The differences.', schema: 'Drift' } },
      handle: async ({ body, actor }) => ({ status: 200, body: await useCases.findDrift(body, actor) }),
    }),
    apiRoute({
      method: 'GET',
      path: '/v1/reconciliations/{id}',
      permission: 'proof.read',
      summary: 'Get a reconciliation',
      params: OwnIdParams,
      answers: { 200: { description: 'The reconciliation.', schema: 'Reconciliation' } },
      refusals: { 404: UNKNOWN },
      handle: async ({ params }) => ({ status: 200, body: known(await useCases.getReconciliation(params.id), params.id) }),
    }),
    apiRoute({
      method: 'GET',
      path: '/v1/reconciliations/{id}/certificate',
      permission: 'proof.read',
      summary: 'Get the signed certificate of completeness',
      description: 'The same certificate each time. It is withheld, with the reason, if anything about the listing is in doubt.',
      params: OwnIdParams,
      answers: { 200: { description: 'The certificate.', schema: 'Certificate' } },
      refusals: {
        404: UNKNOWN,
        409: 'It is not finished (RECONCILIATION_UNFINISHED), or the certificate is withheld (CERTIFICATE_WITHHELD).',
      },
      handle: async ({ params }) => ({ status: 200, body: known(await useCases.certifyReconciliation(params.id), params.id) }),
    }),
  ]
}
