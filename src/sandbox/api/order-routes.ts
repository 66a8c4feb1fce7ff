import { magicOf } from '../exchange/magic-amounts.ts'
import { MARKETS, MAX_MARKET_NOTIONAL } from '../exchange/markets.ts'
import { isClosed, type NewOrder, ORDER_STATUSES, type Order } from '../exchange/order.ts'
import { needs, notionalOf } from '../exchange/order-terms.ts'
import type { SandboxState } from '../sandbox-state.ts'
import { requireMayTransact } from '../world/may-transact.ts'
import { requireMarket } from './market-routes.ts'
import { readOrder } from './order-request.ts'
import { existingOrder, orderView } from './order-view.ts'
import { page, pageRequest } from './page.ts'
import { alreadyExists, LostAnswer, namedProblem, problem } from './paxos-problem.ts'
import { queryList, queryText } from './query.ts'
import { requireFunds } from './require-funds.ts'
import { requireProfile } from './require-profile.ts'
import type { Call, SimulateOperation } from './simulated-operation.ts'
import { beginAndEnd } from './time-range.ts'

/** Documented: the maximum. The default is not documented (assumed). */
const MAX_LIMIT = 1000
const DEFAULT_LIMIT = 100

/** Create, get, list and cancel orders (paxos/api.md 8.1). */
export function orderRoutes(simulate: SimulateOperation, state: SandboxState): void {
  const { orders, exchange, settings } = state
  const profileOf = (call: Call): string => requireProfile(call, state).id
  const find = (call: Call): Order => {
    const profileId = profileOf(call)
    const order = orders.get(call.id)
    if (order?.profileId !== profileId) throw problem(404, `order not found: ${call.id}`)
    call.subject.orderId = order.id
    if (order.refId !== null) call.subject.refId = order.refId
    return order
  }

  simulate('POST /profiles/{profile_id}/orders', async (call) => {
    const { subject } = call
    const { order: wanted, awaitFillMs } = readOrder(profileOf(call), call.body)
    if (wanted.refId !== null) subject.refId = wanted.refId
    if (wanted.accountId !== null) subject.accountId = wanted.accountId
    refuseKnownRefId(wanted, state)
    refuseOrder(wanted, state)
    const magic = settings.magicAmounts ? magicOf(wanted) : null
    refuseByMagic(magic)
    const order = exchange.place(wanted, magic)
    subject.orderId = order.id
    if (awaitFillMs > 0) await exchange.closed(order, awaitFillMs)
    answerByMagic(magic)
    return orderView(order)
  })

  simulate('GET /profiles/{profile_id}/orders/{id}', (call) => orderView(find(call)))

  simulate('DELETE /profiles/{profile_id}/orders/{id}', (call) => {
    const order = find(call)
    if (isClosed(order)) throw problem(403, 'order is not in cancellable state')
    exchange.cancel(order)
    return {}
  })

  simulate('GET /profiles/{profile_id}/orders', (call) => listOrders(call, state, { profileId: profileOf(call), accountId: null }))

  simulate('GET /orders', (call) => {
    const [profileId, accountId] = [queryText(call.query, 'profile_id'), queryText(call.query, 'account_id')]
    return listOrders(call, state, { profileId, accountId })
  })
}

function listOrders(
  { query }: Call,
  { orders }: SandboxState,
  { profileId, accountId }: { profileId: string | null; accountId: string | null },
): object {
  const market = queryText(query, 'market')
  if (market !== null) requireMarket(market)
  const status = queryText(query, 'status', ORDER_STATUSES)
  const refIds = queryList(query, 'ref_ids')
  const records = refIds.length > 0 ? orders.withRefIds(refIds) : profileId === null ? orders.all : orders.ofProfile(profileId)
  const { items, nextCursor } = page(records, {
    request: pageRequest(query, { order: 'DESC', maxLimit: MAX_LIMIT, defaultLimit: DEFAULT_LIMIT }),
    created: beginAndEnd(query, 'order_time'),
    keep: (order) =>
      (profileId === null || order.profileId === profileId) &&
      (accountId === null || order.accountId === accountId) &&
      (market === null || order.market === market) &&
      (status === null || order.status === status),
  })
  return { items: items.map(orderView), next_page_cursor: nextCursor }
}

/** @throws 409 while an order holds this `ref_id`: it is open, or was closed less than 24 h ago */
function refuseKnownRefId({ refId }: NewOrder, { orders, settings }: SandboxState): void {
  if (refId === null) return
  const existing = orders.holderOf(refId, { nowMs: Date.now(), memoryMs: settings.refIdMemoryMs / settings.timeScale })
  if (existing) throw alreadyExists(`order already exists with ref_id '${refId}'`, existingOrder(existing))
}

/** @throws 403, 404 or 400 for an order that may not be placed now. Paxos does not document which check comes first */
function refuseOrder(wanted: NewOrder, state: SandboxState): void {
  const { accounts, prices, settings, marketStatus } = state
  const { identityId, accountId, side, market: name, type } = wanted
  requireMayTransact(state, { identityId, accountId, side, accountField: 'identity_account_id' })
  const { recipientProfileId } = wanted
  if (recipientProfileId !== null && !accounts.profile(recipientProfileId)) throw problem(404, `profile not found: ${recipientProfileId}`)
  const closed = marketStatus.of(name)[side === 'BUY' ? 'buy' : 'sell']
  if (closed && (wanted.timeInForce === 'IOC' || wanted.timeInForce === 'FOK')) {
    throw namedProblem('unavailable-market', 'no marketable orders may be submitted at this time')
  }
  const market = MARKETS.get(name)
  const notional = notionalOf(wanted, prices)
  const most = type === 'MARKET' || type === 'STOP_MARKET' ? MAX_MARKET_NOTIONAL : market?.maxLimitNotional
  if (most && notional.gt(most)) {
    const [had, allowed] = [notional.toFixed(), most.toFixed()]
    throw namedProblem(
      'notional-value-too-large',
      `notional value too large for ${name} ${type} order: order had notional value ${had}, but maximum allowed notional value is ${allowed}`,
      { market: name, order_type: type, order_notional_value: had, max_notional_value: allowed },
    )
  }
  const { asset, amount } = needs(wanted, settings.commissionRate)
  requireFunds(state, { profileId: wanted.profileId, asset, needed: amount })
}

function refuseByMagic(magic: string | null): void {
  if (magic === 'market-conditions') {
    throw namedProblem('market-conditions-prevented-execution', 'market conditions have invalidated this order')
  }
  if (magic === '504-not-created') throw problem(504, 'timeout reached while creating the order')
}

/** The order is placed, and only the answer is lost. */
function answerByMagic(magic: string | null): void {
  if (magic === 'created-then-504') throw problem(504, 'timeout reached while creating the order')
  if (magic === 'created-then-dropped') throw new LostAnswer()
}
