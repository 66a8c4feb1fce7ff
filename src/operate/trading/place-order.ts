import type { Actor } from '../../domain/actor.ts'
import { expiryObstacles } from '../../domain/trade/expiry-obstacles.ts'
import { newOrder, type Order } from '../../domain/trade/order.ts'
import { type OrderSnapshot, openOrder, PLACE_ORDER } from '../../domain/trade/order-stream.ts'
import { previewOrder } from '../../domain/trade/preview-order.ts'
import { differingFields } from '../../domain/trade/read-order-request.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { AccountRecord } from '../../ledger/read-accounts.ts'
import type { OrderReads, OrderRecord } from '../../ledger/read-orders.ts'
import type { PaxosClient } from '../../paxos/paxos-client.ts'
import type { Answered } from '../request/await-answer.ts'
import type { CommandParts } from '../request/give-command.ts'
import { idOfKey } from '../request/id-of-key.ts'
import { requestOnce } from '../request/request-once.ts'
import type { RequireMarket } from './market-book.ts'
import type { PlaceOrder } from './order-use-cases.ts'
import { OrderNotPossibleError } from './trading-errors.ts'
import { requireTradable } from './trading-gate.ts'

export interface PlaceParts extends CommandParts {
  orderLedger: Ledger<OrderSnapshot>
  paxos: PaxosClient
  orders: OrderReads
  account: (accountId: string) => Promise<AccountRecord>
  /** Resolves once Paxos has answered, or after 5 s. */
  answered: Answered
  requireMarket: RequireMarket
  /** Milliseconds since 1970. */
  now: () => number
}

/**
 * Commits the order with its intent, stores the command that sends it, and waits up to 5 s for the answer. The order's id is derived from the key
 * alone, so that the same request is always the same order, also after a restore from a backup.
 */
export async function placeOrder(parts: PlaceParts, asked: PlaceOrder, actor: Actor): Promise<{ order: OrderRecord; created: boolean }> {
  const { accountId, idempotencyKey, request } = asked
  const orderId = idOfKey('order', idempotencyKey)
  const { found, created } = await requestOnce(
    { ...parts, ledger: parts.orderLedger, find: parts.orders.find },
    {
      ...{ id: orderId, idempotencyKey, actor },
      differing: (known) => [...(known.accountId === accountId ? [] : ['accountId']), ...differingFields(known, request)],
      admit: () => admit(parts, asked, orderId),
      open: (order) => ({ draft: openOrder(order), identityId: order.identityId, kind: PLACE_ORDER, input: asked }),
    },
  )
  return { order: found, created }
}

/** The order, if the customer may place it and it passes the limits that Paxos publishes. Sends nothing. */
async function admit(parts: PlaceParts, { accountId, request }: PlaceOrder, orderId: string): Promise<Order> {
  const account = await parts.account(accountId)
  await requireTradable(parts.paxos, account, request.side)
  const [market, balances] = await Promise.all([parts.requireMarket(request.market), parts.paxos.balances.list(account.profileId)])
  const obstacles = [...previewOrder(request, market, balances).obstacles, ...expiryObstacles(request, parts.now())]
  if (obstacles.length > 0) throw new OrderNotPossibleError(obstacles)
  const { identityId, profileId } = account
  const { baseAsset, quoteAsset } = market
  return newOrder({ orderId, accountId, identityId, profileId, baseAsset, quoteAsset }, request, parts.now())
}
