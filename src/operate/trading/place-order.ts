import type { Actor } from '../../domain/actor.ts'
import { expiryObstacles } from '../../domain/trade/expiry-obstacles.ts'
import { newOrder, type Order } from '../../domain/trade/order.ts'
import { type OrderSnapshot, openOrder } from '../../domain/trade/order-stream.ts'
import { previewOrder } from '../../domain/trade/preview-order.ts'
import { differingFields } from '../../domain/trade/read-order-request.ts'
import { IdempotencyKeyReusedError } from '../../inbox/commands.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { AccountRecord } from '../../ledger/read-accounts.ts'
import type { OrderReads, OrderRecord } from '../../ledger/read-orders.ts'
import type { PaxosClient } from '../../paxos/paxos-client.ts'
import { type Answered, awaitAnswer } from './await-answer.ts'
import { type CommandParts, giveCommand } from './give-command.ts'
import { idOfKey } from './id-of-key.ts'
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
  const orderId = idOfKey('order', asked.idempotencyKey)
  const known = await parts.orders.find(orderId)
  if (known) {
    refuseOther(known, asked)
    return { order: known, created: false }
  }
  const order = await admit(parts, asked, orderId)
  const at = new Date(parts.now())
  const committed = await parts.orderLedger.commit({ before: null, draft: openOrder(order), actor: `${actor.kind}:${actor.name}`, at })
  // Another request with the same key was faster. Its order counts, if all fields are equal.
  if (!committed) return placeOrder(parts, asked, actor)
  await giveCommand(parts, { kind: 'place-order', streamId: orderId, identityId: order.identityId }, { ...asked, actor })
  return {
    order: await awaitAnswer(orderId, { find: parts.orders.find, answered: parts.answered }),
    created: true,
  }
}

/** The same key with any field changed is an error that names the field, not a silent hit (A7). */
function refuseOther(known: OrderRecord, { accountId, request }: PlaceOrder): void {
  const fields = [...(known.accountId === accountId ? [] : ['accountId']), ...differingFields(known, request)]
  if (fields.length > 0) throw new IdempotencyKeyReusedError(fields)
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
