import type { Entry } from '../effect.ts'
import type { Amount } from '../money.ts'

/** A movement of money in one account. `proof balances` adds flows up. Signed: what comes in is positive. */
export interface Flow {
  readonly asset: string
  readonly amount: Amount
  readonly because: 'execution' | 'commission' | 'rebate' | 'deposit' | 'transfer' | 'quote' | 'annulment' | 'return'
  /** The execution, transfer or deposit at Paxos. */
  readonly source: string
}

/** The flow as a ledger entry. Entries are insert-only and chained, so a correction is a further entry and never an edit. */
export function flowEntry(accountId: string, { asset, amount, because, source }: Flow): Entry {
  return { kind: 'flow', data: { accountId, asset, amount: String(amount), because, source } }
}
