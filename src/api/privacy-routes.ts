import { z } from 'zod'
import { IdParams } from '../operate/input/query-inputs.ts'
import { Reason } from '../operate/replay/replay-request.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { HttpProblem } from '../platform/problem.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'

const HoldName = z
  .string()
  .trim()
  .min(1, 'must name the matter')
  .max(100, 'may have at most 100 characters')
  .regex(/^[^\p{Cc}"]*$/u, 'must be one line, without quotation marks')
  .describe('The matter, such as "case 2026-114". Several holds may stand under different names.')
const HoldBody = z.strictObject({ name: HoldName, reason: Reason })
const UNKNOWN = 'Unknown onboarding (ONBOARDING_UNKNOWN).'

/** Erasure of persons, and the legal holds that forbid it. */
export function privacyRoutes(useCases: OperatorUseCases): ApiRoute[] {
  const known = <Found>(found: Found | null, id: string): Found => {
    if (found === null) throw new HttpProblem(404, 'ONBOARDING_UNKNOWN', `Unknown onboarding ${id}. GET /v1/onboardings lists them.`)
    return found
  }
  return [
    apiRoute({
      method: 'POST',
      path: '/v1/onboardings/{id}/erase',
      permission: 'customer.erase',
      summary: 'Erase a person for good',
      description:
        "Destroys the keys of the person's sealed data, ends pending commands and notifications, replaces the hashes of the data, and signs a certificate. " +
        'The onboarding becomes `erased`; its ledger holds ids and states only, and stays. The audit records it before it runs. Safe to repeat.',
      params: IdParams,
      body: z.strictObject({ reason: Reason }),
      answers: { 200: { description: 'The erasure, with its certificate.', schema: 'Erasure' } },
      refusals: {
        404: UNKNOWN,
        409: 'Something forbids it now (ERASURE_BLOCKED); the message names each obstacle and its remedy. The request is on record, and its deadline runs.',
      },
      handle: async ({ params: { id }, body, actor }) => ({
        status: 200,
        body: known(await useCases.erasePerson(id, body, actor), id),
      }),
    }),
    apiRoute({
      method: 'GET',
      path: '/v1/onboardings/{id}/erasure',
      permission: 'customer.read',
      summary: 'Get the erasure of a person',
      params: IdParams,
      answers: { 200: { description: 'The request, and its certificate once it is done.', schema: 'Erasure' } },
      refusals: { 404: 'No erasure was requested (ERASURE_UNKNOWN).' },
      handle: async ({ params: { id } }) => {
        const erasure = await useCases.getErasure(id)
        if (erasure) return { status: 200, body: erasure }
        throw new HttpProblem(404, 'ERASURE_UNKNOWN', `No erasure of ${id} was requested.`)
      },
    }),
    apiRoute({
      method: 'GET',
      path: '/v1/onboardings/{id}/legal-holds',
      permission: 'customer.read',
      summary: 'List the legal holds that stand for a person',
      params: IdParams,
      answers: { 200: { description: 'The holds.', schema: 'LegalHoldList' } },
      refusals: { 404: UNKNOWN },
      handle: async ({ params: { id } }) => ({ status: 200, body: { items: known(await useCases.listLegalHolds(id), id) } }),
    }),
    apiRoute({
      method: 'POST',
      path: '/v1/onboardings/{id}/legal-holds',
      permission: 'customer.erase',
      summary: 'Forbid the erasure of a person until the hold is lifted',
      description: 'The audit records it before it runs. Safe to repeat: a hold that stands under the name stays.',
      params: IdParams,
      body: HoldBody,
      answers: { 200: { description: 'The holds that stand.', schema: 'LegalHoldList' } },
      refusals: { 404: UNKNOWN },
      handle: async ({ params: { id }, body, actor }) => ({
        status: 200,
        body: { items: known(await useCases.setLegalHold(id, body, actor), id) },
      }),
    }),
    apiRoute({
      method: 'POST',
      path: '/v1/onboardings/{id}/legal-holds/lift',
      permission: 'customer.erase',
      summary: 'Lift a legal hold',
      description: 'The audit records it before it runs.',
      params: IdParams,
      body: HoldBody,
      answers: { 200: { description: 'The holds that still stand.', schema: 'LegalHoldList' } },
      refusals: { 404: 'Unknown onboarding, or no hold stands under this name (LEGAL_HOLD_UNKNOWN).' },
      handle: async ({ params: { id }, body, actor }) => {
        const items = await useCases.liftLegalHold(id, body, actor)
        if (items) return { status: 200, body: { items } }
        throw new HttpProblem(404, 'LEGAL_HOLD_UNKNOWN', `No legal hold "${body.name}" stands for ${id}.`)
      },
    }),
  ]
}
