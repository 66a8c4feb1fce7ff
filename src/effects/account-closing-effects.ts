import { createHash } from 'node:crypto'
import {
  type ClosingReceipt,
  type ClosingSnapshot,
  DISABLE_ACCOUNT,
  REQUEST_CANCELLATIONS,
  SELL_HOLDINGS,
} from '../domain/account/account-closing.ts'
import { saleRequest } from '../domain/account/plan-closing.ts'
import { newOrder, type Order } from '../domain/trade/order.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import { AppError } from '../platform/app-error.ts'
import type { EffectKind } from './effect-kind.ts'

interface ClosingEffectParts {
  paxos: PaxosClient
  /** Gives the order streams their command to cancel. May be repeated. */
  cancelOrders: (orderIds: readonly string[], identityId: string) => Promise<void>
  /** Puts the order on record with its command, unless it is there. Resolves with the order on record. May be repeated. */
  placeOrder: (order: Order, closingId: string) => Promise<Order>
  /** Milliseconds since 1970. */
  now: () => number
}

/** The order under the id of a sale is a different one. */
class SaleMismatchError extends AppError {
  readonly code = 'SALE_MISMATCH'
  readonly retry = 'never'
  constructor(orderId: string) {
    super(`order ${orderId} has the id of a sale of this closing, and is a different order`)
  }
}

/** The kinds of effects that a closing intends. Orders are cancelled and placed by their own streams alone. */
export function accountClosingEffects(parts: ClosingEffectParts): readonly EffectKind<ClosingSnapshot>[] {
  return [cancellationsEffect(parts), salesEffect(parts), disableEffect(parts)]
}

function cancellationsEffect({ cancelOrders }: ClosingEffectParts): EffectKind<ClosingSnapshot> {
  const requested: ClosingReceipt = { kind: 'cancellations-requested' }
  return {
    kind: REQUEST_CANCELLATIONS,
    asksPaxos: false,
    perform: async ({ snapshot: { closing } }) => {
      await cancelOrders(closing.cancels, closing.identityId)
      return requested
    },
    same: () => true,
    estimate: async ({ snapshot: { closing }, effect: { key } }) => ({
      verdict: 'would-cancel-order',
      detail: `${closing.cancels.length} orders of the account would be cancelled`,
      effects: [{ act: 'cancel', key }],
      receipt: requested,
    }),
  }
}

/** The ids of the orders follow from the effect's key, and so from the closing's id and the round: a repeated round is the same orders. */
function salesEffect({ placeOrder, now }: ClosingEffectParts): EffectKind<ClosingSnapshot> {
  const placed = (orders: Readonly<Record<string, string>>): ClosingReceipt => ({ kind: 'sales-placed', orders: JSON.stringify(orders) })
  return {
    kind: SELL_HOLDINGS,
    asksPaxos: false,
    perform: async ({ snapshot: { closing }, effect }) => {
      const { closingId, accountId, identityId, profileId } = closing
      const orders: Record<string, string> = {}
      for (const sale of closing.sales) {
        const { asset: baseAsset, quoteAsset } = sale
        const orderId = orderIdOf(effect.key, baseAsset)
        const asked = newOrder({ orderId, accountId, identityId, profileId, baseAsset, quoteAsset }, saleRequest(sale), now())
        const known = await placeOrder(asked, closingId)
        if (known.accountId !== accountId || known.side !== 'SELL' || known.market !== sale.market) throw new SaleMismatchError(orderId)
        orders[baseAsset] = orderId
      }
      return placed(orders)
    },
    same: (known, late) => known.orders === late.orders,
    holdFor: (error) => (error instanceof SaleMismatchError ? 'another-order' : null),
    estimate: async ({ snapshot: { closing }, effect: { key } }) => ({
      verdict: 'would-place-order',
      detail: `${closing.sales.map(({ amount, asset }) => `${amount} ${asset}`).join(', ')} would be sold`,
      effects: [{ act: 'place', key }],
      receipt: placed({}),
    }),
  }
}

/**
 * Disables the account at Paxos, which has no other end for it (paxos/api.md 5.2). Money may have arrived since the decision, so the balances
 * are read once more before each call.
 */
function disableEffect({ paxos }: ClosingEffectParts): EffectKind<ClosingSnapshot> {
  const disabled = (how: 'sent' | 'found'): ClosingReceipt => ({ kind: 'account-disabled', how })
  const notEmpty: ClosingReceipt = { kind: 'account-not-empty' }
  return {
    kind: DISABLE_ACCOUNT,
    asksPaxos: true,
    room: (priority) => paxos.room('accounts.disable', { priority }),
    perform: async ({ snapshot: { closing }, priority }) => {
      const balances = await paxos.balances.list(closing.profileId, { priority })
      if (balances.some(({ available, trading }) => !available.isZero() || !trading.isZero())) return notEmpty
      await paxos.accounts.disable(closing.accountId, { priority })
      return disabled('sent')
    },
    find: async ({ snapshot: { closing }, priority }) =>
      (await paxos.accounts.get(closing.accountId, { priority })).userDisabled ? disabled('found') : null,
    same: (known, late) => known.kind === late.kind,
    estimate: async ({ snapshot: { closing }, effect: { key } }) => ({
      verdict: 'would-change-identity',
      detail: `account ${closing.accountId} would be disabled at Paxos`,
      effects: [{ act: 'change', key }],
      receipt: disabled('sent'),
    }),
  }
}

function orderIdOf(key: string, asset: string): string {
  return `order-${createHash('sha256').update(`gatehouse/closing-sale/${key}/${asset}`).digest('hex').slice(0, 32)}`
}
