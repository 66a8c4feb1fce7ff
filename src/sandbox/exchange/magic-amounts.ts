import { decimal } from '../money/decimal.ts'
import type { NewOrder } from './order.ts'

/**
 * The behaviour of orders with exact amounts, which overrides other settings: 666.NN of the quote asset if that is given, else 0.000666NN
 * of the base asset. They belong to the simulator and not to Paxos. The setting `magicAmounts` turns them off.
 */
export const MAGIC_ORDERS: Readonly<Record<string, { name: string; does: string }>> = {
  '11': { name: 'half-then-cancelled', does: 'half is filled, then Paxos cancels the rest' },
  '12': { name: 'rejected', does: 'answers 200; the order ends REJECTED' },
  '13': { name: 'market-conditions', does: 'answers 403 market-conditions-prevented-execution; no order' },
  '14': { name: 'created-then-504', does: 'creates the order, then answers 504' },
  '15': { name: 'created-then-dropped', does: 'creates the order, then closes the connection' },
  '16': { name: 'never-fills', does: 'the order stays open until it is cancelled' },
  '17': { name: 'ten-parts', does: 'filled in ten executions' },
  '18': { name: '504-not-created', does: 'answers 504; no order' },
  '19': { name: 'busted', does: 'filled, then every execution of it is annulled' },
}

const QUOTE_PREFIX = '666.'
const BASE_PREFIX = '0.000666'

/** The name of the magic in this order's amount, or `null`. */
export function magicOf({ quoteAmount, baseAmount }: Pick<NewOrder, 'quoteAmount' | 'baseAmount'>): string | null {
  const [text, prefix] = quoteAmount ? [quoteAmount.toFixed(2), QUOTE_PREFIX] : [baseAmount?.toFixed(8) ?? '', BASE_PREFIX]
  const exact = quoteAmount ?? baseAmount
  if (!exact || !text.startsWith(prefix) || !decimal(text).eq(exact)) return null
  return MAGIC_ORDERS[text.slice(prefix.length)]?.name ?? null
}
