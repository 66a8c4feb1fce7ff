import { z } from 'zod'
import type { Amount } from '../domain/money.ts'
import { RequiredAmount } from './transport/answered-amount.ts'
import { pageOf } from './transport/paxos-answer.ts'
import type { CallOptions, PaxosCall } from './transport/paxos-call.ts'
import { idSegment } from './transport/request-path.ts'

export interface PaxosBalance {
  /** `USD`, `BTC`; an open set. */
  asset: string
  /** Free to spend. */
  available: Amount
  /** Held by open orders. */
  trading: Amount
}

export interface BalancesOfPaxos {
  /** Every asset of one profile. Paxos documents no paging here (paxos/api.md 6). */
  list(profileId: string, options?: CallOptions): Promise<PaxosBalance[]>
}

const Balances = pageOf('items', z.object({ asset: z.string().min(1), available: RequiredAmount, trading: RequiredAmount }))

export function balancesOfPaxos(call: PaxosCall): BalancesOfPaxos {
  return {
    async list(profileId, options) {
      const operation = 'balances.list'
      const path = `/profiles/${idSegment(profileId, operation)}/balances`
      const { rows } = await call({ operation, feature: 'balances', path, mark: 'items', schema: Balances }, options)
      return rows
    },
  }
}
