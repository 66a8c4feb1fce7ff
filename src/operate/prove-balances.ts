import { Amount } from '../domain/money.ts'
import type { AccountRecord } from '../ledger/read-accounts.ts'
import type { FlowRecord } from '../ledger/read-flows.ts'
import type { PaxosExecution } from '../paxos/executions.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'

/** One asset of one account: recorded balance, balance at Paxos, and their exact signed difference (A30). */
export interface AssetProof {
  readonly asset: string
  /** The sum of all flows. */
  readonly onRecord: Amount
  /** Available and trading. */
  readonly atPaxos: Amount
  /** Balance at Paxos minus recorded balance: positive if Paxos has more. */
  readonly drift: Amount
  /** The first difference; null if both agree. */
  readonly firstBreak: BalanceBreak | null
}

/** The first movement that exists on one side only, or differs. */
export interface BalanceBreak {
  readonly kind: 'missing-here' | 'missing-at-paxos' | 'different-amount' | 'unexplained'
  /** RFC 3339. */
  readonly at: string | null
  /** The stream and entry in the ledger; null if the ledger lacks it. */
  readonly entry: string | null
  /** The execution or activity at Paxos. */
  readonly source: string | null
  readonly amount: Amount | null
}

export interface AccountProof {
  readonly accountId: string
  readonly asOf: Date
  readonly assets: readonly AssetProof[]
}

export interface ProofParts {
  paxos: Pick<PaxosClient, 'balances' | 'executions'>
  flows: (accountId: string) => Promise<FlowRecord[]>
  now: () => number
}

/**
 * Compares all recorded flows with the balance at Paxos, for each asset that either side knows (A27). If they differ, it walks the union of
 * both sides' executions to the first one that breaks the sum. It changes nothing: an operator must resolve drift (A26).
 */
export async function proveBalances({ paxos, flows, now }: ProofParts, { accountId, profileId }: AccountRecord): Promise<AccountProof> {
  const asOf = new Date(now())
  const [known, balances] = await Promise.all([flows(accountId), paxos.balances.list(profileId)])
  const assets = [...new Set([...known.map(({ asset }) => asset), ...balances.map(({ asset }) => asset)])].sort()
  let listed: Promise<PaxosExecution[]> | null = null
  const executions = (): Promise<PaxosExecution[]> => {
    listed ??= paxos.executions.listOfAccount(accountId)
    return listed
  }
  const proofs: AssetProof[] = []
  for (const asset of assets) {
    const own = known.filter((flow) => flow.asset === asset)
    const onRecord = Amount.sum(own.map(({ amount }) => amount))
    const balance = balances.find((each) => each.asset === asset)
    const atPaxos = balance ? balance.available.plus(balance.trading) : Amount.zero
    const drift = atPaxos.minus(onRecord)
    const firstBreak = drift.isZero() ? null : findBreak(asset, own, await executions())
    proofs.push({ asset, onRecord, atPaxos, drift, firstBreak })
  }
  return { accountId, asOf, assets: proofs }
}

/** The earliest execution that exists on one side only, or moves a different amount. */
function findBreak(asset: string, own: readonly FlowRecord[], executions: readonly PaxosExecution[]): BalanceBreak {
  const theirs = new Map(executions.map((execution) => [execution.id, execution]))
  const ours = Map.groupBy(
    own.filter(({ because }) => ['execution', 'commission', 'rebate', 'annulment'].includes(because)),
    ({ source }) => source,
  )
  const breaks: BalanceBreak[] = []
  for (const [id, execution] of theirs) {
    const moves = movesOf(execution, asset)
    const recorded = Amount.sum((ours.get(id) ?? []).map(({ amount }) => amount))
    if (moves.equals(recorded)) continue
    const entry = ours.get(id)?.[0]
    const kind = entry ? 'different-amount' : 'missing-here'
    breaks.push({ kind, at: execution.executedAt, entry: entry ? entryName(entry) : null, source: id, amount: moves.minus(recorded) })
  }
  for (const [id, flows] of ours) {
    const recorded = Amount.sum(flows.map(({ amount }) => amount))
    const [first] = flows
    if (theirs.has(id) || recorded.isZero() || !first) continue
    breaks.push({ kind: 'missing-at-paxos', at: first.at.toISOString(), entry: entryName(first), source: id, amount: recorded.negated() })
  }
  breaks.sort((one, other) => Date.parse(one.at ?? '') - Date.parse(other.at ?? ''))
  return breaks[0] ?? { kind: 'unexplained', at: null, entry: null, source: null, amount: null }
}

const entryName = ({ streamId, entryNo }: FlowRecord): string => `${streamId}#${entryNo}`

/** What an execution moves of one asset: the traded amounts, the commission and the rebate, each in its own asset. */
function movesOf({ side, market, amount, price, grossTradeAmount, ...fees }: PaxosExecution, asset: string): Amount {
  const buys = side === 'BUY'
  const quote = grossTradeAmount ?? amount.times(price)
  const base = market.startsWith(asset)
  const traded = base ? (buys ? amount : amount.negated()) : market.endsWith(asset) ? (buys ? quote.negated() : quote) : Amount.zero
  const commission = (fees.commissionAsset ?? '') === asset ? (fees.commission ?? Amount.zero) : Amount.zero
  const rebate = (fees.rebateAsset ?? '') === asset ? (fees.rebate ?? Amount.zero) : Amount.zero
  return traded.minus(commission).plus(rebate)
}
