import { Amount } from '../../domain/money.ts'
import type { AccountRecord } from '../../ledger/read-accounts.ts'
import type { FlowRecord } from '../../ledger/read-flows.ts'
import type { PaxosExecution } from '../../paxos/executions.ts'
import type { PaxosClient } from '../../paxos/paxos-client.ts'
import type { PaxosTransfer } from '../../paxos/transfers.ts'

/** One asset of one account: recorded balance, balance at Paxos, and their exact signed difference (A30). */
export interface AssetProof {
  readonly asset: string
  /** What the account held when Gatehouse took it over: all movements at Paxos from before; zero for an account that Gatehouse opened. */
  readonly opening: Amount
  /** The sum of all flows. */
  readonly onRecord: Amount
  /** Available and trading. */
  readonly atPaxos: Amount
  /** Balance at Paxos minus opening balance and flows: positive if Paxos has more. */
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
  paxos: Pick<PaxosClient, 'balances' | 'executions' | 'transfers'>
  flows: (accountId: string) => Promise<FlowRecord[]>
  /** When Gatehouse took over an account that existed; null: it opened the account. */
  takenOverAt: (accountId: string) => Promise<Date | null>
  now: () => number
}

/** The signed amount that one execution or transfer at Paxos moved, of one asset. `at`: RFC 3339. */
interface Movement {
  readonly source: string
  readonly at: string
  readonly amount: Amount
}

/** The flows that Paxos lists as executions or transfers; the others (Sandbox deposits, held-rate quotes) have no listing to compare. */
const LISTED: ReadonlySet<string> = new Set(['execution', 'commission', 'rebate', 'annulment', 'transfer', 'return'])

/**
 * Compares the opening balance and all recorded flows with the balance at Paxos, for each asset that either side knows (A27). If they differ, it
 * walks the union of both sides' executions and transfers to the first one that breaks the sum: one that is missing, was annulled or returned after
 * its end, or has another amount. It changes nothing: an operator must resolve drift (A26).
 */
export async function proveBalances(parts: ProofParts, account: AccountRecord): Promise<AccountProof> {
  const { paxos, flows, takenOverAt, now } = parts
  const { accountId, profileId } = account
  const asOf = new Date(now())
  const [known, balances, takenOver] = await Promise.all([flows(accountId), paxos.balances.list(profileId), takenOverAt(accountId)])
  const assets = [...new Set([...known.map(({ asset }) => asset), ...balances.map(({ asset }) => asset)])].sort()
  const listing = listOnce(parts, account)
  const proofs: AssetProof[] = []
  for (const asset of assets) {
    const own = known.filter((flow) => flow.asset === asset)
    const onRecord = Amount.sum(own.map(({ amount }) => amount))
    const balance = balances.find((each) => each.asset === asset)
    const atPaxos = balance ? balance.available.plus(balance.trading) : Amount.zero
    if (atPaxos.equals(onRecord)) {
      proofs.push({ asset, opening: Amount.zero, onRecord, atPaxos, drift: Amount.zero, firstBreak: null })
      continue
    }
    const { before, since } = splitAt(takenOver, await listing(asset), own)
    const opening = Amount.sum(before.map(({ amount }) => amount))
    const drift = atPaxos.minus(onRecord).minus(opening)
    proofs.push({ asset, opening, onRecord, atPaxos, drift, firstBreak: drift.isZero() ? null : findBreak(own, since) })
  }
  return { accountId, asOf, assets: proofs }
}

/** Reads the listings of Paxos with the first asset that needs them. */
function listOnce({ paxos }: ProofParts, { accountId, profileId }: AccountRecord): (asset: string) => Promise<Movement[]> {
  let listed: Promise<[PaxosExecution[], PaxosTransfer[]]> | null = null
  return async (asset) => {
    listed ??= Promise.all([paxos.executions.listOfAccount(accountId), paxos.transfers.listOfProfile(profileId)])
    const [executions, transfers] = await listed
    const traded = executions.map((execution) => ({ source: execution.id, at: execution.executedAt, amount: movesOf(execution, asset) }))
    const transferred = transfers
      .filter((transfer) => transfer.asset === asset)
      .map((transfer) => ({ source: transfer.id, at: transfer.updatedAt, amount: movedBy(transfer) }))
    return [...traded, ...transferred]
  }
}

/** Movements from before the take-over that are not recorded make the opening balance. */
function splitAt(
  takenOver: Date | null,
  movements: readonly Movement[],
  own: readonly FlowRecord[],
): { before: readonly Movement[]; since: readonly Movement[] } {
  const recorded = new Set(own.map(({ source }) => source))
  const isBefore = ({ at, source }: Movement): boolean =>
    takenOver !== null && Date.parse(at) < takenOver.getTime() && !recorded.has(source)
  return { before: movements.filter(isBefore), since: movements.filter((movement) => !isBefore(movement)) }
}

/** The earliest movement that exists on one side only, or has another amount there. */
function findBreak(own: readonly FlowRecord[], movements: readonly Movement[]): BalanceBreak {
  const theirs = new Set(movements.map(({ source }) => source))
  const ours = Map.groupBy(
    own.filter(({ because }) => LISTED.has(because)),
    ({ source }) => source,
  )
  const breaks: BalanceBreak[] = []
  for (const { source, at, amount } of movements) {
    const recorded = Amount.sum((ours.get(source) ?? []).map((flow) => flow.amount))
    if (amount.equals(recorded)) continue
    const entry = ours.get(source)?.[0]
    const kind = entry ? 'different-amount' : 'missing-here'
    breaks.push({ kind, at, entry: entry ? entryName(entry) : null, source, amount: amount.minus(recorded) })
  }
  for (const [source, flows] of ours) {
    const recorded = Amount.sum(flows.map(({ amount }) => amount))
    const [first] = flows
    if (theirs.has(source) || recorded.isZero() || !first) continue
    breaks.push({ kind: 'missing-at-paxos', at: first.at.toISOString(), entry: entryName(first), source, amount: recorded.negated() })
  }
  breaks.sort((one, other) => Date.parse(one.at ?? '') - Date.parse(other.at ?? ''))
  return breaks[0] ?? { kind: 'unexplained', at: null, entry: null, source: null, amount: null }
}

/** The amount that a transfer has moved at Paxos: an incoming one once it is completed, an outgoing one unless it has failed. */
function movedBy({ direction, status, total }: PaxosTransfer): Amount {
  if (direction === 'DEBIT') return status === 'FAILED' ? Amount.zero : total.negated()
  return status === 'COMPLETED' ? total : Amount.zero
}

const entryName = ({ streamId, entryNo }: FlowRecord): string => `${streamId}#${entryNo}`

/** The amount that an execution moves of one asset: the traded amounts, the commission and the rebate, each in its own asset. */
function movesOf({ side, market, amount, price, grossTradeAmount, ...fees }: PaxosExecution, asset: string): Amount {
  const buys = side === 'BUY'
  const quote = grossTradeAmount ?? amount.times(price)
  // The quote asset first: USDGUSD begins with USD too.
  const isQuote = market.endsWith(asset)
  const isBase = !isQuote && market.startsWith(asset)
  const traded = isQuote ? (buys ? quote.negated() : quote) : isBase ? (buys ? amount : amount.negated()) : Amount.zero
  const commission = (fees.commissionAsset ?? '') === asset ? (fees.commission ?? Amount.zero) : Amount.zero
  const rebate = (fees.rebateAsset ?? '') === asset ? (fees.rebate ?? Amount.zero) : Amount.zero
  return traded.minus(commission).plus(rebate)
}
