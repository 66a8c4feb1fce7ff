import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { registerClockCommands } from '../../../src/cli/clock-commands.ts'
import { openPages } from '../open-pages.ts'
import { runCommand } from '../run-command.ts'
import { seedOnboarding } from '../seed-onboarding.ts'
import { type Operator, startOperator } from '../start-operator.ts'

let operator: Operator
beforeAll(async () => {
  operator = await startOperator()
})
afterAll(() => operator.close())
beforeEach(() => operator.pool.query('DELETE FROM held_quote; DELETE FROM delivery_sample; DELETE FROM sweep_window'))

const ago = (hours: number): Date => new Date(Date.now() - hours * 3_600_000)
const clocks = async () => (await operator.call('GET', '/v1/clocks')).body.items
const refuse = (at: Date, status: number): Promise<unknown> =>
  operator.pool.query(`INSERT INTO delivery_sample (at, status, reason, proof) VALUES ($1, $2, 'INBOX_UNAVAILABLE', 'none')`, [at, status])
async function orderIn(state: string, requestedAt: Date): Promise<string> {
  const id = `order-${randomBytes(16).toString('hex')}`
  await operator.pool.query(
    `INSERT INTO trade_order (order_id, account_id, identity_id, profile_id, base_asset, quote_asset, side, market, type, quote_amount, state, amount_filled,
       executions, settled, requested_at, version, entry_count, head_hash)
     VALUES ($1, 'a', 'i', 'p', 'BTC', 'USD', 'BUY', 'BTCUSD', 'MARKET', 100, $2, 0, '[]', false, $3, 1, 0, '\\x00')`,
    [id, state, requestedAt],
  )
  return id
}

describe('the list of what runs out', () => {
  it('B14: is empty when nothing does', async () => {
    expect(await clocks()).toEqual([])
    expect(await runCommand(operator, registerClockCommands, ['clock', 'list'])).toBe('Nothing runs out.')
  })

  it('A47: gives refused deliveries 24 h from the first, until a sweep covers them; refusals of the sender do not count', async () => {
    const first = ago(3)
    await refuse(first, 503)
    await refuse(ago(2), 503)
    await refuse(ago(5), 401)
    expect(await clocks()).toMatchObject([
      { kind: 'webhook-retries', id: null, endsAt: new Date(first.getTime() + 24 * 3_600_000).toISOString() },
    ])
    await operator.pool.query('INSERT INTO sweep_window (id, from_at, to_at, listed, recovered) VALUES (1, $1, $2, 0, 0)', [
      ago(10),
      ago(1),
    ])
    expect(await clocks()).toEqual([])
  })

  it('lists held quotes that have not expired, the next to expire first', async () => {
    const quote = (id: string, expiresAt: Date): Promise<unknown> =>
      operator.pool.query(
        `INSERT INTO held_quote (quote_id, market, side, price, base_asset, quote_asset, expires_at) VALUES ($1, 'BTCUSD', 'BUY', 1, 'BTC', 'USD', $2)`,
        [id, expiresAt],
      )
    await quote('late', new Date(Date.now() + 60_000))
    await quote('soon', new Date(Date.now() + 30_000))
    await quote('gone', ago(1))
    expect((await clocks()).map(({ id }: { id: string }) => id)).toEqual(['soon', 'late'])
    expect(await runCommand(operator, registerClockCommands, ['clock', 'list'])).toMatch(/quote +(29|30) s/)
    expect(await (await (await openPages(operator)).get('/')).text()).toContain('What runs out')
  })

  it('gives a KYC refresh about 30 days from its notification, and none whose start is not on record or that is overdue', async () => {
    const details = (codes: string[]): string => JSON.stringify({ requirements: [{ type: 'KYC_REFRESH', codes }], controls: [] })
    const [running, overdue, unknown] = [
      await seedOnboarding(operator.ledger, { statuses: ['APPROVED'] }),
      await seedOnboarding(operator.ledger, { statuses: ['APPROVED'] }),
      await seedOnboarding(operator.ledger),
    ]
    for (const [{ identityId }, codes] of [
      [running, []],
      [overdue, ['KYC_REFRESH_OVERDUE']],
      [unknown, []],
    ] as const)
      await operator.pool.query('UPDATE onboarding SET status_details = $2 WHERE identity_id = $1', [identityId, details([...codes])])
    for (const { identityId } of [running, overdue])
      await operator.pool.query(
        `INSERT INTO effect (stream_id, step, kind, name, number, key, state, intended_at)
         VALUES ($1, 'notice:kyc_refresh_started:1', 'send-notification', 'kyc_refresh_started', 1, 'notice_kyc_refresh_started_1_' || $1, 'intended', $2)`,
        [identityId, ago(24)],
      )
    const listed = await clocks()
    expect(listed).toMatchObject([{ kind: 'kyc-refresh', id: running.identityId, exact: false }])
    const days = (Date.parse(listed[0].endsAt) - Date.now()) / 86_400_000
    expect(days).toBeCloseTo(29, 1)
  })

  it('A6: gives an order that may not be at Paxos 23 h from its request, and no other order', async () => {
    const requestedAt = ago(20)
    const id = await orderIn('unknown', requestedAt)
    await orderIn('rejected', requestedAt)
    const listed = await clocks()
    expect(listed.filter(({ kind }: { kind: string }) => kind !== 'kyc-refresh')).toMatchObject([
      { kind: 'order-ref-id', id, exact: true, endsAt: new Date(requestedAt.getTime() + 23 * 3_600_000).toISOString() },
    ])
  })
})
