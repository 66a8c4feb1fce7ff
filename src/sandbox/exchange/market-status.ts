import { MARKETS } from './markets.ts'

/** Why a market is closed (paxos/api.md 8.1). */
export const CLOSED_REASONS = ['SCHEDULED_MAINTENANCE', 'TRADING_SUSPENDED', 'UNSCHEDULED_MAINTENANCE'] as const
export type ClosedReason = (typeof CLOSED_REASONS)[number]

interface Closed {
  readonly buy: ClosedReason | null
  readonly sell: ClosedReason | null
  readonly sinceMs: number
}

/** Markets that are closed, by side. All are open until a control call closes one. */
export class MarketStatus {
  #closed = new Map<string, Closed>()
  readonly #startedAtMs = Date.now()

  of(market: string): Closed {
    return this.#closed.get(market) ?? { buy: null, sell: null, sinceMs: this.#startedAtMs }
  }

  /** `null` opens a side. */
  set(market: string, { buy, sell }: { buy: ClosedReason | null; sell: ClosedReason | null }): void {
    this.#closed.set(market, { buy, sell, sinceMs: Date.now() })
  }

  setAll(sides: { buy: ClosedReason | null; sell: ClosedReason | null }): void {
    for (const market of MARKETS.keys()) this.set(market, sides)
  }

  clear(): void {
    this.#closed.clear()
  }
}
