import type { OrderRequest } from '../../src/domain/trade/order.ts'
import { readOrderRequest } from '../../src/domain/trade/read-order-request.ts'
import { createPerform } from '../../src/operate/audited.ts'
import type { OrderStory, TradingUseCases } from '../../src/operate/trading/order-use-cases.ts'
import { tradingUseCases } from '../../src/operate/trading/orders.ts'
import type { Pipeline } from '../saga/start-pipeline.ts'
import { eventually, reaches, type World } from '../saga/world.ts'

export const TESTER = { kind: 'operator', name: 'tester' } as const

/** A ready customer with money, and the actions of an application for them. */
export interface Trader {
  useCases: TradingUseCases
  accountId: string
  identityId: string
  place(key: string, body: Record<string, unknown>): Promise<OrderStory>
  /** Waits until the order is in one of these states, and settled if it has ended. */
  reaches(orderId: string, ...states: string[]): Promise<OrderStory>
  balances(): Promise<Record<string, string>>
  /** Differences between the ledger and Paxos by asset; empty when there are none. */
  drift(): Promise<Record<string, string>>
}

export function useCasesOf(pipeline: Pipeline): TradingUseCases {
  const { pool, inbox, queue, paxos, trading } = pipeline
  return tradingUseCases({
    ...trading,
    pool,
    inbox,
    queue,
    paxos,
    encryptionKey: Buffer.alloc(32, 1),
    perform: createPerform(pool, Date.now),
    now: Date.now,
  })
}

/** The request with these fields; a test's own fields win. */
export function requestOf(body: Record<string, unknown>): OrderRequest {
  const request = readOrderRequest(body)
  if (Array.isArray(request)) throw new Error(JSON.stringify(request))
  return request as OrderRequest
}

/** Takes an invented person through onboarding and funds the account. */
export async function openTrader(world: World, pipeline: Pipeline, { fund = '10000.00' }: { fund?: string } = {}): Promise<Trader> {
  const event = await world.decided('approve')
  await pipeline.accept(event)
  const { onboarding } = await reaches(pipeline, event.identityId, 'ready')
  const accountId = onboarding.accountId ?? ''
  const useCases = useCasesOf(pipeline)
  const { deposit } = await useCases.fundAccount({ accountId, idempotencyKey: `fund-${accountId}`, asset: 'USD', amount: fund }, TESTER)
  if (deposit.state !== 'completed') throw new Error(`the deposit is ${deposit.state}`)
  return {
    useCases,
    accountId,
    identityId: event.identityId,
    place: async (key, body) => (await useCases.placeOrder({ accountId, idempotencyKey: key, request: requestOf(body) }, TESTER)).order,
    reaches: async (orderId, ...states) => {
      const order = await eventually(
        () => useCases.getOrder(orderId),
        (seen) => seen !== null && states.includes(seen.state) && (seen.settled || seen.closedAt === null),
      )
      if (!order) throw new Error('unreachable')
      return order
    },
    balances: async () => {
      const { items } = await useCases.getBalances(accountId)
      return Object.fromEntries(items.map(({ asset, available, trading }) => [asset, String(available.plus(trading))]))
    },
    drift: async () => {
      const { assets } = await useCases.proveBalances(accountId)
      return Object.fromEntries(assets.filter(({ drift }) => !drift.isZero()).map(({ asset, drift }) => [asset, String(drift)]))
    },
  }
}
