import { z } from 'zod'
import { amountInput } from '../operate/input/amount-input.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import type { ApiRoute } from './api-route.ts'
import { requestRoute } from './request-route.ts'

const Body = z.strictObject({
  asset: z.string().regex(/^[A-Z0-9]{2,10}$/, 'must be an asset such as USD'),
  amount: amountInput({ decimals: 8 }),
})

/** Deposits of invented money in the Sandbox. */
export function depositRoutes(useCases: OperatorUseCases): ApiRoute[] {
  return [
    requestRoute({
      path: '/v1/accounts/{id}/deposits',
      permission: 'money.move',
      summary: 'Fund an account with invented money (Sandbox only)',
      description:
        'Works in the Sandbox and the simulator only. Safe to repeat with the same key: 201 the first time, then 200 with the same deposit.',
      thing: 'deposit',
      body: Body,
      schema: 'Deposit',
      created: 'The deposit has ended: credited, or refused by Paxos (state rejected).',
      existing: 'The deposit already exists under the same key.',
      request: async ({ id: accountId, idempotencyKey }, body, actor) => {
        const { deposit, created } = await useCases.fundAccount({ accountId, idempotencyKey, ...body }, actor)
        return [deposit, created]
      },
      view: (deposit) => ({ id: deposit.depositId, ...deposit, requestedAt: new Date(deposit.requestedAt) }),
    }),
  ]
}
