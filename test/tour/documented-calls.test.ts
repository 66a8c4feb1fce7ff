import { describe, expect, it } from 'vitest'
import { CONTINUE_CLOSING } from '../../src/domain/account/account-closing.ts'
import type { Pipeline } from '../saga/start-pipeline.ts'
import { completes, createWorld, eventually, type World } from '../saga/world.ts'
import { hasDocument, violationsOf } from '../sandbox/paxos-document.ts'
import { startRecordingProxy } from '../support/recording-proxy.ts'
import { withdrawManually } from './account-at-paxos.ts'
import { accountsOf } from './accounts-of.ts'
import { bankOf } from './bank.ts'
import { openTrader, TESTER, type Trader } from './trader.ts'

/** Every operation of trading that a customer's day needs. */
const NEEDED = [
  'GET /markets',
  'GET /profiles/{id}/balances',
  'POST /sandbox/profiles/{id}/deposit',
  'POST /profiles/{id}/orders',
  'GET /orders',
  'DELETE /profiles/{id}/orders/{id}',
  'GET /executions',
  'GET /quotes',
  'POST /profiles/{id}/quote-executions',
  'GET /profiles/{id}/quote-executions/{id}',
  'POST /transfer/fiat-deposit-instructions',
  'GET /transfer/fiat-deposit-instructions',
  'GET /transfer/fiat-deposit-instructions/{id}',
  'POST /sandbox/fiat-deposits',
  'GET /transfer/transfers',
  'GET /transfer/transfers/{id}',
  'PUT /identity/accounts',
]

const nameOf = (method: string, path: string): string => `${method} ${(path.split('?')[0] ?? '').replaceAll(/\/[0-9a-f-]{36}/g, '/{id}')}`

describe.skipIf(!hasDocument)("what goes over the wire beside Paxos's OpenAPI document", () => {
  it('has 0 violations, in each request of the client and each answer of the simulator, refusals included', {
    timeout: 60_000,
  }, async () => {
    const world = await createWorld({ kind: 'postgres' }, { cancelDelayMs: 100, wireDelayMs: 500 })
    const proxy = await startRecordingProxy(world.sandbox.url)
    const pipeline = await world.start({ paxos: proxy })
    const trader = await openTrader(world, pipeline)
    await tradeForADay(trader)
    await wireForADay({ world, pipeline, trader })
    await completes(pipeline)
    expect(await trader.drift()).toEqual({})
    await closeInTheEvening({ world, pipeline, trader })

    const seen = new Set(proxy.calls.map(({ method, path }) => nameOf(method, path)))
    expect(NEEDED.filter((name) => !seen.has(name))).toEqual([])
    expect(proxy.calls.some(({ status }) => status >= 400)).toBe(true)
    expect(proxy.calls.flatMap((call) => violationsOf(call))).toEqual([])
  })
})

/** Instructions whose answer is lost, one refused, and a wire that is read by its event, by the poll and after its return. */
async function wireForADay({ world, pipeline, trader }: { world: World; pipeline: Pipeline; trader: Trader }): Promise<void> {
  const { useCases, accountId } = trader
  const [bank, instruct] = [bankOf(world.sandbox), 'POST /transfer/fiat-deposit-instructions'] as const
  world.sandbox.faults.arm({ on: instruct, do: 'act-then-answer', next: 1 })
  const ask = (network: 'WIRE' | 'RTP', routingNumberType: 'SWIFT' | null) =>
    useCases.requestInstructions({ accountId, idempotencyKey: `in-${network}`, network, routingNumberType }, TESTER)
  const { instructionsId } = (await ask('WIRE', 'SWIFT')).instructions
  const instructions = await eventually(
    () => useCases.getInstructions(instructionsId),
    (seen) => seen?.state === 'created',
  )
  await ask('RTP', null)
  const paxosTransferId = bank.wire(instructions!, '150.33')
  await pipeline.accept(bank.events()[0]!)
  const completed = ({ items }: { items: readonly { state: string }[] }) => items[0]?.state === 'completed'
  await eventually(() => useCases.listTransfers({ accountId, limit: 10 }), completed)
  bank.takeBack(paxosTransferId)
  await sendAWire(trader, { world, instructionsId })
  await eventually(
    () => bank.events(),
    ({ length }) => length === 6,
  )
  for (const event of bank.events()) await pipeline.accept(event)
}

/** The account is closed, and a person takes the money out. */
async function closeInTheEvening({ world, pipeline, trader }: { world: World; pipeline: Pipeline; trader: Trader }): Promise<void> {
  const accounts = accountsOf(pipeline)
  const { accountId } = trader
  const { closing } = await accounts.closeAccount({ accountId, idempotencyKey: 'close', reason: 'the customer asked for it' }, TESTER)
  const look = async () => {
    const seen = await accounts.getClosing(accountId)
    if (seen.state !== 'waiting') return seen
    withdrawManually(world.sandbox, accountId, 'USD')
    await pipeline.inbox.setTimer({ streamId: closing.closingId, name: CONTINUE_CLOSING, dueAt: new Date() })
    return seen
  }
  await eventually(look, ({ state }) => state === 'closed')
}

/** A wire of ours whose answer is lost: it is found in the list of transfers. */
async function sendAWire({ useCases }: Trader, { world, instructionsId }: { world: World; instructionsId: string }): Promise<void> {
  world.sandbox.faults.arm({ on: 'POST /sandbox/fiat-deposits', do: 'act-then-answer', next: 1 })
  const asked = { instructionsId, idempotencyKey: 'wire', asset: 'USD', amount: '60.00' }
  await eventually(
    () => useCases.sendWire(asked, TESTER),
    ({ wire }) => wire.state === 'sent',
  )
}

/** One of each: filled, cancelled, refused by Paxos, sold by stop and limit, executed by quote. */
async function tradeForADay({ place, reaches, useCases, accountId }: Trader): Promise<void> {
  const buy = { side: 'BUY', market: 'BTCUSD', type: 'MARKET', quoteAmount: '250.00' }
  await reaches((await place('buy', buy)).orderId, 'filled')
  await reaches((await place('refused', { ...buy, quoteAmount: '666.13' })).orderId, 'rejected')
  const inAnHour = new Date(Date.now() + 3_600_000).toISOString()
  const open = { market: 'BTCUSD', baseAmount: '0.0001', timeInForce: 'GTT', expiresAt: inAnHour }
  const resting = [
    await place('limit', { ...open, side: 'BUY', type: 'LIMIT', price: '50000' }),
    await place('post', { ...open, side: 'BUY', type: 'POST_ONLY_LIMIT', price: '50000' }),
    await place('stop', { ...open, side: 'SELL', type: 'STOP_LIMIT', price: '50000', stopPrice: '50000.25' }),
    await place('stop-market', { ...open, side: 'SELL', type: 'STOP_MARKET', stopPrice: '50000.25' }),
  ]
  for (const { orderId } of resting) await useCases.cancelOrder(orderId, TESTER)
  for (const { orderId } of resting) await reaches(orderId, 'cancelled')
  const [quote] = await useCases.listQuotes('BTCUSD')
  const asked = { accountId, idempotencyKey: 'quote', quoteId: quote?.id ?? '', baseAmount: null, quoteAmount: '25.00' }
  await useCases.executeQuote(asked, TESTER)
}
