import type { Pool } from 'pg'
import {
  CLOSE_ACCOUNT,
  type ClosingSnapshot,
  type ClosingState,
  CONTINUE_CLOSING,
  CONTINUED_STATES,
} from '../domain/account/account-closing.ts'
import { CLOSING_RULES } from '../domain/account/closing-rules.ts'
import type { ClosingSeen } from '../domain/account/plan-closing.ts'
import type { Order } from '../domain/trade/order.ts'
import { type OrderSnapshot, openOrder, PLACE_ORDER } from '../domain/trade/order-stream.ts'
import { accountClosingEffects } from '../effects/account-closing-effects.ts'
import type { Inbox } from '../inbox/inbox.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { findAccount } from '../ledger/read-accounts.ts'
import { readSaleEnds, readUnfinished } from '../ledger/read-closings.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import type { OwnRoute } from './prepare-event.ts'
import { StreamMissingError } from './saga-errors.ts'
import type { StreamKind } from './stream-kind.ts'
import { streamWork } from './stream-work.ts'

interface AccountClosingParts {
  pool: Pool
  inbox: Pick<Inbox, 'setTimers'>
  ledger: Ledger<ClosingSnapshot>
  /** Sales are orders like any other. */
  orders: Ledger<OrderSnapshot>
  paxos: PaxosClient
  /** Milliseconds since 1970. */
  now: () => number
}

/** The command to close an account, and the timer that continues a closing, move the closing that they name. */
export function accountClosingRoutes(parts: AccountClosingParts): readonly OwnRoute[] {
  const { ledger, paxos, now } = parts
  const kind: StreamKind<ClosingSnapshot, ClosingSeen> = {
    rules: CLOSING_RULES,
    ledger,
    effects: accountClosingEffects({ paxos, now, cancelOrders: cancelWith(parts), placeOrder: placeWith(parts) }),
  }
  return [CLOSE_ACCOUNT, CONTINUE_CLOSING].map((type) => ({
    type,
    work: ({ streamId, priority }) => streamWork(kind, { streamId, identityId: null, observe: () => observe(parts, streamId, priority) }),
  }))
}

/**
 * What the account has now. The movements are read first, and the balances only after every movement has ended, so a balance never counts what
 * a sale under way will take.
 */
async function observe(
  { pool, ledger, paxos, now }: AccountClosingParts,
  closingId: string,
  priority: 'live' | 'replay',
): Promise<ClosingSeen> {
  const stored = await ledger.load(closingId)
  if (!stored) throw new StreamMissingError('account-closing', closingId)
  const { accountId, profileId, state } = stored.closing
  const nothing = { unfinished: [], ends: [], holdings: null, stopped: null, now: now() }
  if (!(CONTINUED_STATES as readonly ClosingState[]).includes(state)) return nothing
  const unfinished = await readUnfinished(pool, accountId)
  if (unfinished.length > 0) return { ...nothing, unfinished }
  const [ends, account, balances, markets] = await Promise.all([
    readSaleEnds(pool, stored.closing),
    findAccount(pool, accountId),
    paxos.balances.list(profileId, { priority }),
    paxos.markets.list({ priority }),
  ])
  const owner = account?.owners.find((each) => each.state !== 'ready' && each.state !== 'disabled')
  const stopped = owner ? { identityId: owner.identityId, state: owner.state ?? 'missing' } : null
  return { unfinished, ends, holdings: { balances, markets }, stopped, now: now() }
}

function cancelWith({ inbox, now }: AccountClosingParts) {
  return async (orderIds: readonly string[], identityId: string): Promise<void> => {
    await inbox.setTimers(orderIds.map((streamId) => ({ streamId, name: 'cancel-order', dueAt: new Date(now()), identityId })))
  }
}

/** Commits the order with its intent, as a request of the application does, and gives its command once: a repeated one finds both. */
function placeWith({ inbox, orders, now }: AccountClosingParts) {
  return async (order: Order, closingId: string): Promise<Order> => {
    const { orderId, identityId } = order
    const at = new Date(now())
    const opened = await orders.commit({ before: null, draft: openOrder(order), actor: `closing:${closingId}`, at })
    const known = opened ?? (await orders.load(orderId))
    if (!known) throw new StreamMissingError('order', orderId)
    await inbox.setTimers([{ streamId: orderId, name: PLACE_ORDER, dueAt: at, identityId }], { reopen: false })
    return known.order
  }
}
