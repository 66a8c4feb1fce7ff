import type { Pool } from 'pg'
import type { Snapshot } from '../../domain/effect.ts'
import { expiryObstacles } from '../../domain/trade/expiry-obstacles.ts'
import { FINAL } from '../../domain/trade/order.ts'
import { previewOrder } from '../../domain/trade/preview-order.ts'
import type { QuoteExecutionSnapshot } from '../../domain/trade/quote-execution-stream.ts'
import type { DepositSnapshot } from '../../domain/transfer/deposit.ts'
import type { InstructionsSnapshot } from '../../domain/transfer/deposit-instructions.ts'
import type { WireSnapshot } from '../../domain/transfer/wire.ts'
import { DEPOSIT_INSTRUCTIONS_TABLE } from '../../ledger/deposit-instructions-table.ts'
import { DEPOSIT_TABLE } from '../../ledger/deposit-table.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { ORDER_TABLE } from '../../ledger/order-table.ts'
import { QUOTE_EXECUTION_TABLE } from '../../ledger/quote-execution-table.ts'
import { type AccountRecord, findAccount, takenOverAt } from '../../ledger/read-accounts.ts'
import { DEPOSIT_READS } from '../../ledger/read-deposits.ts'
import { readEntries } from '../../ledger/read-entries.ts'
import { readFlows } from '../../ledger/read-flows.ts'
import type { OrderRecord } from '../../ledger/read-orders.ts'
import { pendingAmong } from '../../ledger/read-pending.ts'
import type { StreamTable } from '../../ledger/stream-table.ts'
import { WIRE_TABLE } from '../../ledger/wire-table.ts'
import { standingOf } from '../accounts/standing-of.ts'
import type { Perform } from '../audited.ts'
import { proveBalances } from '../proof/prove-balances.ts'
import { type Answered, createAnswerWatch } from '../request/await-answer.ts'
import { fundAccount } from './fund-account.ts'
import { createMarketBook } from './market-book.ts'
import type { OrderStory, TradingUseCases } from './order-use-cases.ts'
import { type PlaceParts, placeOrder } from './place-order.ts'
import { quoteUseCases } from './quote-use-cases.ts'
import { sandboxWireUseCases } from './sandbox-wire-use-cases.ts'
import { OrderEndedError, OrderUnknownError } from './trading-errors.ts'
import { AccountUnknownError } from './trading-gate.ts'
import { transferUseCases } from './transfer-use-cases.ts'

export interface TradingParts extends Omit<PlaceParts, 'account' | 'answered' | 'requireMarket'> {
  pool: Pool
  perform: Perform
  depositLedger: Ledger<DepositSnapshot>
  quoteLedger: Ledger<QuoteExecutionSnapshot>
  instructionsLedger: Ledger<InstructionsSnapshot>
  wireLedger: Ledger<WireSnapshot>
}

/** Accounts, markets and orders: available to a customer once the onboarding is ready. */
export function tradingUseCases({
  pool,
  perform,
  depositLedger,
  quoteLedger,
  instructionsLedger,
  wireLedger,
  ...parts
}: TradingParts): TradingUseCases {
  const { paxos, now } = parts
  const answered = <S extends Snapshot>(table: StreamTable<S>, states: readonly string[]): Answered =>
    createAnswerWatch({ pendingAmong: (ids) => pendingAmong(pool, table, { ids, states }), now })
  const requireMarket = createMarketBook(() => paxos.markets.list())
  const depositsAnswered = answered(DEPOSIT_TABLE, ['submitting', 'unknown'])
  const account = async (accountId: string): Promise<AccountRecord> => {
    const found = await findAccount(pool, accountId)
    if (!found) throw new AccountUnknownError(accountId)
    return found
  }
  return {
    getAccount: async (id) => {
      const found = await account(id)
      return { ...found, standing: standingOf(found) }
    },
    getBalances: async (accountId) => {
      const { profileId } = await account(accountId)
      const asOf = new Date(now())
      return { items: await paxos.balances.list(profileId), asOf }
    },
    listMarkets: () => paxos.markets.list(),
    ...quoteUseCases({
      ...parts,
      answered: answered(QUOTE_EXECUTION_TABLE, ['submitting', 'unknown', 'created']),
      pool,
      perform,
      account,
      ledger: quoteLedger,
    }),
    ...transferUseCases({
      ...parts,
      answered: answered(DEPOSIT_INSTRUCTIONS_TABLE, ['submitting', 'unknown']),
      pool,
      perform,
      account,
      ledger: instructionsLedger,
    }),
    ...sandboxWireUseCases({ ...parts, answered: answered(WIRE_TABLE, ['submitting', 'unknown']), pool, perform, ledger: wireLedger }),
    ...orderUseCases({ ...parts, answered: answered(ORDER_TABLE, ['submitting', 'unknown']), requireMarket, account, pool, perform }),
    fundAccount: async (asked, actor) => {
      const { accountId, asset, amount } = asked
      const data = { accountId, asset, amount }
      const rule = { action: 'deposit.make', target: accountId, reason: null, data, entry: 'after' as const }
      const find = (depositId: string) => DEPOSIT_READS.find(pool, depositId)
      return perform(
        actor,
        { ...rule, result: ({ deposit, created }) => ({ target: deposit.depositId, data: { ...data, created } }) },
        () => fundAccount({ ...parts, answered: depositsAnswered, ledger: depositLedger, account, find }, asked, actor),
      )
    },
    proveBalances: async (accountId) => {
      const sources = { flows: (id: string) => readFlows(pool, id), takenOverAt: (id: string) => takenOverAt(pool, id) }
      return proveBalances({ paxos, ...sources, now }, await account(accountId))
    },
  }
}

type OrderUseCases = Pick<TradingUseCases, 'previewOrder' | 'placeOrder' | 'cancelOrder' | 'getOrder' | 'listOrders'>

/** Preview, place, cancel and read orders. */
function orderUseCases({ pool, perform, ...parts }: PlaceParts & { pool: Pool; perform: Perform }): OrderUseCases {
  const { orders, paxos, inbox, now, account, requireMarket } = parts
  const story = async (order: OrderRecord): Promise<OrderStory> => ({ ...order, timeline: await readEntries(pool, order.orderId) })
  const known = async (orderId: string): Promise<OrderRecord> => {
    const order = await orders.find(orderId)
    if (!order) throw new OrderUnknownError(orderId)
    return order
  }
  return {
    previewOrder: async (accountId, request) => {
      const { profileId } = await account(accountId)
      const [market, balances] = await Promise.all([requireMarket(request.market), paxos.balances.list(profileId)])
      const preview = previewOrder(request, market, balances)
      return { ...preview, obstacles: [...preview.obstacles, ...expiryObstacles(request, now())] }
    },
    placeOrder: async (asked, actor) => {
      const { accountId, request } = asked
      const data = { accountId, side: request.side, market: request.market }
      const rule = { action: 'order.place', target: accountId, reason: null, data, entry: 'after' as const }
      const placed = await perform(
        actor,
        { ...rule, result: ({ order, created }) => ({ target: order.orderId, data: { ...data, created } }) },
        () => placeOrder(parts, asked, actor),
      )
      return { order: await story(placed.order), created: placed.created }
    },
    cancelOrder: async (orderId, actor) => {
      const order = await known(orderId)
      if (order.state === 'cancelled' || order.state === 'cancel_requested') return story(order)
      if (FINAL.includes(order.state)) throw new OrderEndedError(orderId, order.state)
      const at = new Date(now())
      const { identityId } = order
      const timer = { streamId: orderId, name: 'cancel-order', dueAt: at, identityId }
      await perform(actor, { action: 'order.cancel', target: orderId, reason: null, entry: 'before' }, () => inbox.setTimer(timer))
      return story(await known(orderId))
    },
    getOrder: async (orderId) => {
      const order = await orders.find(orderId)
      return order && story(order)
    },
    listOrders: (query) => orders.list(query),
  }
}
