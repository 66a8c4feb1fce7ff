import { CANCEL_ORDER, type OrderSnapshot } from '../domain/trade/order-stream.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import { PaxosForbiddenError } from '../paxos/paxos-errors.ts'
import type { EffectKind } from './effect-kind.ts'

/**
 * Asks Paxos to cancel the order. The request is not the end: the order ends when a read of it shows that (A11). A repeated request has no
 * further effect, so there is no look-up. "Not in cancellable state" means that the order has ended, which the next read shows (A10).
 */
export function cancelOrderEffect(paxos: PaxosClient): EffectKind<OrderSnapshot> {
  return {
    kind: CANCEL_ORDER,
    asksPaxos: true,
    room: (priority) => paxos.room('orders.cancel', { priority }),
    perform: async ({ snapshot: { order }, priority }) => {
      if (order.paxosOrderId === null) throw new TypeError('an order that can be cancelled has its id at Paxos')
      try {
        await paxos.orders.cancel(order.profileId, order.paxosOrderId, { priority })
        return { kind: 'cancel-asked', taken: true }
      } catch (error) {
        // Only the text tells this from a missing scope: Paxos gives both the type about:blank (paxos/api.md 8.1).
        if (error instanceof PaxosForbiddenError && error.detail?.includes('not in cancellable state'))
          return { kind: 'cancel-asked', taken: false }
        throw error
      }
    },
    same: () => true,
    estimate: async ({ effect: { key } }) => ({
      verdict: 'would-cancel-order',
      detail: 'Paxos would be asked to cancel the order',
      effects: [{ act: 'cancel', key }],
      receipt: { kind: 'cancel-asked', taken: true },
    }),
  }
}
