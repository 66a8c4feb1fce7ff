import type { Order } from '../exchange/order.ts'
import { type Decimal, halfUpTo, ZERO } from '../money/decimal.ts'
import { toRfc3339 } from '../world/nano-clock.ts'
import { RECORD_DIGITS } from './identity-view.ts'

/** Decimals of a volume-weighted average price, rounded half up (documented). */
const AVERAGE_DECIMALS = 8

/** An order as the API shows it. A decimal that does not apply is an empty string; a zero has digits (paxos/api.md 8.1). */
export function orderView(order: Order): object {
  const { filled, gross } = order
  const average = filled.gt(ZERO) ? halfUpTo(gross.div(filled), AVERAGE_DECIMALS) : ZERO
  return {
    id: order.id,
    profile_id: order.profileId,
    ...(order.refId === null ? {} : { ref_id: order.refId }),
    status: order.status,
    side: order.side,
    market: order.market,
    type: order.type,
    base_amount: text(order.baseAmount),
    price: text(order.price),
    quote_amount: text(order.quoteAmount),
    ...(order.metadata ? { metadata: order.metadata } : {}),
    created_at: toRfc3339(order.createdAtNs, RECORD_DIGITS),
    modified_at: toRfc3339(order.modifiedAtNs, RECORD_DIGITS),
    amount_filled: filled.toFixed(8),
    volume_weighted_average_price: average.toFixed(AVERAGE_DECIMALS),
    time_in_force: order.timeInForce,
    ...(order.expiresAtMs === null ? {} : { expiration_date: new Date(order.expiresAtMs).toISOString() }),
    ...(order.identityId === null ? {} : { identity_id: order.identityId }),
    ...(order.accountId === null ? {} : { identity_account_id: order.accountId }),
    ...(order.stopPrice ? { stop_price: text(order.stopPrice), is_triggered: order.triggered } : {}),
    ...(order.recipientProfileId === null ? {} : { recipient_profile_id: order.recipientProfileId }),
  }
}

/** The existing order as a 409 shows it (documented). */
export function existingOrder(order: Order): object {
  const { id, profileId, refId, status, side, market, baseAmount, quoteAmount } = order
  const amount = quoteAmount ? { quote_amount: quoteAmount.toFixed(2) } : { base_amount: text(baseAmount) }
  return { id, profile_id: profileId, ref_id: refId, status, side, market, ...amount }
}

function text(value: Decimal | null): string {
  return value?.toFixed() ?? ''
}
