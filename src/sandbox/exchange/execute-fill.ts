import { smallerOf } from '../money/decimal.ts'
import type { ExchangeParts } from './exchange-parts.ts'
import type { Execution } from './execution-store.ts'
import type { Fill } from './match-order.ts'
import { isClosed, type Order } from './order.ts'
import { commissionOn, marketOf } from './order-terms.ts'

type FillParts = Pick<ExchangeParts, 'settings' | 'orders' | 'executions' | 'balances' | 'clock' | 'story'>

/** Moves the balances for one fill of an order, and keeps it as an execution. */
export function executeFill(parts: FillParts, order: Order, { price, amount, gross }: Fill): void {
  const { executions, balances, clock, story, settings } = parts
  const { base, quote } = marketOf(order)
  const exact = commissionOn(gross, settings.commissionRate)
  // The sum of many small rounded commissions may exceed the held amount.
  const commission = order.side === 'BUY' ? smallerOf(exact, order.held.minus(gross)) : exact
  const id = executions.nextId
  const cause = `execution ${id}`
  const { profileId } = order
  const receiving = order.recipientProfileId ?? profileId
  if (order.side === 'BUY') {
    const spent = gross.plus(commission)
    balances.post({ asset: quote, amount: gross, from: `trading ${profileId}`, to: 'market', cause })
    balances.post({ asset: quote, amount: commission, from: `trading ${profileId}`, to: 'commissions', cause })
    balances.post({ asset: base, amount, from: 'market', to: `available ${receiving}`, cause })
    order.held = order.held.minus(spent)
  } else {
    balances.post({ asset: base, amount, from: `trading ${profileId}`, to: 'market', cause })
    balances.post({ asset: quote, amount: gross.minus(commission), from: 'market', to: `available ${receiving}`, cause })
    balances.post({ asset: quote, amount: commission, from: 'market', to: 'commissions', cause })
    order.held = order.held.minus(amount)
  }
  order.filled = order.filled.plus(amount)
  order.gross = order.gross.plus(gross)
  order.modifiedAtNs = clock.next(1000n)
  const facts = { id, orderId: order.id, profileId, accountId: order.accountId, market: order.market, side: order.side }
  executions.add({ ...facts, price, amount, gross, commission, quoteAsset: quote, createdAtNs: order.modifiedAtNs, busted: false })
  story.tell({
    kind: 'execution',
    executionId: String(id),
    orderId: order.id,
    profileId,
    amount: amount.toFixed(),
    price: price.toFixed(),
  })
}

/** Annuls an execution: its postings are reversed, and the order's filled amount shrinks. Paxos does not document how it shows this. */
export function bustExecution({ orders, balances, story, clock }: FillParts, execution: Execution): void {
  const order = orders.get(execution.orderId)
  if (!order || execution.busted) return
  execution.busted = true
  const { base, quote } = marketOf(order)
  const { amount, gross, commission, side } = execution
  const cause = `bust of execution ${execution.id}`
  const [own, receiving] = [order.profileId, order.recipientProfileId ?? order.profileId] as const
  const options = { overdraw: true }
  if (side === 'BUY') {
    balances.post({ asset: base, amount, from: `available ${receiving}`, to: 'market', cause }, options)
    balances.post({ asset: quote, amount: gross, from: 'market', to: `available ${own}`, cause })
    balances.post({ asset: quote, amount: commission, from: 'commissions', to: `available ${own}`, cause })
  } else {
    balances.post({ asset: quote, amount: gross.minus(commission), from: `available ${receiving}`, to: 'market', cause }, options)
    balances.post({ asset: quote, amount: commission, from: 'commissions', to: 'market', cause })
    balances.post({ asset: base, amount, from: 'market', to: `available ${own}`, cause })
  }
  order.filled = order.filled.minus(amount)
  order.gross = order.gross.minus(gross)
  order.modifiedAtNs = clock.next(1000n)
  if (isClosed(order)) order.status = 'CANCELLED'
  story.tell({ kind: 'execution-busted', executionId: String(execution.id), orderId: order.id, profileId: own })
}
