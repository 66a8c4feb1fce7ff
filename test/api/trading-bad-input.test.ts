import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Reply } from '../operate/start-operator.ts'
import { startTradingApi, type TradingApi } from './trading-api.ts'

type Thing = Parameters<TradingApi['ask']>[0]
type Body = Record<string, unknown>

const BUY = { side: 'BUY', market: 'BTCUSD', type: 'MARKET', quoteAmount: '250.00' }
const LIMIT = { side: 'BUY', market: 'ETHUSD', type: 'LIMIT', baseAmount: '0.1', price: '3000' }
const STOP = { side: 'SELL', market: 'BTCUSD', type: 'STOP_LIMIT', baseAmount: '0.0001', price: '50000', stopPrice: '50000.25' }
const SELL = { side: 'SELL', market: 'BTCUSD', type: 'MARKET', baseAmount: '0.0001' }
const QUOTE = { quoteId: 'q', quoteAmount: '250.00' }
const DEPOSIT = { asset: 'USD', amount: '10.00' }

/** Wrong spellings of an amount, and what the answer says about each. */
const WRONG_AMOUNTS: readonly (readonly [value: unknown, message: RegExp])[] = [
  ['1e3', /has an exponent; write all digits/],
  ['1E+3', /has an exponent/],
  ['-1', /is negative; send an amount above zero/],
  ['0', /is zero; send an amount above zero/],
  ['0.00', /is zero/],
  ['.5', /begins with a point; write a digit before it/],
  ['5.', /is not a decimal/],
  ['1,5', /is not a decimal/],
  ['+1', /is not a decimal/],
  [' 1', /is not a decimal/],
  ['', /is not a decimal/],
  ['NaN', /is not a decimal/],
  ['1'.repeat(61), /is not a decimal/],
  ['0.123456789', /has 9 decimals; at most [28] are allowed/],
  [250, /is a number; send a decimal string/],
  [true, /is not a string; send a decimal string/],
  [['250.00'], /is not a string/],
]
const AMOUNT_FIELDS: readonly (readonly [Thing, Body, field: string])[] = [
  ['orders', BUY, 'quoteAmount'],
  ['orders', LIMIT, 'baseAmount'],
  ['orders', LIMIT, 'price'],
  ['orders', STOP, 'stopPrice'],
  ['quote-executions', QUOTE, 'quoteAmount'],
  ['quote-executions', { quoteId: 'q', baseAmount: '1' }, 'baseAmount'],
  ['deposits', DEPOSIT, 'amount'],
]

let api: TradingApi
beforeAll(async () => {
  api = await startTradingApi()
})
afterAll(() => api.close())

const fieldsOf = ({ body }: Reply): string[] => (body.errors ?? []).map(({ field }: { field: string }) => field)

/** The calls of Paxos that a request causes. The worker makes none, since no order is unfinished here. */
async function costs(work: () => Promise<unknown>): Promise<{ reads: number; writes: number }> {
  const before = api.upstream()
  await work()
  const after = api.upstream()
  return { reads: after.reads - before.reads, writes: after.writes - before.writes }
}

describe('an amount in a wrong spelling', () => {
  it.each(AMOUNT_FIELDS)('is refused with a remedy and without a call of Paxos: %s %j, %s', async (thing, body, field) => {
    const spent = await costs(async () => {
      for (const [value, message] of WRONG_AMOUNTS) {
        const refused = await api.ask(thing, { ...body, [field]: value }, { key: 'never-used' })
        const about = JSON.stringify(value)
        expect([about, refused.status, refused.body.code]).toEqual([about, 400, 'REQUEST_INVALID'])
        expect(refused.body.errors, about).toEqual([{ field, message: expect.stringMatching(message) }])
      }
    })
    expect(spent).toEqual({ reads: 0, writes: 0 })
  })
})

describe('an invalid body', () => {
  it.each<[string, Thing, unknown, string[]]>([
    ['an order with both amounts', 'orders', { ...BUY, baseAmount: '1' }, ['baseAmount']],
    ['an order with neither amount', 'orders', { ...BUY, quoteAmount: undefined }, ['quoteAmount']],
    ['a limit order by quote', 'orders', { ...LIMIT, baseAmount: undefined, quoteAmount: '300.00' }, ['baseAmount', 'quoteAmount']],
    ['an unknown field', 'orders', { ...BUY, quantity: '1' }, ['quantity']],
    ['an invalid market', 'orders', { ...BUY, market: 'btc/usd' }, ['market']],
    [
      'an order with every field wrong',
      'orders',
      { side: 'UP', market: 5, type: 'ODD', quoteAmount: 1, price: '-1', x: 1 },
      ['idempotency-key', 'market', 'price', 'quoteAmount', 'side', 'type', 'x'],
    ],
    ['an empty order', 'orders', [], ['body', 'idempotency-key']],
    ['a quote with both amounts', 'quote-executions', { ...QUOTE, baseAmount: '1' }, ['baseAmount', 'quoteAmount']],
    ['a quote with neither amount', 'quote-executions', { quoteId: 'q' }, ['baseAmount', 'quoteAmount']],
    [
      'a quote execution with every field wrong',
      'quote-executions',
      { quoteId: 'a b', x: 1 },
      ['idempotency-key', 'baseAmount', 'quoteAmount', 'quoteId', 'x'],
    ],
    ['a deposit with every field wrong', 'deposits', { asset: 'usd', amount: 10, x: 1 }, ['idempotency-key', 'amount', 'asset', 'x']],
    ['an empty deposit', 'deposits', {}, ['idempotency-key', 'amount', 'asset']],
  ])('is refused with all problems at once and without a call of Paxos: %s', async (_, thing, body, fields) => {
    const key = fields.includes('idempotency-key') ? {} : { key: 'never-used' }
    const spent = await costs(async () => {
      const refused = await api.ask(thing, body, key)
      expect([refused.status, refused.body.code]).toEqual([400, 'REQUEST_INVALID'])
      expect([...new Set(fieldsOf(refused))].sort()).toEqual(fields.toSorted())
    })
    expect(spent).toEqual({ reads: 0, writes: 0 })
  })
})

describe('an order that Paxos would refuse', () => {
  const refusedUnsent = async (thing: Thing, body: Body, { accountId }: { accountId?: string } = {}): Promise<Reply> => {
    let refused: Reply | undefined
    const spent = await costs(async () => {
      refused = await api.ask(thing, body, { key: 'never-used', ...(accountId === undefined ? {} : { accountId }) })
    })
    expect(spent.writes).toBe(0)
    if (!refused) throw new Error('unreachable')
    return refused
  }

  it('names a market that Paxos does not have: the answer names it', async () => {
    const refused = await refusedUnsent('orders', { ...BUY, market: 'NOPEUSD' })
    expect([refused.status, refused.body.code]).toEqual([422, 'NO_SUCH_MARKET'])
    expect(refused.body.detail).toMatch(/NOPEUSD.*GET \/v1\/markets/)
  })

  it('A21: is for a market that is closed to its side: the answer gives the reason', async () => {
    const close = (buy: string): Promise<Response> =>
      fetch(`${api.sandbox.url}/_sandbox/markets/BTCUSD`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ buy }),
      })
    await close('TRADING_SUSPENDED')
    const refused = await refusedUnsent('orders', BUY)
    await close('open')
    expect([refused.status, refused.body.code]).toEqual([422, 'ORDER_NOT_POSSIBLE'])
    expect(refused.body.errors).toEqual([{ field: 'market', message: expect.stringContaining('TRADING_SUSPENDED') }])
  })

  it('A25: uses a quote with less than two seconds left, or an unknown quote', async () => {
    const [quote] = (await api.call('GET', '/v1/quotes?market=BTCUSD')).body.items
    await api.pool.query(`UPDATE held_quote SET expires_at = now() + interval '1900 milliseconds' WHERE quote_id = $1`, [quote.id])
    const stale = await refusedUnsent('quote-executions', { quoteId: quote.id, quoteAmount: '250.00' })
    expect([stale.status, stale.body.code]).toEqual([409, 'QUOTE_EXPIRED'])
    expect(stale.body.detail).toMatch(/less than 2 s, so it was not sent/)
    // The simulator lists the same quote for a second: the next test must find it as it was.
    await api.pool.query('UPDATE held_quote SET expires_at = $2 WHERE quote_id = $1', [quote.id, quote.expiresAt])
    const unknown = await refusedUnsent('quote-executions', QUOTE)
    expect([unknown.status, unknown.body.code]).toEqual([404, 'NO_SUCH_QUOTE'])
  })

  it('A21: violates several limits: the answer names each', async () => {
    const refused = await refusedUnsent('orders', { ...LIMIT, baseAmount: '800', price: '3000.01' })
    expect([refused.status, new Set(fieldsOf(refused))]).toEqual([422, new Set(['price', 'baseAmount'])])
  })

  it('is a GTT order that ends within ten seconds', async () => {
    const soon = new Date(Date.now() + 9_000).toISOString()
    const refused = await refusedUnsent('orders', { ...LIMIT, timeInForce: 'GTT', expiresAt: soon })
    expect([refused.status, fieldsOf(refused)]).toEqual([422, ['expiresAt']])
  })

  it.each<[Thing, Body]>([
    ['orders', BUY],
    ['quote-executions', QUOTE],
    ['deposits', DEPOSIT],
  ])('is answered 404 for %s of an account at Paxos that is not ours, as for an unknown account', async (thing, body) => {
    const foreign = await refusedUnsent(thing, body, { accountId: await api.foreignAccount() })
    const nowhere = await refusedUnsent(thing, body, { accountId: 'no-such-account' })
    expect([foreign.status, foreign.body.code, nowhere.status, nowhere.body.code]).toEqual([404, 'ACCOUNT_UNKNOWN', 404, 'ACCOUNT_UNKNOWN'])
  })
})

describe('A7: the same Idempotency-Key with one field changed', () => {
  const reused = async (thing: Thing, first: Body, changes: Readonly<Record<string, Body>>): Promise<void> => {
    const key = `${thing}-${JSON.stringify(first)}`.replaceAll(/[^\w-]/g, '').slice(0, 200)
    const made = await api.ask(thing, first, { key })
    expect([201, 202]).toContain(made.status)
    const writes = await costs(async () => {
      for (const [field, change] of Object.entries(changes)) {
        const refused = await api.ask(thing, { ...first, ...change }, { key })
        expect([field, refused.status, refused.body.code]).toEqual([field, 422, 'IDEMPOTENCY_KEY_REUSED'])
        expect(refused.body.detail).toMatch(new RegExp(`\\b${field}\\b`))
      }
      const elsewhere = await api.ask(thing, first, { key, accountId: await api.openAccount() })
      expect([elsewhere.status, elsewhere.body.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED'])
      expect(elsewhere.body.detail).toMatch(/\baccountId\b/)
    })
    // Only the second customer's own account was read; neither money nor an order moved.
    expect(writes.writes).toBe(1)
    const again = await api.ask(thing, first, { key })
    expect(again.body.id).toBe(made.body.id)
  }
  const inAnHour = (minutes: number): string => new Date(Date.now() + 3_600_000 + minutes * 60_000).toISOString()

  it('is refused with the field, for every field of an order, and places nothing', async () => {
    const gtt = { ...LIMIT, timeInForce: 'GTT', expiresAt: inAnHour(0) }
    await reused('orders', gtt, {
      side: { side: 'SELL' },
      market: { market: 'BTCUSD' },
      type: { type: 'POST_ONLY_LIMIT' },
      baseAmount: { baseAmount: '0.10000001' },
      price: { price: '3000.05' },
      expiresAt: { expiresAt: inAnHour(1) },
    })
    await reused('orders', LIMIT, { timeInForce: { timeInForce: 'FOK' } })
    await reused('orders', BUY, { quoteAmount: { quoteAmount: '250.01' } })
    await reused('orders', SELL, { baseAmount: { baseAmount: '0.00010001' } })
    await reused('orders', STOP, { stopPrice: { stopPrice: '50000.5' } })
  })

  it('is refused with the field, for every field of a quote execution, and executes nothing', async () => {
    const [quote, other] = (await api.call('GET', '/v1/quotes?market=BTCUSD')).body.items
    await reused(
      'quote-executions',
      { quoteId: quote.id, quoteAmount: '25.00' },
      {
        quoteId: { quoteId: other.id },
        quoteAmount: { quoteAmount: '25.01' },
        baseAmount: { quoteAmount: undefined, baseAmount: '0.001' },
      },
    )
  })

  it('is refused with the field, for every field of a deposit, and deposits nothing', async () => {
    await reused('deposits', DEPOSIT, { asset: { asset: 'BTC' }, amount: { amount: '10.01' } })
  })

  it('is the same request when only the spelling differs: 250.00 and 250.0', async () => {
    const made = await api.ask('orders', BUY, { key: 'spelt' })
    const again = await api.ask('orders', { ...BUY, quoteAmount: '250.0' }, { key: 'spelt' })
    expect([made.status, again.status, again.body.id]).toEqual([201, 200, made.body.id])
  })

  it('is answered with the order even after the end of its GTT', async () => {
    const order = { ...LIMIT, timeInForce: 'GTT', expiresAt: inAnHour(2) }
    const made = await api.ask('orders', order, { key: 'gtt' })
    const passed = new Date(Date.now() - 60_000).toISOString()
    await api.pool.query('UPDATE trade_order SET expires_at = $1 WHERE order_id = $2', [passed, made.body.id])
    const again = await api.ask('orders', { ...order, expiresAt: passed }, { key: 'gtt' })
    expect([again.status, again.body.id]).toEqual([200, made.body.id])
  })
})
