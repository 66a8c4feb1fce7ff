import { z } from 'zod'
import { amountInput, OpaqueIdParams } from '../operate/input/amount-input.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'
import { idempotencyHeader } from './idempotency-header.ts'

const Body = z.strictObject({
  asset: z.string().regex(/^[A-Z0-9]{2,10}$/, 'must be an asset such as USD'),
  amount: amountInput({ decimals: 8 }),
})

/** Deposits of invented money in the Sandbox. */
export function depositRoutes(useCases: OperatorUseCases): ApiRoute[] {
  return [
    apiRoute({
      method: 'POST',
      path: '/v1/accounts/{id}/deposits',
      permission: 'money.move',
      summary: 'Fund an account with invented money (Sandbox only)',
      description:
        'Works in the Sandbox and the simulator only. Safe to repeat with the same key: 201 the first time, then 200 with the same deposit.',
      params: OpaqueIdParams,
      headers: idempotencyHeader('deposit'),
      body: Body,
      answers: {
        201: { description: 'The deposit has ended: credited, or refused by Paxos (state rejected).', schema: 'Deposit' },
        200: { description: 'The deposit already exists under the same key.', schema: 'Deposit' },
        202: { description: 'The result is not known yet (state submitting or unknown).', schema: 'Deposit' },
      },
      refusals: {
        404: 'Unknown account (ACCOUNT_UNKNOWN).',
        422: 'The key was used with a different request (IDEMPOTENCY_KEY_REUSED).',
      },
      handle: async ({ params, headers, body, actor }) => {
        const asked = { accountId: params.id, idempotencyKey: headers['idempotency-key'], ...body }
        const { deposit, created } = await useCases.fundAccount(asked, actor)
        const pending = deposit.state === 'submitting' || deposit.state === 'unknown'
        const shown = { id: deposit.depositId, ...deposit, requestedAt: new Date(deposit.requestedAt) }
        return { status: pending ? 202 : created ? 201 : 200, body: shown }
      },
    }),
  ]
}
