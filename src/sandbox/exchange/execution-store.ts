import type { Decimal } from '../money/decimal.ts'

/** One fill of an order. Commission and rebate are in the quote asset (paxos/api.md 8.1). */
export interface Execution {
  /** A counter over all markets: later executions have larger ids. */
  readonly id: bigint
  readonly orderId: string
  readonly profileId: string
  readonly accountId: string | null
  readonly market: string
  readonly side: 'BUY' | 'SELL'
  readonly price: Decimal
  readonly amount: Decimal
  readonly gross: Decimal
  readonly commission: Decimal
  readonly quoteAsset: string
  readonly createdAtNs: bigint
  /** Annulled later, and then in no list (assumed). */
  busted: boolean
}

const NO_EXECUTIONS: readonly Execution[] = []
/** First id (invented). */
const FIRST_ID = 12_422_531n

/** All executions, oldest first. */
export class ExecutionStore {
  #all: Execution[] = []
  #byOrder = new Map<string, Execution[]>()
  #byProfile = new Map<string, Execution[]>()

  get all(): readonly Execution[] {
    return this.#all
  }

  get nextId(): bigint {
    return FIRST_ID + BigInt(this.#all.length)
  }

  get(id: string): Execution | undefined {
    return /^\d{1,18}$/.test(id) ? this.#all[Number(BigInt(id) - FIRST_ID)] : undefined
  }

  ofOrder(orderId: string): readonly Execution[] {
    return this.#byOrder.get(orderId) ?? NO_EXECUTIONS
  }

  ofProfile(profileId: string): readonly Execution[] {
    return this.#byProfile.get(profileId) ?? NO_EXECUTIONS
  }

  add(execution: Execution): void {
    this.#all.push(execution)
    for (const [index, key] of [
      [this.#byOrder, execution.orderId],
      [this.#byProfile, execution.profileId],
    ] as const) {
      const executions = index.get(key)
      if (executions) executions.push(execution)
      else index.set(key, [execution])
    }
  }

  clear(): void {
    this.#all = []
    this.#byOrder.clear()
    this.#byProfile.clear()
  }
}
