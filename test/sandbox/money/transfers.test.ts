import { describe, expect, it } from 'vitest'
import { startTrader, type Trader } from '../exchange/trader.ts'
import type { Answer, Body } from '../start-sandbox.ts'

const ADDRESS = { country: 'USA', address1: '456 Main Street', city: 'New York', province: 'NY', zip_code: '10101' }

async function instructions({ call, profileId, identityId, accountId }: Trader, more: Record<string, unknown> = {}): Promise<Answer> {
  return call('POST', '/transfer/fiat-deposit-instructions', {
    profile_id: profileId,
    identity_id: identityId,
    account_id: accountId,
    fiat_network: 'WIRE',
    ...more,
  })
}

function wire({ call }: Trader, memo_id: unknown, amount: unknown, more: Record<string, unknown> = {}): Promise<Answer> {
  const routing_details = { routing_number_type: 'ABA', routing_number: '123456789', bank_name: 'Some Bank', bank_address: ADDRESS }
  const fiat_network_instructions = { wire: { account_number: '1', fiat_account_owner_address: ADDRESS, routing_details } }
  return call('POST', '/sandbox/fiat-deposits', { amount, asset: 'USD', memo_id, fiat_network_instructions, ...more })
}

async function transfersOf({ call, profileId }: Trader, query = ''): Promise<Body[]> {
  return (await call('GET', `/transfer/transfers?profile_ids=${profileId}${query}`)).body.items
}

async function eventsOf({ call }: Trader): Promise<string[]> {
  return (await call('GET', '/events')).body.events.map(({ type }) => type).filter((type) => type.startsWith('transfer.'))
}

describe('a fiat deposit', () => {
  it('arrives by wire less its fee, and events tell it from PENDING to COMPLETED', async () => {
    const trader = await startTrader({ wireDelayMs: 20 })
    const { memo_id, ...rest } = (await instructions(trader, { ref_id: 'instructions-1' })).body
    expect(rest).toMatchObject({ status: 'VALID', ref_id: 'instructions-1', identity_id: trader.identityId })
    expect((await wire(trader, memo_id, '150.33')).body).toEqual({})
    await expect.poll(async () => (await transfersOf(trader))[0]?.status).toBe('COMPLETED')
    const [transfer] = await transfersOf(trader)
    expect(transfer).toMatchObject({
      amount: '150.33',
      fee: '30',
      total: '120.33',
      direction: 'CREDIT',
      type: 'WIRE_DEPOSIT',
      memo: memo_id,
    })
    expect((await trader.call('GET', `/transfer/transfers/${transfer!.id}`)).body).toEqual(transfer)
    expect((await trader.balance('USD')).available).toBe('10120.33')
    expect(await eventsOf(trader)).toEqual(['transfer.wire_deposit.pending', 'transfer.wire_deposit.completed'])
    const { events } = (await trader.call('GET', '/events?type=transfer.wire_deposit.completed')).body
    expect(events).toMatchObject([
      {
        object_type: 'transfer_status_change',
        object: { id: transfer!.id, type: 'WIRE_DEPOSIT', status: 'COMPLETED', profile_id: trader.profileId, memo: memo_id },
      },
    ])
    expect(trader.sandbox.balances.imbalance('USD').toFixed()).toBe('0')
  })

  it('fails, and is listed as FAILED, for the magic amount 666.11 and below the fee', async () => {
    const trader = await startTrader({ wireDelayMs: 5 })
    const { memo_id } = (await instructions(trader)).body
    for (const amount of ['666.11', '29.99']) await wire(trader, memo_id, amount)
    await expect.poll(async () => (await transfersOf(trader, '&statuses=FAILED')).length).toBe(2)
    expect((await trader.balance('USD')).available).toBe('10000')
  })

  it.each([
    ['new-transfer', 'COMPLETED', ['WIRE_WITHDRAWAL', 'WIRE_DEPOSIT'], 'transfer.wire_withdrawal.completed'],
    ['failed', 'FAILED', ['WIRE_DEPOSIT'], 'transfer.wire_deposit.failed'],
  ] as const)('A32: is returned late and listed as %s', async (lateReturnAs, status, types, event) => {
    const trader = await startTrader({ wireDelayMs: 5, lateReturnAs })
    const { memo_id } = (await instructions(trader)).body
    await wire(trader, memo_id, '1000.00')
    await expect.poll(async () => (await transfersOf(trader))[0]?.status).toBe('COMPLETED')
    const { id } = (await transfersOf(trader))[0]!
    expect((await trader.control('POST', `/transfers/${id}/return`)).status).toBe(200)
    const after = await transfersOf(trader)
    expect(after.map(({ type }) => type)).toEqual(types)
    expect(after.at(-1)?.status).toBe(status)
    expect((await eventsOf(trader)).at(-1)).toBe(event)
    expect((await trader.balance('USD')).available).toBe('10000')
    expect((await trader.control('POST', `/transfers/${id}/return`)).status).toBe(409)
  })

  it('is answered 400 for a wrong wire and 404 for an unknown identity', async () => {
    const trader = await startTrader()
    const { memo_id } = (await instructions(trader)).body
    expect((await wire(trader, memo_id, '1.001')).body.detail).toContain('amount')
    expect((await wire(trader, memo_id, '0')).body.detail).toContain("amount invalid: invalid amount '0'")
    expect((await wire(trader, memo_id, '1', { fiat_network_instructions: {} })).body.detail).toBe('fiat network instructions required')
    expect((await wire(trader, memo_id, '1', { asset: 'EUR' })).body.detail).toContain('asset')
    expect((await wire(trader, 'NOBODY', '1')).body.detail).toContain('memo_id')
    expect((await instructions(trader, { identity_id: 'stranger' })).body).toMatchObject({
      status: 404,
      detail: expect.stringContaining('identity not found'),
    })
    expect((await instructions(trader, { fiat_network: 'PIGEON' })).status).toBe(400)
    expect((await instructions(trader, { fiat_network: 'RTP', routing_number_type: 'ABA' })).status).toBe(400)
  })

  it('has instructions that exist once per ref_id, for every network, in a list', async () => {
    const trader = await startTrader()
    const first = (await instructions(trader, { ref_id: 'a' })).body
    expect((await instructions(trader, { ref_id: 'a' })).body).toMatchObject({ status: 409, meta: { existing: { id: first.id } } })
    for (const fiat_network of ['DBS_ACT', 'CUBIX', 'SCB', 'RTP']) expect((await instructions(trader, { fiat_network })).status).toBe(200)
    expect((await trader.call('GET', '/transfer/fiat-deposit-instructions')).body.items).toHaveLength(5)
    expect((await trader.call('GET', '/transfer/fiat-deposit-instructions?ref_ids=a')).body.items).toEqual([first])
    expect((await trader.call('GET', `/transfer/fiat-deposit-instructions/${first.id}`)).body).toEqual(first)
  })
})

describe('an internal transfer', () => {
  it('debits one profile at once, credits the other, and links both by group_id', async () => {
    const trader = await startTrader()
    const omnibus = (await trader.call('POST', '/profiles', { nickname: 'Omnibus' })).body
    const move = { ref_id: 'move-1', from_profile_id: trader.profileId, to_profile_id: omnibus.id, asset: 'USD', amount: '250.5' }
    const { status, body } = await trader.call('POST', '/transfer/internal', move)
    expect([status, body]).toMatchObject([200, { status: 'PENDING', direction: 'DEBIT', type: 'INTERNAL_TRANSFER_DEBIT', fee: '0' }])
    const there = async (): Promise<unknown> => (await trader.call('GET', `/profiles/${omnibus.id}/balances/USD`)).body.available
    await expect.poll(there).toBe('250.5')
    expect((await trader.balance('USD')).available).toBe('9749.5')
    const both = (await trader.call('GET', `/transfer/transfers?group_ids=${body.group_id}&order_by=UPDATED_AT`)).body.items
    expect(both.map(({ type, status }) => `${type} ${status}`)).toEqual([
      'INTERNAL_TRANSFER_DEBIT COMPLETED',
      'INTERNAL_TRANSFER_CREDIT COMPLETED',
    ])
    expect(await eventsOf(trader)).toEqual(['transfer.internal_transfer_debit.completed', 'transfer.internal_transfer_credit.completed'])
    const again = await trader.call('POST', '/transfer/internal', move)
    expect(again.body).toMatchObject({
      status: 409,
      detail: "transfer already exists with ref_id 'move-1'",
      meta: { existing: { id: body.id } },
    })
  })

  it('is answered 403 without the funds and 404 for an unknown profile', async () => {
    const trader = await startTrader()
    const move = { from_profile_id: trader.profileId, to_profile_id: 'nothing', asset: 'USD', amount: '1' }
    expect((await trader.call('POST', '/transfer/internal', move)).body).toMatchObject({
      status: 404,
      detail: 'profile not found: nothing',
    })
    const { id } = (await trader.call('POST', '/profiles', { nickname: 'Omnibus' })).body
    const tooMuch = await trader.call('POST', '/transfer/internal', { ...move, to_profile_id: id, amount: '10000.01' })
    expect([tooMuch.status, tooMuch.body.title]).toEqual([403, 'Insufficient Funds'])
  })
})

describe('a profile without an account', () => {
  it('has a unique nickname, can be renamed, and can be deactivated once it is empty', async () => {
    const { call } = await startTrader()
    const profile = (await call('POST', '/profiles', { nickname: 'Omnibus', description: 'for fiat' })).body
    expect(profile).toEqual({ id: expect.any(String), nickname: 'Omnibus', description: 'for fiat', type: 'NORMAL' })
    expect((await call('POST', '/profiles', { nickname: 'Omnibus' })).body).toMatchObject({
      status: 409,
      detail: 'nickname already exists',
      meta: { existing: { id: profile.id, nickname: 'Omnibus', type: 'NORMAL' } },
    })
    expect((await call('PUT', `/profiles/${profile.id}`, { nickname: 'Fiat' })).body.nickname).toBe('Fiat')
    await call('POST', `/sandbox/profiles/${profile.id}/deposit`, { asset: 'USD', amount: '1' })
    expect((await call('PUT', `/profiles/${profile.id}/deactivate`)).status).toBe(403)
    const empty = (await call('POST', '/profiles', { nickname: 'Empty' })).body
    expect((await call('PUT', `/profiles/${empty.id}/deactivate`)).status).toBe(200)
    expect((await call('GET', `/profiles/${empty.id}`)).status).toBe(404)
    expect((await call('GET', `/profiles/${empty.id}?include_deactivated=true`)).status).toBe(200)
    expect((await call('PUT', '/profiles/default/deactivate')).status).toBe(403)
  })
})
