import type { SandboxSettings } from '../control/sandbox-settings.ts'
import type { StoryLog } from '../control/story-log.ts'
import type { BalanceBook } from '../money/balance-book.ts'
import { ceilTo, type Decimal, floorTo } from '../money/decimal.ts'
import type { NanoClock } from '../world/nano-clock.ts'
import type { SeededRandom } from '../world/seeded-random.ts'
import { BASE_DECIMALS, QUOTE_DECIMALS } from './markets.ts'
import type { Quote } from './quotes.ts'

export interface NewQuoteExecution {
  readonly profileId: string
  readonly quote: Quote
  readonly refId: string | null
  /** The request has one of the two amounts. The other follows from the price. */
  readonly baseAmount: Decimal
  readonly quoteAmount: Decimal
  readonly identityId: string | null
  readonly accountId: string | null
  readonly recipientProfileId: string | null
  readonly metadata: Readonly<Record<string, string>> | null
}

export interface QuoteExecution extends NewQuoteExecution {
  readonly id: string
  readonly createdAtNs: bigint
  status: 'CREATED' | 'SETTLED'
  settledAtNs: bigint | null
}

/**
 * The amount that the request lacks (documented). From base, a BUY rounds the quote amount up and a SELL down. From quote, a BUY rounds the
 * base amount down and a SELL up.
 */
export function amountsAt(
  { side, price }: Quote,
  asked: { baseAmount: Decimal } | { quoteAmount: Decimal },
): { baseAmount: Decimal; quoteAmount: Decimal } {
  if ('baseAmount' in asked) {
    const exact = asked.baseAmount.times(price)
    return { ...asked, quoteAmount: side === 'BUY' ? ceilTo(exact, QUOTE_DECIMALS) : floorTo(exact, QUOTE_DECIMALS) }
  }
  const exact = asked.quoteAmount.div(price)
  return { ...asked, baseAmount: side === 'BUY' ? floorTo(exact, BASE_DECIMALS) : ceilTo(exact, BASE_DECIMALS) }
}

/** What a quote execution debits from its profile. */
export function paidBy({ quote, baseAmount, quoteAmount }: NewQuoteExecution): { asset: string; amount: Decimal } {
  return quote.side === 'BUY' ? { asset: quote.market.quote, amount: quoteAmount } : { asset: quote.market.base, amount: baseAmount }
}

function boughtBy({ quote, baseAmount, quoteAmount }: NewQuoteExecution): { asset: string; amount: Decimal } {
  return quote.side === 'BUY' ? { asset: quote.market.base, amount: baseAmount } : { asset: quote.market.quote, amount: quoteAmount }
}

/** All executions of quotes, oldest first (paxos/api.md 8.2). CREATED: the payment is debited. SETTLED: the purchase is credited. */
export class QuoteExecutions {
  #parts: { settings: SandboxSettings; random: SeededRandom; clock: NanoClock; story: StoryLog; balances: BalanceBook }
  #all: QuoteExecution[] = []
  #byId = new Map<string, QuoteExecution>()
  #byRefId = new Map<string, QuoteExecution>()
  #timers = new Set<NodeJS.Timeout>()

  constructor(parts: { settings: SandboxSettings; random: SeededRandom; clock: NanoClock; story: StoryLog; balances: BalanceBook }) {
    this.#parts = parts
  }

  get all(): readonly QuoteExecution[] {
    return this.#all
  }

  get(id: string): QuoteExecution | undefined {
    return this.#byId.get(id)
  }

  byRefId(refId: string): QuoteExecution | undefined {
    return this.#byRefId.get(refId)
  }

  /** The caller has checked the quote, the funds and the `ref_id`. */
  create(wanted: NewQuoteExecution): QuoteExecution {
    const { random, clock, story, balances } = this.#parts
    const subject = wanted.refId === null ? ['without ref_id', this.#all.length] : [wanted.refId]
    const id = random.uuid('quote execution', ...subject)
    const { profileId, refId } = wanted
    balances.post({ ...paidBy(wanted), from: `available ${profileId}`, to: 'market', cause: `quote execution ${id}` })
    const execution: QuoteExecution = { ...wanted, id, createdAtNs: clock.next(1000n), status: 'CREATED', settledAtNs: null }
    this.#add(execution)
    story.tell({ kind: 'quote-executed', quoteExecutionId: id, profileId, refId })
    return execution
  }

  /** Takes the executions of an earlier run. Unsettled ones settle now. */
  restore(executions: readonly QuoteExecution[]): void {
    for (const execution of executions) this.#add(execution)
  }

  /** Cancels pending settlements. */
  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
  }

  clear(): void {
    this.stop()
    this.#all = []
    this.#byId.clear()
    this.#byRefId.clear()
  }

  #add(execution: QuoteExecution): void {
    this.#all.push(execution)
    this.#byId.set(execution.id, execution)
    if (execution.refId !== null) this.#byRefId.set(execution.refId, execution)
    if (execution.status === 'SETTLED') return
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      this.#settle(execution)
    }, this.#parts.settings.settleDelayMs)
    this.#timers.add(timer)
  }

  #settle(execution: QuoteExecution): void {
    const { clock, balances, story } = this.#parts
    const { id, profileId, refId } = execution
    const receiving = execution.recipientProfileId ?? profileId
    balances.post({ ...boughtBy(execution), from: 'market', to: `available ${receiving}`, cause: `settlement of quote execution ${id}` })
    execution.status = 'SETTLED'
    execution.settledAtNs = clock.next(1000n)
    story.tell({ kind: 'quote-settled', quoteExecutionId: id, profileId, refId })
  }
}
