import { orderNotification } from '../domain/trade/order-notification.ts'
import type { OrderSnapshot } from '../domain/trade/order-stream.ts'
import type { NoticeChannel } from '../notify/notice.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import { cancelOrderEffect } from './cancel-order.ts'
import type { EffectKind } from './effect-kind.ts'
import { placeOrderEffect } from './place-order.ts'
import { sendNotificationEffect } from './send-notification.ts'

export interface OrderEffectParts {
  paxos: PaxosClient
  notices: NoticeChannel
  /** Milliseconds since 1970. */
  now: () => number
}

/** The kinds of effects that an order intends. */
export function orderEffects({ paxos, notices, now }: OrderEffectParts): readonly EffectKind<OrderSnapshot>[] {
  return [placeOrderEffect(paxos, { now }), cancelOrderEffect(paxos), sendNotificationEffect(notices, orderNotification)]
}
