import type { Receipt } from '../domain/effect.ts'
import type { Order } from '../domain/trade/order.ts'
import { type OrderSnapshot, PLACE_ORDER } from '../domain/trade/order-stream.ts'
import { mayStillBeSent } from '../domain/trade/ref-id-rule.ts'
import type { NewOrder, PaxosOrder } from '../paxos/orders.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import { PaxosConflictError, PaxosRefusedError, PaxosRejectedError } from '../paxos/paxos-errors.ts'
import { AppError } from '../platform/app-error.ts'
import type { EffectKind, EffectTask } from './effect-kind.ts'

/** Paxos's order under our ref_id is not the requested one. */
export class OrderMismatchError extends AppError {
  readonly code = 'ORDER_MISMATCH'
  readonly retry = 'never'
  constructor(orderId: string) {
    super(`order ${orderId} at Paxos has our ref_id but is not the requested one`)
  }
}

/**
 * Places the order under its ref_id, which is the effect's key. A refusal by Paxos is an answer and so a receipt: nothing was done, and the
 * same order would be refused again. Only a look-up tells whether an attempt acted (A1, A4). `now`: milliseconds since 1970.
 */
export function placeOrderEffect(paxos: PaxosClient, { now }: { now: () => number }): EffectKind<OrderSnapshot> {
  return {
    kind: PLACE_ORDER,
    asksPaxos: true,
    room: (priority) => paxos.room('orders.create', { priority }),
    perform: async ({ snapshot: { order }, effect, priority }) => {
      if (!mayStillBeSent(order.requestedAt, now())) return refused('not-placed-in-time')
      try {
        const placed = await paxos.orders.create(order.profileId, bodyOf(order, effect.key), { priority })
        return receiptFor(order, effect.key, placed, 'created')
      } catch (error) {
        if (error instanceof PaxosRefusedError) return refused(error.problem)
        if (error instanceof PaxosRejectedError) return refused('rejected-by-paxos')
        throw error
      }
    },
    find: async (task, conflict) => {
      const found = await findOrder(paxos, task)
      if (!found && conflict) throw new OrderMismatchError(conflict.existingId ?? 'without an id')
      return found && receiptFor(task.snapshot.order, task.effect.key, found, 'adopted')
    },
    // A refusal has no id: two refusals agree, with any reasons.
    same: (known, late) => known.kind === late.kind && known.paxosOrderId === late.paxosOrderId,
    holdFor: (error) => (error instanceof OrderMismatchError || error instanceof PaxosConflictError ? 'another-order' : null),
    estimate: async (task) => {
      const { key } = task.effect
      const found = await findOrder(paxos, task)
      const receipt = { kind: 'order-placed', paxosOrderId: 'made up', how: 'created' }
      return found
        ? { verdict: 'would-adopt-order', detail: `order ${found.id} is at Paxos under our key`, effects: [{ act: 'adopt', key }], receipt }
        : {
            verdict: 'would-place-order',
            detail: `Paxos has no order under ${key}; it would be placed`,
            effects: [{ act: 'place', key }],
            receipt,
          }
    },
  }
}

const refused = (reason: string): Receipt => ({ kind: 'order-refused', reason })

/** Finds the order by `ref_ids` among all orders of the profile, closed ones too (paxos/api.md 8.1). */
async function findOrder(
  paxos: PaxosClient,
  { snapshot: { order }, effect, priority }: EffectTask<OrderSnapshot>,
): Promise<PaxosOrder | null> {
  const { orders } = await paxos.orders.list({ profileId: order.profileId, refIds: [effect.key], priority })
  // The oldest is ours: a second one could only come from another user of our key.
  return orders.filter(({ refId }) => refId === effect.key).at(-1) ?? null
}

/** Accepts an answer only for the requested order. Paxos requires no field of an order, so an absent one contradicts nothing. */
function receiptFor(order: Order, key: string, found: PaxosOrder, how: 'created' | 'adopted'): Receipt {
  const differs = (asked: string, got: string): boolean => got !== '' && got !== asked
  const another =
    (found.refId !== null && found.refId !== key) ||
    (found.profileId !== null && found.profileId !== order.profileId) ||
    differs(order.side, found.side) ||
    differs(order.market, found.market)
  if (another) throw new OrderMismatchError(found.id)
  return { kind: 'order-placed', paxosOrderId: found.id, how, status: found.status }
}

function bodyOf(order: Order, key: string): NewOrder {
  const { side, market, type, baseAmount, quoteAmount, price, stopPrice, timeInForce, expiresAt } = order
  return {
    ref_id: key,
    side,
    market,
    type,
    ...(baseAmount === null ? {} : { base_amount: baseAmount }),
    ...(quoteAmount === null ? {} : { quote_amount: quoteAmount }),
    ...(price === null ? {} : { price }),
    ...(stopPrice === null ? {} : { stop_price: stopPrice }),
    ...(timeInForce === null ? {} : { time_in_force: timeInForce }),
    // Milliseconds as text in the request, RFC 3339 in the answer (paxos/api.md 8.1).
    ...(expiresAt === null ? {} : { expiration_date: String(Date.parse(expiresAt)) }),
    identity_id: order.identityId,
    identity_account_id: order.accountId,
  }
}
