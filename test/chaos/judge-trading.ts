import type { Pool } from 'pg'
import { type Decimal, decimal, ZERO } from '../../src/sandbox/money/decimal.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import type { Finding } from '../faults/history-checker.ts'
import type { TradingTraffic } from './trading-traffic.ts'

/** The trades of a run, and an observer's findings. */
export interface TradingVerdict {
  orders: number
  deposits: number
  quoteExecutions: number
  cancellations: number
  /** Accounts whose money was added up, asset by asset. */
  accounts: number
  findings: Finding[]
}

interface TradingHistory {
  sandbox: Sandbox
  pool: Pool
  traffic: Pick<TradingTraffic, 'asked' | 'accountIds'>
}

interface OrderRow {
  order_id: string
  state: string
  reason: string | null
  paxos_order_id: string | null
  amount_filled: string
}

type Report = (kind: Finding['kind'], text: string) => void

/**
 * Checks trading by the simulator's own books and the tables alone. It knows nothing of how an order is placed. Each request happened once
 * or was refused, the records equal Paxos's, and the flows of each account and asset add up to Paxos's balance.
 */
export async function judgeTrading(history: TradingHistory): Promise<TradingVerdict> {
  const findings: Finding[] = []
  const report: Report = (kind, text) => void findings.push({ kind, text })
  for (const [key, ids] of history.traffic.asked)
    if (ids.size > 1) report('doubled', `Idempotency-Key ${key} is answered with ${ids.size} things`)
  const orders = await checkOrders(history, report)
  const deposits = await checkDeposits(history, report)
  const quoteExecutions = await checkQuotes(history, report)
  const accounts = await checkMoney(history, report)
  const cancellations = history.sandbox.story.of('order-closed').filter(({ status }) => status === 'CANCELLED').length
  return { orders, deposits, quoteExecutions, cancellations, accounts, findings }
}

const STATE_AT_PAXOS: Readonly<Record<string, string>> = {
  filled: 'FILLED',
  cancelled: 'CANCELLED',
  rejected: 'REJECTED',
  expired: 'EXPIRED',
}

async function checkOrders({ sandbox, pool }: TradingHistory, report: Report): Promise<number> {
  const { rows } = await pool.query<OrderRow>('SELECT order_id, state, reason, paxos_order_id, amount_filled::text FROM trade_order')
  const known = new Map(rows.map((row) => [`gatehouse-place-order-${row.order_id}`, row]))
  const created = Map.groupBy(sandbox.story.of('order-created'), ({ refId }) => refId)
  for (const [refId, made] of created) {
    if (made.length > 1) report('doubled', `order ${refId} was placed ${made.length} times`)
    if (!known.has(refId ?? '')) report('doubled', `out of nothing: Paxos has order ${refId}, which is not on record`)
  }
  for (const [refId, { state, paxos_order_id: paxosOrderId, amount_filled: filled }] of known) {
    const placed = created.get(refId)?.[0]
    if (!placed) {
      if (state !== 'rejected') report('lost', `order ${refId} is ${state}, and Paxos has none`)
      continue
    }
    const order = sandbox.orders.get(placed.orderId)
    if (state === 'rejected' && paxosOrderId === null) report('untrue', `order ${refId} counts as never placed, and Paxos has it`)
    else if (order?.status !== STATE_AT_PAXOS[state]) report('untrue', `order ${refId} is ${state} here and ${order?.status} at Paxos`)
    if (order && !order.filled.eq(decimal(filled)))
      report('untrue', `order ${refId}: ${filled} filled here, ${order.filled.toFixed()} at Paxos`)
  }
  return rows.length
}

/** Deposits have no ref_id at Paxos: those of one account, asset and amount are counted. */
async function checkDeposits({ sandbox, pool }: TradingHistory, report: Report): Promise<number> {
  const { rows } = await pool.query<{ profile_id: string; asset: string; amount: string; state: string; deposit_id: string }>(
    'SELECT profile_id, asset, amount::text, state, deposit_id FROM deposit',
  )
  for (const { state, deposit_id: id } of rows) if (state !== 'completed') report('lost', `deposit ${id} is ${state}`)
  const nameOf = (profile: string, asset: string, amount: string): string => `${profile} ${decimal(amount).toFixed()} ${asset}`
  const here = Map.groupBy(rows, ({ profile_id, asset, amount }) => nameOf(profile_id, asset, amount))
  const there = Map.groupBy(sandbox.story.of('deposit'), ({ profileId, asset, amount }) => nameOf(profileId, asset, amount))
  for (const name of new Set([...here.keys(), ...there.keys()])) {
    const [asked, made] = [here.get(name)?.length ?? 0, there.get(name)?.length ?? 0]
    if (made !== asked) report(made > asked ? 'doubled' : 'lost', `deposit of ${name}: ${asked} asked for, ${made} made`)
  }
  return rows.length
}

async function checkQuotes({ sandbox, pool }: TradingHistory, report: Report): Promise<number> {
  const { rows } = await pool.query<{ execution_id: string; state: string; reason: string | null }>(
    'SELECT execution_id, state, reason FROM quote_execution',
  )
  const executed = Map.groupBy(sandbox.story.of('quote-executed'), ({ refId }) => refId)
  const known = new Map(rows.map((row) => [`gatehouse-execute-quote-${row.execution_id}`, row]))
  const made = new Set<string | null>(executed.keys())
  for (const [refId, { length }] of executed) {
    if (length > 1) report('doubled', `quote execution ${refId} was made ${length} times`)
    if (!known.has(refId ?? '')) report('doubled', `out of nothing: Paxos has quote execution ${refId}, which is not on record`)
  }
  for (const [refId, { state, reason }] of known) {
    const wanted = made.has(refId) ? 'settled' : 'rejected'
    if (state !== wanted)
      report(wanted === 'settled' ? 'untrue' : 'lost', `quote execution ${refId} is ${state} (${reason}), not ${wanted}`)
  }
  return rows.length
}

/** The opening balance (0) plus every flow is Paxos's balance, to the last unit, and Paxos's own book adds up to 0 over all places. */
async function checkMoney({ sandbox, pool, traffic }: TradingHistory, report: Report): Promise<number> {
  const { rows } = await pool.query<{ account: string; asset: string; total: string }>(
    `SELECT data->>'accountId' AS account, data->>'asset' AS asset, sum((data->>'amount')::numeric)::text AS total
     FROM ledger_entry WHERE kind = 'flow' GROUP BY 1, 2`,
  )
  const flows = new Map(rows.map(({ account, asset, total }) => [`${account} ${asset}`, decimal(total)]))
  for (const accountId of traffic.accountIds) {
    const profileId = sandbox.accounts.get(accountId)?.profile?.id ?? ''
    const assets = new Set([
      ...sandbox.balances.assetsOf(profileId),
      ...rows.flatMap(({ account, asset }) => (account === accountId ? asset : [])),
    ])
    for (const asset of assets) {
      const onRecord: Decimal = flows.get(`${accountId} ${asset}`) ?? ZERO
      const held = sandbox.balances.balance(`available ${profileId}`, asset).plus(sandbox.balances.balance(`trading ${profileId}`, asset))
      if (!held.eq(onRecord))
        report('untrue', `${asset} of account ${accountId}: ${onRecord.toFixed()} on record, ${held.toFixed()} at Paxos`)
      if (!sandbox.balances.imbalance(asset).eq(ZERO)) report('untrue', `the simulator's own ${asset} does not come to nothing`)
    }
  }
  return traffic.accountIds.length
}
