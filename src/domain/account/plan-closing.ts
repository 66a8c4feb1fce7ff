import { Amount } from '../money.ts'
import type { OrderRequest, OrderState } from '../trade/order.ts'
import { type MarketRules, previewOrder } from '../trade/preview-order.ts'
import { BASE_DECIMALS } from '../trade/read-order-request.ts'
import type { AccountClosing, ClosingBlock, ClosingSale } from './account-closing.ts'

/** An order or a movement of money of the account that has not ended. */
export interface Unfinished {
  readonly kind: 'order' | 'quote-execution' | 'deposit' | 'transfer' | 'wire'
  readonly id: string
  readonly state: string
}

/** The end of a sale of the last round. */
export interface SaleEnd {
  readonly asset: string
  readonly state: OrderState
  /** Why it was refused. */
  readonly reason: string | null
  readonly filled: boolean
}

/** What the account has at Paxos. It is read only after every order and movement has ended. */
interface Holdings {
  readonly balances: readonly { readonly asset: string; readonly available: Amount; readonly trading: Amount }[]
  readonly markets: readonly MarketRules[]
}

/** The basis of a decision. `holdings` is null while something is unfinished. */
export interface ClosingSeen {
  readonly unfinished: readonly Unfinished[]
  readonly ends: readonly SaleEnd[]
  readonly holdings: Holdings | null
  /** An owner whose state permits no sale; null: each owner may sell. */
  readonly stopped: { readonly identityId: string; readonly state: string } | null
  /** Milliseconds since 1970. */
  readonly now: number
}

/** The sales that are possible now, and what else is left. Neither: the account is empty. */
interface ClosingPlan {
  readonly sales: readonly ClosingSale[]
  readonly blocks: readonly ClosingBlock[]
}

/** Wait before the next round after a refused sale, milliseconds. It doubles with each refused round, up to a day. */
const AGAIN_MS = 60_000
const LONGEST_AGAIN_MS = 86_400_000

/**
 * What is left in the account: each asset becomes a sale or a block. A sale is never larger than the available balance, which was read after
 * every earlier sale had settled.
 */
export function planClosing(closing: AccountClosing, seen: ClosingSeen): ClosingPlan {
  const { balances, markets } = seen.holdings ?? { balances: [], markets: [] }
  const resting = restsUntil(closing, seen) > seen.now
  const plans = balances.map((balance): ClosingSale | ClosingBlock | null => {
    const { asset, available, trading } = balance
    const block = (kind: ClosingBlock['kind'], amount: Amount, detail: string | null = null): ClosingBlock => ({
      ...{ kind, asset, detail },
      amount: String(amount),
    })
    if (trading.isPositive()) return block('foreign-order', trading)
    if (available.isNegative()) return block('owes', available)
    if (available.isZero()) return null
    const market = marketOf(asset, markets)
    if (market === null) return block(isCash(asset, markets) ? 'cash' : 'no-market', available)
    if (seen.stopped !== null) return block('owner-stopped', available, `${seen.stopped.identityId} ${seen.stopped.state}`)
    const refused = seen.ends.find((end) => end.asset === asset && !end.filled)
    if (refused && resting) return block('sale-refused', available, refused.reason ?? refused.state)
    return saleOf({ asset, available, market, most: mostAfter(closing, refused) }, block)
  })
  const left = plans.filter((plan) => plan !== null)
  return { sales: left.filter(isSale), blocks: left.filter((plan) => !isSale(plan)) as ClosingBlock[] } // what is no sale is a block
}

/** When the next round may begin, milliseconds since 1970. */
function restsUntil({ soldAt, refusals }: AccountClosing, { ends }: ClosingSeen): number {
  if (soldAt === null || ends.every(({ filled }) => filled)) return 0
  return soldAt + Math.min(LONGEST_AGAIN_MS, AGAIN_MS * 2 ** Math.min(refusals, 20))
}

/** Half of a sale that Paxos refused as too large; null: no limit. */
function mostAfter({ sales }: AccountClosing, refused: SaleEnd | undefined): Amount | null {
  const last = refused?.reason === 'notional-value-too-large' ? sales.find(({ asset }) => asset === refused.asset) : undefined
  return last ? Amount.of(last.amount).dividedBy(Amount.of('2'), BASE_DECIMALS, 'down') : null
}

function saleOf(
  { asset, available, market, most }: { asset: string; available: Amount; market: MarketRules; most: Amount | null },
  block: (kind: ClosingBlock['kind'], amount: Amount, detail: string | null) => ClosingBlock,
): ClosingSale | ClosingBlock {
  const limits = [available, market.maxBaseAmount, most].filter((limit) => limit?.isPositive()) as Amount[] // the predicate keeps amounts
  const amount = limits.reduce((least, limit) => (limit.lessThan(least) ? limit : least)).round(BASE_DECIMALS, 'down')
  const smallest = market.minBaseAmount === null ? 'the smallest step' : String(market.minBaseAmount)
  if (amount.isZero()) return block('dust', available, `${market.market} ${smallest}`)
  const { obstacles } = previewOrder(saleRequest({ market: market.market, amount: String(amount) }), market, [{ asset, available }])
  if (obstacles.some(({ limit }) => limit === 'min-base-amount')) return block('dust', available, `${market.market} ${smallest}`)
  const [obstacle] = obstacles
  if (obstacle?.limit === 'market-status')
    return block('market-closed', available, [market.market, market.sell.reason].filter((each) => each !== null).join(' '))
  if (obstacle) return block('not-sellable', available, `${market.market} ${obstacle.limit}`)
  return { asset, market: market.market, quoteAsset: market.quoteAsset, amount: String(amount), orderId: null }
}

/** The order of a sale: at the market, at once, for an amount of the asset. */
export function saleRequest({ market, amount }: Pick<ClosingSale, 'market' | 'amount'>): OrderRequest {
  return {
    ...{ side: 'SELL', market, type: 'MARKET', baseAmount: amount, quoteAmount: null },
    ...{ price: null, stopPrice: null, timeInForce: null, expiresAt: null },
  }
}

/** The market in which the asset is sold: the one in USD, or else any. Null: none. */
function marketOf(asset: string, markets: readonly MarketRules[]): MarketRules | null {
  const of = markets.filter(({ baseAsset }) => baseAsset === asset)
  return of.find(({ quoteAsset }) => quoteAsset === 'USD') ?? of[0] ?? null
}

function isCash(asset: string, markets: readonly MarketRules[]): boolean {
  return asset === 'USD' || markets.some(({ quoteAsset }) => quoteAsset === asset)
}

function isSale(plan: ClosingSale | ClosingBlock): plan is ClosingSale {
  return 'market' in plan
}
