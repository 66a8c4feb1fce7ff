import { describe, expect, it, vi } from 'vitest'
import { json, type Reply, startMisbehavingPaxos } from './misbehaving-paxos.ts'
import { ACCOUNT_ID, IDENTITY_ID, newIdentity, PROFILE_ID } from './paxos-bodies.ts'

const ORDER_ID = '3f0c0b52-0a59-4f0e-b6d4-0d1ce5f0a001'
const NO_ID = '00000000-0000-0000-0000-000000000000'
const order = {
  id: ORDER_ID,
  profile_id: PROFILE_ID,
  ref_id: 'order-1',
  status: 'OPEN',
  side: 'BUY',
  market: 'ETHUSD',
  type: 'LIMIT',
  base_amount: '1.5',
  quote_amount: '',
  price: '2000.05',
  amount_filled: '0.00000000',
  volume_weighted_average_price: '',
  created_at: '2026-03-02T09:15:30.648489333Z',
}
const newOrder = {
  ref_id: 'order-1',
  side: 'BUY',
  market: 'ETHUSD',
  type: 'MARKET',
  quote_amount: '250.00',
  identity_id: IDENTITY_ID,
  identity_account_id: ACCOUNT_ID,
} as const

const problem = (slug: string, status: number, meta: object = {}, detail?: string): Reply =>
  json(status, { type: `https://developer.paxos.com/docs/v2/problems/${slug}`, title: 'A Title', status, detail, meta })

describe('orders', () => {
  it('are created under their ref_id, and an empty string reads as not applicable', async () => {
    const { paxos, reply, seen } = await startMisbehavingPaxos()
    reply(json(200, order))
    const created = await paxos.orders.create(PROFILE_ID, newOrder)
    expect(created).toMatchObject({ id: ORDER_ID, refId: 'order-1', status: 'OPEN', quoteAmount: null, averagePrice: null })
    expect(JSON.parse(JSON.stringify(created))).toMatchObject({ baseAmount: '1.5', price: '2000.05', amountFilled: '0' })
    expect(seen).toMatchObject([{ method: 'POST', url: `/v2/profiles/${PROFILE_ID}/orders` }])
    expect(JSON.parse(seen[0]!.body)).toEqual(newOrder)
  })

  it('A3: do not compile without a ref_id', async () => {
    const { paxos, reply } = await startMisbehavingPaxos()
    reply(json(200, order))
    const { ref_id: _, ...keyless } = newOrder
    // @ts-expect-error: the ref_id makes a second try harmless
    await paxos.orders.create(PROFILE_ID, keyless)
  })

  it('accept an id that is not a UUID, and unknown statuses and fields', async () => {
    const { paxos, reply } = await startMisbehavingPaxos()
    reply(json(200, { ...order, id: 'ord_01HZX9', status: 'PONDERING', settled: true, side: undefined }))
    expect(await paxos.orders.get(PROFILE_ID, 'ord_01HZX9')).toMatchObject({ id: 'ord_01HZX9', status: 'PONDERING', side: '' })
  })

  it('are cancelled by DELETE, for an empty answer and for an empty object', async () => {
    const { paxos, reply, seen } = await startMisbehavingPaxos()
    reply((_, response) => response.writeHead(200).end())
    await paxos.orders.cancel(PROFILE_ID, ORDER_ID)
    reply(json(200, {}))
    await paxos.orders.cancel(PROFILE_ID, ORDER_ID)
    expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual(Array(2).fill(`DELETE /v2/profiles/${PROFILE_ID}/orders/${ORDER_ID}`))
  })

  it('are looked up by several ref_ids over all profiles', async () => {
    const { paxos, reply, seen } = await startMisbehavingPaxos()
    reply(json(200, { items: [order], next_page_cursor: '' }))
    const page = await paxos.orders.list({ refIds: ['order-1', 'order-2'], limit: 1000, orderedFrom: '2026-03-01T00:00:00Z' })
    expect(page).toMatchObject({ orders: [{ id: ORDER_ID }], nextCursor: null })
    expect(seen[0]?.url).toBe('/v2/orders?order_time.begin=2026-03-01T00%3A00%3A00Z&ref_ids=order-1&ref_ids=order-2&limit=1000')
  })

  it.each([
    ['a missing amount', { base_amount: 'many' }],
    ['an amount with an exponent', { amount_filled: '1e3' }],
    ['a number as amount', { price: 2000.05 }],
  ])('are rejected with %s, and the outcome of the write is unknown', async (_, difference) => {
    const { paxos, reply } = await startMisbehavingPaxos()
    reply(json(200, { ...order, ...difference }))
    await expect(paxos.orders.create(PROFILE_ID, newOrder)).rejects.toMatchObject({ code: 'PAXOS_ANSWER_MALFORMED', retry: 'ask-first' })
  })
})

describe('a refusal', () => {
  it.each([
    ['insufficient-funds', 403, { asset: 'USD', available: '10.00', needed: '250.00' }],
    ['expired', 403, { expired_at: '2026-03-02T09:15:30Z' }],
    ['notional-value-too-large', 403, { max_notional_value: '500000' }],
    ['exceed-precision', 400, {}],
    ['identity-verification-required', 403, { current_status: 'PENDING' }],
  ])('of type %s is distinct from a forbidden call and carries its figures', async (slug, status, meta) => {
    const { paxos, reply } = await startMisbehavingPaxos()
    reply(problem(slug, status, meta))
    await expect(paxos.orders.create(PROFILE_ID, newOrder)).rejects.toMatchObject({
      code: 'PAXOS_REFUSED',
      retry: 'never',
      problem: slug,
      meta,
    })
  })

  it.each([
    ['a missing scope', { type: 'about:blank', title: 'Forbidden', detail: "insufficient scopes: found '', required one of '[x]'" }],
    ['an unknown type', { type: 'https://developer.paxos.com/docs/v2/problems/brand-new', title: 'New' }],
  ])('is a forbidden call for %s', async (_, body) => {
    const { paxos, reply } = await startMisbehavingPaxos()
    reply(json(403, { status: 403, ...body }))
    await expect(paxos.orders.create(PROFILE_ID, newOrder)).rejects.toMatchObject({ code: 'PAXOS_FORBIDDEN' })
  })

  it('with 409 carries the whole existing order', async () => {
    const { paxos, reply } = await startMisbehavingPaxos()
    const existing = { id: ORDER_ID, ref_id: 'order-1', status: 'FILLED', side: 'BUY' }
    reply(problem('already-exists', 409, { existing }, "order already exists with ref_id 'order-1'"))
    await expect(paxos.orders.create(PROFILE_ID, newOrder)).rejects.toMatchObject({
      code: 'PAXOS_CONFLICT',
      existingId: ORDER_ID,
      existing,
    })
  })

  it('with 409 carries only the id of an existing person', async () => {
    const { paxos, reply } = await startMisbehavingPaxos()
    const existing = { id: IDENTITY_ID, first_name: 'Ada' }
    reply(problem('already-exists', 409, { existing }, 'duplicate ref_id provided'))
    await expect(paxos.identities.create(newIdentity)).rejects.toMatchObject({ existingId: IDENTITY_ID, existing: null, meta: {} })
  })
})

describe('an access token', () => {
  it('is requested per feature, so that a missing scope stops no other feature', async () => {
    const { paxos, reply, replyToken, tokenRequests } = await startMisbehavingPaxos()
    replyToken((seen, ...rest) => {
      const scope = new URLSearchParams(seen.body).get('scope') ?? ''
      const answer = scope.includes('exchange:')
        ? json(400, { error: 'invalid_scope' })
        : json(200, { access_token: 't', expires_in: 3599, scope })
      answer(seen, ...rest)
    })
    reply(json(200, { items: [] }))
    await expect(paxos.orders.create(PROFILE_ID, newOrder)).rejects.toMatchObject({
      code: 'PAXOS_SCOPE_MISSING',
      missing: ['exchange:read_order', 'exchange:write_order'],
    })
    expect(await paxos.balances.list(PROFILE_ID)).toEqual([])
    expect(tokenRequests).toHaveLength(2)
  })

  it('is neither requested nor sent for public markets', async () => {
    const { paxos, reply, seen, tokenRequests } = await startMisbehavingPaxos()
    reply(
      json(200, {
        markets: [
          {
            market: 'ETHUSD',
            base_asset: 'ETH',
            quote_asset: 'USD',
            tick_rate: '0.05',
            min_base_amount: '0.00000001',
            max_quote_amount: '',
            market_status: { buy_status: 'AVAILABLE', sell_status: 'UNAVAILABLE', sell_reason: 'TRADING_SUSPENDED' },
          },
          { market: 'NEWUSD', base_asset: 'NEW', quote_asset: 'USD' },
        ],
      }),
    )
    expect(JSON.parse(JSON.stringify(await paxos.markets.list()))).toMatchObject([
      {
        market: 'ETHUSD',
        tickRate: '0.05',
        minBaseAmount: '0.00000001',
        maxQuoteAmount: null,
        buy: { available: true, reason: null },
        sell: { available: false, reason: 'TRADING_SUSPENDED' },
      },
      { market: 'NEWUSD', tickRate: null, buy: { available: false } },
    ])
    expect(seen).toMatchObject([{ url: '/v2/markets', authorization: undefined }])
    expect(tokenRequests).toEqual([])
  })
})

describe('executions', () => {
  const execution = (id: string, over: object = {}) => ({
    execution_id: id,
    order_id: ORDER_ID,
    executed_at: '2026-03-02T09:15:31Z',
    amount: '0.1',
    price: '2000',
    commission: '0.1234567890123456789',
    commission_asset: 'USD',
    rebate: '',
    rebate_asset: '',
    ...over,
  })

  it('A15: are listed once each when a page repeats one, and only those of the order', async () => {
    const { paxos, reply } = await startMisbehavingPaxos()
    reply((seen, ...rest) =>
      json(
        200,
        seen.url.includes('page_cursor')
          ? { items: [execution('2'), execution('3'), execution('4', { order_id: 'other' })], next_page_cursor: '' }
          : { items: [execution('1'), execution('2')], next_page_cursor: 'c2' },
      )(seen, ...rest),
    )
    const executions = await paxos.executions.listOfOrder(ORDER_ID)
    expect(executions.map(({ id }) => id)).toEqual(['1', '2', '3'])
    expect(JSON.stringify(executions[0])).toContain('"commission":"0.1234567890123456789"')
    expect(executions[0]).toMatchObject({ rebate: null, rebateAsset: null })
  })

  it('A50: take a call of the shared budget for each page', async () => {
    const { paxos, reply, budget } = await startMisbehavingPaxos()
    const acquired = vi.spyOn(budget, 'acquire')
    const cursors = ['c2', 'c3', '']
    reply((...given) => json(200, { items: [], next_page_cursor: cursors.shift() })(...given))
    await paxos.executions.listOfOrder(ORDER_ID)
    expect(acquired.mock.calls.filter(([endpointClass]) => endpointClass === 'general')).toHaveLength(3)
  })

  it('A48: end with an error when the listing never ends', async () => {
    const { paxos, reply } = await startMisbehavingPaxos()
    reply(json(200, { items: [], next_page_cursor: 'again' }))
    await expect(paxos.executions.listOfOrder(ORDER_ID)).rejects.toMatchObject({ code: 'PAXOS_ANSWER_MALFORMED' })
  })
})

describe('quotes, transfers, balances and deposits', () => {
  it('reads quotes of one market, which Paxos requires in the request', async () => {
    const { paxos, reply, seen } = await startMisbehavingPaxos()
    const quote = { id: 'q1', market: 'ETHUSD', side: 'BUY', price: '2000.1', base_asset: 'ETH', quote_asset: 'USD' }
    reply(json(200, { items: [{ ...quote, created_at: '2026-03-02T09:15:30Z', expires_at: '2026-03-02T09:16:00Z' }] }))
    expect(await paxos.quotes.ofMarket('ETHUSD')).toMatchObject([{ id: 'q1', expiresAt: '2026-03-02T09:16:00Z' }])
    expect(seen[0]?.url).toBe('/v2/quotes?markets=ETHUSD')
  })

  it('executes a quote under its ref_id with account_id, and reads an all-zero id as none', async () => {
    const { paxos, reply, seen } = await startMisbehavingPaxos()
    const answer = { id: 'x1', profile_id: PROFILE_ID, quote_id: 'q1', ref_id: 'quote-1', status: 'CREATED', market: 'ETHUSD', side: 'BUY' }
    const amounts = { price: '2000.1', base_amount: '0.1', base_asset: 'ETH', quote_amount: '200.01', quote_asset: 'USD' }
    reply(json(200, { ...answer, ...amounts, account_id: NO_ID }))
    const body = { ref_id: 'quote-1', quote_id: 'q1', identity_id: IDENTITY_ID, account_id: ACCOUNT_ID, base_amount: '0.1' }
    expect(await paxos.quoteExecutions.create(PROFILE_ID, body)).toMatchObject({ id: 'x1', refId: 'quote-1', status: 'CREATED' })
    expect(await paxos.quoteExecutions.get(PROFILE_ID, 'x1')).toMatchObject({ id: 'x1' })
    expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `POST /v2/profiles/${PROFILE_ID}/quote-executions`,
      `GET /v2/profiles/${PROFILE_ID}/quote-executions/x1`,
    ])
  })

  it('reads a wire deposit less its fee', async () => {
    const { paxos, reply } = await startMisbehavingPaxos()
    const transfer = { id: 't1', customer_id: 'c', profile_id: PROFILE_ID, amount: '150.33', fee: '30', total: '120.33', asset: 'USD' }
    const rest = { direction: 'CREDIT', type: 'WIRE_DEPOSIT', status: 'COMPLETED', created_at: 'a', updated_at: 'b', account_id: NO_ID }
    reply(json(200, { items: [{ ...transfer, ...rest }], next_page_cursor: null }))
    const page = await paxos.transfers.list({ profileIds: [PROFILE_ID], updatedFrom: '2026-03-02T09:15:30Z' })
    expect(JSON.parse(JSON.stringify(page.transfers[0]))).toMatchObject({ amount: '150.33', fee: '30', total: '120.33', accountId: null })
    reply(json(200, { ...transfer, ...rest }))
    expect(await paxos.transfers.get('t1')).toMatchObject({ id: 't1', status: 'COMPLETED' })
  })

  it('reads balances and funds a Sandbox profile', async () => {
    const { paxos, reply, seen } = await startMisbehavingPaxos()
    reply(json(200, { items: [{ asset: 'USD', available: '9750.00', trading: '250.00' }] }))
    expect(JSON.parse(JSON.stringify(await paxos.balances.list(PROFILE_ID)))).toEqual([{ asset: 'USD', available: '9750', trading: '250' }])
    reply(json(200, { activity_id: 'a1' }))
    expect(await paxos.deposits.fundSandbox(PROFILE_ID, { asset: 'USD', amount: '10000.00' })).toBe('a1')
    expect(seen.at(-1)).toMatchObject({ url: `/v2/sandbox/profiles/${PROFILE_ID}/deposit`, body: '{"asset":"USD","amount":"10000.00"}' })
  })

  it('sends a Sandbox wire with the memo of the instructions', async () => {
    const { paxos, reply, seen } = await startMisbehavingPaxos()
    reply(json(200, {}))
    expect(await paxos.deposits.sendWire({ memoId: 'M7', asset: 'USD', amount: '150.33' })).toBeUndefined()
    expect(seen).toMatchObject([{ method: 'POST', url: '/v2/sandbox/fiat-deposits' }])
    const { fiat_network_instructions: sender, ...body } = JSON.parse(seen[0]!.body)
    expect(body).toEqual({ amount: '150.33', asset: 'USD', memo_id: 'M7' })
    expect(sender).toMatchObject({ wire: { account_number: expect.any(String), routing_details: { routing_number_type: 'ABA' } } })
  })

  it('creates deposit instructions under a ref_id and reads them again', async () => {
    const { paxos, reply, seen } = await startMisbehavingPaxos()
    const instructions = { id: 'i1', profile_id: PROFILE_ID, identity_id: IDENTITY_ID, status: 'VALID', memo_id: 'M7', ref_id: 'r1' }
    reply(json(200, { ...instructions, fiat_network_instructions: { wire: { account_number: '1' } }, created_at: 'a' }))
    const body = { ref_id: 'r1', profile_id: PROFILE_ID, identity_id: IDENTITY_ID, account_id: ACCOUNT_ID, fiat_network: 'WIRE' }
    expect(await paxos.deposits.createInstructions(body)).toMatchObject({ id: 'i1', memoId: 'M7', accountId: null })
    expect(await paxos.deposits.getInstructions('i1')).toMatchObject({ networkInstructions: { wire: { account_number: '1' } } })
    expect(JSON.parse(seen[0]!.body)).toEqual(body)
  })
})

describe('A1, A4: when the answer to an order is cut off', () => {
  const whole = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}`
  it.each(Array.from({ length: whole.length }, (_, bytes) => bytes))(
    'after %i bytes, the outcome is unknown and never refused',
    async (bytes) => {
      const { paxos, reply } = await startMisbehavingPaxos({ timeoutMs: 2_000 })
      reply((_, response) => response.socket?.end(whole.slice(0, bytes)))
      await expect(paxos.orders.create(PROFILE_ID, newOrder)).rejects.toMatchObject({ code: 'PAXOS_OUTCOME_UNKNOWN', retry: 'ask-first' })
    },
  )
})
