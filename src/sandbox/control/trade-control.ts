import { z } from 'zod'
import { HttpProblem } from '../../platform/problem.ts'
import { CLOSED_REASONS } from '../exchange/market-status.ts'
import { MARKETS } from '../exchange/markets.ts'
import { decimal } from '../money/decimal.ts'
import type { SandboxState } from '../sandbox-state.ts'
import type { AddControl } from './add-control.ts'
import { readControl } from './read-control.ts'

const Side = z.union([z.literal('open'), z.enum(CLOSED_REASONS)])
const MarketChange = z.strictObject({
  price: z
    .string()
    .regex(/^[0-9]+(\.[0-9]+)?$/, 'must be a decimal, as a text')
    .refine((text) => !/^[0.]+$/.test(text), 'must be above 0')
    .optional(),
  buy: Side.optional(),
  sell: Side.optional(),
})

/** Control of prices, markets, executions and reference ids. */
export function tradeControl(control: AddControl, state: SandboxState): void {
  const { prices, marketStatus, exchange, executions, orders, balances, transfers, transferDesk } = state
  control(
    'POST /markets/{id}',
    `moves a market's price, or closes it ("ALL": every market): {price?, buy?, sell?: open|${CLOSED_REASONS.join('|')}}`,
    ({ params, body }) => {
      const { id } = params as { id: string } // the only parameter of a control route
      const { price, buy, sell } = readControl(MarketChange, body)
      const chosen = id === 'ALL' ? [...MARKETS.values()] : [MARKETS.get(id)]
      for (const market of chosen) {
        if (!market) throw new HttpProblem(404, 'MARKET_UNKNOWN', `Unknown market ${id}. GET /v2/markets lists them.`)
        if (price !== undefined) prices.set(market, decimal(price))
        const before = marketStatus.of(market.market)
        const reason = (side: typeof buy, now: typeof before.buy): typeof before.buy =>
          side === undefined ? now : side === 'open' ? null : side
        marketStatus.set(market.market, { buy: reason(buy, before.buy), sell: reason(sell, before.sell) })
      }
      exchange.matchOpenOrders()
    },
  )
  control('POST /executions/{id}/bust', 'annuls an execution: its postings are reversed', ({ params }) => {
    const execution = executions.get((params as { id: string }).id) // the only parameter of a control route
    if (!execution) throw new HttpProblem(404, 'EXECUTION_UNKNOWN', 'The simulator has no execution with this id.')
    exchange.bust(execution)
  })
  control('POST /orders/forget', 'frees the ref_id of an order for reuse: {refId}', ({ body }) => {
    const { refId } = readControl(z.strictObject({ refId: z.string().min(1) }), body)
    if (!orders.forgetRefId(refId)) throw new HttpProblem(404, 'ORDER_UNKNOWN', 'No order of the simulator has this ref_id.')
  })
  control(
    'POST /transfers/{id}/return',
    'the bank takes back a completed deposit of any age; the setting lateReturnAs says how Paxos shows it',
    ({ params }) => {
      const deposit = transfers.get((params as { id: string }).id) // the only parameter of a control route
      if (!deposit) throw new HttpProblem(404, 'TRANSFER_UNKNOWN', 'The simulator has no transfer with this id.')
      if (deposit.direction !== 'CREDIT' || deposit.status !== 'COMPLETED') {
        throw new HttpProblem(
          409,
          'TRANSFER_NOT_RETURNABLE',
          `Only a completed deposit can be returned; this is a ${deposit.status} ${deposit.type}.`,
        )
      }
      if (transfers.all.some(({ metadata }) => metadata?.returned_transfer_id === deposit.id)) {
        throw new HttpProblem(409, 'TRANSFER_NOT_RETURNABLE', 'This deposit has been returned already.')
      }
      transferDesk.returnDeposit(deposit)
    },
  )
  control('GET /postings', 'the double-entry book: every movement of money, oldest first: ?profileId=', ({ query }) => {
    const { profileId } = readControl(z.strictObject({ profileId: z.string().optional() }), query)
    const touches = (place: string): boolean => profileId === undefined || place.endsWith(` ${profileId}`)
    return { postings: balances.postings.filter(({ from, to }) => touches(from) || touches(to)) }
  })
}
