import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { decimal } from '../../../src/sandbox/money/decimal.ts'
import type { Answer } from '../start-sandbox.ts'
import { startTrader, type Trader } from './trader.ts'

async function quoteOf({ call }: Trader, side: 'BUY' | 'SELL'): Promise<Record<string, string>> {
  const { items } = (await call('GET', '/quotes?markets=BTCUSD')).body as unknown as { items: Record<string, string>[] }
  return items.find((quote) => quote.side === side) ?? {}
}

function execute({ call, profileId, identityId, accountId }: Trader, body: Record<string, unknown>): Promise<Answer> {
  return call('POST', `/profiles/${profileId}/quote-executions`, { identity_id: identityId, account_id: accountId, ...body })
}

describe('a held-rate quote', () => {
  it('is offered for both sides for 30 s, and stays the same within a second', async () => {
    const trader = await startTrader()
    const [buy, sell] = [await quoteOf(trader, 'BUY'), await quoteOf(trader, 'SELL')]
    expect(Date.parse(buy.expires_at ?? '') - Date.parse(buy.created_at ?? '')).toBe(30_000)
    expect(decimal(buy.price ?? '').gt(sell.price ?? '')).toBe(true)
    expect((await trader.call('GET', '/quotes')).body.detail).toBe('markets: is required')
  })

  it('debits at once and credits when it settles, and a BUY by quote amount floors the base amount', async () => {
    const trader = await startTrader({ settleDelayMs: 150 })
    const quote = await quoteOf(trader, 'BUY')
    const { status, body } = await execute(trader, { quote_id: quote.id, quote_amount: '100.00', ref_id: 'held' })
    expect([status, body]).toMatchObject([
      200,
      { status: 'CREATED', quote_amount: '100.00', price: quote.price, account_id: trader.accountId },
    ])
    const bought = decimal('100')
      .div(quote.price ?? '')
      .round(8, 0)
      .toFixed()
    expect(body.base_amount).toBe(bought)
    expect([await trader.balance('USD'), await trader.balance('BTC')]).toMatchObject([{ available: '9900' }, { available: '0' }])
    const read = async (): Promise<unknown> =>
      (await trader.call('GET', `/profiles/${trader.profileId}/quote-executions/${body.id}`)).body.status
    await expect.poll(read).toBe('SETTLED')
    expect(await trader.balance('BTC')).toEqual({ available: bought, trading: '0' })
    for (const asset of ['USD', 'BTC']) expect(trader.sandbox.balances.imbalance(asset).toFixed()).toBe('0')
  })

  it('floors the quote amount of a SELL by base amount', async () => {
    const trader = await startTrader()
    await trader.deposit('1', 'BTC')
    const quote = await quoteOf(trader, 'SELL')
    const { body } = await execute(trader, { quote_id: quote.id, base_amount: '0.12345678' })
    expect(body.quote_amount).toBe(
      decimal('0.12345678')
        .times(quote.price ?? '')
        .round(2, 0)
        .toFixed(2),
    )
  })

  it('is executed once per ref_id: the second time 409 with the whole execution', async () => {
    const trader = await startTrader()
    const quote = await quoteOf(trader, 'BUY')
    const first = (await execute(trader, { quote_id: quote.id, quote_amount: '100.00', ref_id: 'held' })).body
    const second = await execute(trader, { quote_id: quote.id, quote_amount: '100.00', ref_id: 'held' })
    expect(second.body).toMatchObject({
      status: 409,
      title: 'Already Exists',
      detail: "quote execution already exists with ref_id 'held'",
      meta: { existing: { id: first.id, ref_id: 'held', quote_id: quote.id, quote_amount: '100.00' } },
    })
    expect((await trader.balance('USD')).available).toBe('9900')
    const list = (await trader.call('GET', `/profiles/${trader.profileId}/quote-executions?side=BUY&market=BTCUSD`)).body.items
    expect(list.map(({ id }) => id)).toEqual([first.id])
  })

  it('is answered 403 expired after its end, with the documented text and meta', async () => {
    const trader = await startTrader()
    const quote = await quoteOf(trader, 'BUY')
    vi.useFakeTimers({ toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    vi.setSystemTime(Date.parse(quote.expires_at ?? ''))
    expect((await execute(trader, { quote_id: quote.id, quote_amount: '100.00' })).body).toEqual({
      type: 'https://developer.paxos.com/docs/v2/problems/expired',
      title: 'Expired',
      status: 403,
      detail: `quote ${quote.id} expired at ${quote.expires_at}`,
      meta: { expired_at: quote.expires_at },
    })
  })

  it.each<[number, string, Record<string, unknown>]>([
    [404, 'quote not found with id nothing', { quote_id: 'nothing' }],
    [400, 'exactly one of base_amount, quote_amount must be set', { base_amount: '1' }],
    [400, 'max precision allowed for asset USD is 2', { quote_amount: '1.001' }],
    [400, "invalid amount '-1': must be positive decimal", { quote_amount: '-1' }],
    [403, 'notional value too large', { quote_amount: '50000.01' }],
    [403, 'insufficient USD funds', { quote_amount: '10000.01' }],
    [403, 'extreme market conditions have invalidated this quote execution', { quote_amount: '666.12' }],
    [400, 'identity_account_id: unknown field', { identity_account_id: 'x' }],
  ])('is answered %i: %s', async (status, detail, change) => {
    const trader = await startTrader()
    const quote = await quoteOf(trader, 'BUY')
    const answer = await execute(trader, { quote_id: quote.id, quote_amount: '100.00', ...change })
    expect([answer.status, answer.body.detail]).toEqual([status, expect.stringContaining(detail)])
    expect((await trader.balance('USD')).available).toBe('10000')
  })

  it('is answered 503 with the documented text when quotes are disabled', async () => {
    const { call } = await startTrader({ quotesEnabled: false })
    expect((await call('GET', '/quotes?markets=BTCUSD')).body).toMatchObject({ status: 503, detail: 'quotes disabled' })
  })
})
