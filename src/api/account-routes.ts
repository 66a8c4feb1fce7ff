import { OpaqueIdParams } from '../operate/input/amount-input.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'

const ACCOUNT_UNKNOWN = 'Unknown account (ACCOUNT_UNKNOWN).'

/** Routes for accounts, their balances, and markets. */
export function accountRoutes(useCases: OperatorUseCases): ApiRoute[] {
  return [
    apiRoute({
      method: 'GET',
      path: '/v1/accounts/{id}',
      permission: 'customer.read',
      summary: 'Get one brokerage account',
      params: OpaqueIdParams,
      answers: { 200: { description: 'The account.', schema: 'Account' } },
      refusals: { 404: ACCOUNT_UNKNOWN },
      handle: async ({ params }) => {
        const { accountKey: _, members, ...account } = await useCases.getAccount(params.id)
        const listed = members.map(({ memberId: id, identityId, roles }) => ({ id, identityId, roles }))
        return { status: 200, body: { id: account.accountId, ...account, members: listed } }
      },
    }),
    apiRoute({
      method: 'GET',
      path: '/v1/accounts/{id}/balances',
      permission: 'trade.read',
      summary: "Get the account's balances, read from Paxos now",
      params: OpaqueIdParams,
      answers: { 200: { description: 'The balances.', schema: 'Balances' } },
      refusals: { 404: ACCOUNT_UNKNOWN },
      handle: async ({ params }) => ({ status: 200, body: await useCases.getBalances(params.id) }),
    }),
    apiRoute({
      method: 'GET',
      path: '/v1/markets',
      permission: 'trade.read',
      summary: 'List markets with their steps, limits and status',
      answers: { 200: { description: 'The markets.', schema: 'MarketList' } },
      handle: async () => ({ status: 200, body: { items: await useCases.listMarkets() } }),
    }),
  ]
}
