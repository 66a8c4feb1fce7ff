import { ORDER_RULES, type OrderSeen, type OrderSnapshot, PLACE_ORDER } from '../domain/trade/order-stream.ts'
import { type OrderEffectParts, orderEffects } from '../effects/order-effects.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { OwnRoute } from './prepare-event.ts'
import { readOrder } from './read-order.ts'
import { StreamMissingError } from './saga-errors.ts'
import type { StreamKind } from './stream-kind.ts'
import { streamWork } from './stream-work.ts'

export interface OrderParts extends OrderEffectParts {
  ledger: Ledger<OrderSnapshot>
}

/** The command to place an order, and the timers to cancel and to read one, move the order that they name. */
export function orderRoutes({ ledger, ...parts }: OrderParts): readonly OwnRoute[] {
  const { paxos, now } = parts
  const kind: StreamKind<OrderSnapshot, OrderSeen> = { rules: ORDER_RULES, ledger, effects: orderEffects(parts) }
  const read = async (orderId: string, priority: 'live' | 'replay'): Promise<OrderSeen> => {
    const stored = await ledger.load(orderId)
    const placing = stored?.effects.find((effect) => effect.kind === PLACE_ORDER)
    if (!stored || !placing) throw new StreamMissingError('order', orderId)
    return { kind: 'read', order: await readOrder(paxos, stored.order, placing.key, { priority }), now: now() }
  }
  const route = (type: string, observe: (orderId: string, priority: 'live' | 'replay') => Promise<OrderSeen>): OwnRoute => ({
    type,
    work: ({ streamId, priority }) => streamWork(kind, { streamId, identityId: null, observe: () => observe(streamId, priority) }),
  })
  return [
    route('place-order', async () => ({ kind: 'placed', now: now() })),
    route('cancel-order', async () => ({ kind: 'cancel-asked', now: now() })),
    route('read-order', read),
  ]
}
