import { OpaqueIdParams } from '../operate/amount-input.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'

const ACCOUNT_UNKNOWN = 'There is no such account, or it is not ours (ACCOUNT_UNKNOWN).'

/** Accounts of customers, their balances, and the markets that they trade on. */
export function accountRoutes(useCases: OperatorUseCases): ApiRoute[] {
  return [
    apiRoute({
      method: 'GET',
      path: '/v1/accounts/{id}',
      summary: 'One brokerage account',
      params: OpaqueIdParams,
      answers: { 200: { description: 'The account.', schema: 'Account' } },
      refusals: { 404: ACCOUNT_UNKNOWN },
      handle: async ({ params }) => {
        const account = await useCases.getAccount(params.id)
        return { status: 200, body: { id: account.accountId, ...account } }
      },
    }),
    apiRoute({
      method: 'GET',
      path: '/v1/accounts/{id}/balances',
      summary: 'What the account holds, as Paxos says it now',
      params: OpaqueIdParams,
      answers: { 200: { description: 'The balances.', schema: 'Balances' } },
      refusals: { 404: ACCOUNT_UNKNOWN },
      handle: async ({ params }) => ({ status: 200, body: await useCases.getBalances(params.id) }),
    }),
    apiRoute({
      method: 'GET',
      path: '/v1/markets',
      summary: 'Markets with their steps, limits and status',
      answers: { 200: { description: 'The markets.', schema: 'MarketList' } },
      handle: async () => ({ status: 200, body: { items: await useCases.listMarkets() } }),
    }),
  ]
}
