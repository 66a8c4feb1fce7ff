import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import { FINAL, ORDER_SIDES, ORDER_STATES, ORDER_TYPES, type OrderRequest, type OrderState } from '../domain/trade/order.ts'
import { fieldErrors, sayIssue } from '../operate/input/field-errors.ts'
import { utcTime } from '../operate/say/say-time.ts'
import { OrderBody } from '../operate/trading/order-request.ts'
import type { OrderStory } from '../operate/trading/order-use-cases.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { UsageError } from '../platform/app-error.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { type OpenUseCases, parseCount, parseOneOf, systemUser, withUseCases } from './command-input.ts'
import { parseOpaqueId } from './parse-opaque-id.ts'
import { type Print, print as toStdout } from './print.ts'
import { registerShow } from './register-show.ts'
import { renderEntries } from './render-entries.ts'
import { renderTable } from './render-table.ts'

interface OrderFlags {
  market: string
  type: string
  baseAmount?: string
  quoteAmount?: string
  price?: string
  stopPrice?: string
  timeInForce?: string
  expiresAt?: string
  json?: boolean
}

interface PlaceFlags extends OrderFlags {
  idempotencyKey?: string
  operator: string
  wait?: boolean
}

/** Milliseconds that `--wait` waits for the end of an order, and milliseconds between checks. */
const WAIT_MS = 30_000
const POLL_EVERY_MS = 100

/** `order preview|place|list|show|cancel`. */
export function registerOrderCommands(program: Command, open: OpenUseCases, print: Print = toStdout): void {
  const order = program.command('order').description('orders of customers')
  registerPreview(order, open, print)
  registerPlace(order, open, print)
  registerReads(order, open, print)
  registerCancel(order, open, print)
}

function withOrderOptions(command: Command): Command {
  return command
    .argument('<account-id>', "the account's id at Paxos", parseOpaqueId)
    .argument('<side>', ORDER_SIDES.join(' or '), (text: string) => parseOneOf(ORDER_SIDES)(text.toUpperCase()))
    .requiredOption('--market <market>', 'for example BTCUSD')
    .option('--type <type>', ORDER_TYPES.join(', '), parseOneOf(ORDER_TYPES), 'MARKET')
    .option('--quote-amount <amount>', 'amount that a market buy spends')
    .option('--base-amount <amount>', 'amount that any other order trades')
    .option('--price <price>', 'for limit orders')
    .option('--stop-price <price>', 'for stop orders')
    .option('--time-in-force <time>', 'GTC, IOC, FOK or GTT')
    .option('--expires-at <time>', 'for GTT')
    .option('--json', 'print JSON')
}

function registerPreview(order: Command, open: OpenUseCases, print: Print): void {
  withOrderOptions(order.command('preview'))
    .description('show the expected result of an order and every limit that would refuse it; sends nothing')
    .action(async (accountId: string, side: string, flags: OrderFlags) => {
      const request = readFlags(side, flags)
      await withUseCases(open, async (useCases) => {
        const preview = await useCases.previewOrder(accountId, request)
        if (flags.json) return print(JSON.stringify(preview, null, 2))
        const { pays, obstacles, dust, commission } = preview
        print(`Costs ${pays.amount ?? 'the market price'} ${pays.asset}. Available afterwards: ${pays.availableAfter ?? 'unknown'}.`)
        print(`Commission: ${commission.note}, because Paxos publishes no rate. It is charged in ${commission.asset}.`)
        if (dust) print(`${dust} ${pays.asset} would remain, which is too little to sell.`)
        for (const { field, message, nearest } of obstacles)
          print(`Refused: ${field} ${message}${nearest ? `; nearest valid value ${nearest}` : ''}`)
      })
    })
}

function registerPlace(order: Command, open: OpenUseCases, print: Print): void {
  withOrderOptions(order.command('place'))
    .description('place an order; repeating with the same key places no second one')
    .option('--idempotency-key <key>', 'use the same key to repeat safely; default: a new key')
    .option('--operator <name>', 'your name, for the audit', systemUser())
    .option('--wait', `wait up to ${WAIT_MS / 1_000} s until it has ended`)
    .action(async (accountId: string, side: string, { idempotencyKey = randomUUID(), operator, wait, ...flags }: PlaceFlags) => {
      const request = readFlags(side, flags)
      await withUseCases(open, async (useCases) => {
        const placed = await useCases.placeOrder({ accountId, idempotencyKey, request }, { kind: 'operator', name: operator })
        const end = wait ? await waitForEnd(useCases, placed.order) : placed.order
        print(flags.json ? JSON.stringify(end, null, 2) : sayOrder(end))
        if (wait && !FINAL.includes(end.state)) process.exitCode = 1
      })
    })
}

function registerReads(order: Command, open: OpenUseCases, print: Print): void {
  order
    .command('list')
    .description('list orders, newest first')
    .option('--account <account-id>', 'only orders of this account', parseOpaqueId)
    .option('--state <state>', `only: ${ORDER_STATES.join(', ')}`, parseOneOf(ORDER_STATES))
    .option('--limit <number>', 'most entries to list', parseCount(200), 50)
    .option('--cursor <cursor>', 'continue after the previous page')
    .option('--json', 'print JSON')
    .action(
      async ({ account, json, ...query }: { account?: string; state?: OrderState; limit: number; cursor?: string; json?: boolean }) => {
        await withUseCases(open, async (useCases) => {
          const page = await useCases.listOrders({ ...query, accountId: account })
          if (json) return print(JSON.stringify(page, null, 2))
          if (page.items.length === 0) return print('No orders.')
          const rows = page.items.map((each) => [
            utcTime(each.createdAt).slice(0, 19),
            each.state,
            each.orderId,
            `${each.side} ${each.baseAmount ?? each.quoteAmount} ${each.market}`,
            each.amountFilled,
          ])
          print(renderTable(['CREATED (UTC)', 'STATE', 'ORDER', 'WHAT', 'FILLED'], rows))
          if (page.nextCursor) print(`\nMore orders: add --cursor ${page.nextCursor}`)
        })
      },
    )
  registerShow(
    order,
    { open, print },
    {
      description: 'show one order with its executions and ledger entries',
      argument: ['order-id', 'starts with order-'],
      parse: parseOpaqueId,
      find: (useCases, orderId) => useCases.getOrder(orderId),
      render: sayOrder,
      unknown: (orderId) => `Unknown order ${orderId}. ${GATEHOUSE} order list shows the known ones.`,
    },
  )
}

function registerCancel(order: Command, open: OpenUseCases, print: Print): void {
  order
    .command('cancel')
    .description('request the cancellation of an order')
    .argument('<order-id>', 'starts with order-', parseOpaqueId)
    .option('--operator <name>', 'your name, for the audit', systemUser())
    .option('--wait', `wait up to ${WAIT_MS / 1_000} s until it has ended`)
    .action(async (orderId: string, { operator, wait }: { operator: string; wait?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const asked = await useCases.cancelOrder(orderId, { kind: 'operator', name: operator })
        print(sayOrder(wait ? await waitForEnd(useCases, asked) : asked))
      })
    })
}

/** The order once it has ended, or its current state when the wait ends. */
export async function waitForEnd(useCases: Pick<OperatorUseCases, 'getOrder'>, order: OrderStory): Promise<OrderStory> {
  const until = Date.now() + WAIT_MS
  let current = order
  while (!(FINAL.includes(current.state) && current.settled) && current.state !== 'held' && Date.now() < until) {
    await sleep(POLL_EVERY_MS)
    current = (await useCases.getOrder(order.orderId)) ?? current
  }
  return current
}

/** @throws UsageError naming every wrong field */
function readFlags(side: string, { json: _, ...flags }: OrderFlags): OrderRequest {
  const parsed = OrderBody.safeParse({ side, ...flags }, { error: sayIssue })
  if (parsed.success) return parsed.data
  const wrong = fieldErrors(parsed.error, { known: [], whole: 'the order' })
  throw new UsageError(`the order is not valid:\n${wrong.map(({ field, message }) => `  - ${field} ${message}`).join('\n')}`)
}

function sayOrder({
  orderId,
  state,
  reason,
  side,
  market,
  amountFilled,
  averagePrice,
  baseAsset,
  executions,
  timeline,
}: OrderStory): string {
  const price = averagePrice === null ? '' : ` at ${averagePrice}`
  return [
    `order ${orderId}: ${side} ${market}, ${state}${reason ? ` (${reason})` : ''}`,
    `filled ${amountFilled} ${baseAsset}${price} in ${executions.length} executions`,
    '',
    ...renderEntries(timeline),
  ].join('\n')
}
