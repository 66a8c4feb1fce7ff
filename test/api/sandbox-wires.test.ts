import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Reply, TOKEN } from '../operate/start-operator.ts'
import { startTradingApi, type TradingApi } from './trading-api.ts'

let api: TradingApi
let instructionsId: string
beforeAll(async () => {
  api = await startTradingApi()
  const made = await post(`/v1/accounts/${api.accountId}/deposit-instructions`, { network: 'WIRE' }, 'wire-in')
  instructionsId = made.body.id
})
afterAll(() => api.close())

const post = (path: string, body: unknown, key?: string): Promise<Reply> =>
  api.call('POST', path, { body, headers: { authorization: `Bearer ${TOKEN}`, ...(key === undefined ? {} : { 'idempotency-key': key }) } })
const wire = (body: unknown, key?: string, id = instructionsId): Promise<Reply> =>
  post(`/v1/deposit-instructions/${id}/sandbox-wires`, body, key)
const sentAtPaxos = (): number => api.sandbox.transfers.all.filter(({ type }) => type === 'WIRE_DEPOSIT').length

describe('POST /v1/deposit-instructions/{id}/sandbox-wires', () => {
  it('answers 201, then 200 with the same wire, and with 422 naming the changed field', async () => {
    const first = await wire({ amount: '150.33' }, 'salary')
    expect([first.status, first.body]).toMatchObject([
      201,
      { instructionsId, accountId: api.accountId, asset: 'USD', amount: '150.33', state: 'sent' },
    ])
    const again = await wire({ asset: 'USD', amount: '150.33' }, 'salary')
    expect([again.status, again.body.id]).toEqual([200, first.body.id])
    const changed = await wire({ amount: '150.34' }, 'salary')
    expect([changed.status, changed.body.code, changed.body.errors[0].field]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED', 'amount'])
    expect(sentAtPaxos()).toBe(1)
    const { rows } = await api.pool.query<{ action: string }>(`SELECT action FROM audit_entry WHERE target = $1`, [first.body.id])
    expect(rows.map(({ action }) => action)).toContain('wire.send')
  })

  it.each<[unknown, RegExp]>([
    ['1e3', /has an exponent; write all digits/],
    ['-1', /is negative; send an amount above zero/],
    ['0', /is zero/],
    ['.5', /begins with a point/],
    ['150.333', /has 3 decimals; at most 2 are allowed/],
    [150.33, /is a number; send a decimal string/],
    [undefined, /./],
  ])('refuses the amount %j before the call, and says why', async (amount, message) => {
    const before = sentAtPaxos()
    const refused = await wire({ amount }, 'never-used')
    expect([refused.status, refused.body.code, refused.body.errors[0].field]).toEqual([400, 'REQUEST_INVALID', 'amount'])
    expect(refused.body.errors[0].message).toMatch(message)
    expect(sentAtPaxos()).toBe(before)
  })

  it('names all problems at once: no key, another asset, an unknown field', async () => {
    const refused = await wire({ asset: 'BTC', amount: '1', memo: 'x' })
    expect(refused.body.errors.map(({ field }: { field: string }) => field).sort()).toEqual(['asset', 'idempotency-key', 'memo'])
  })

  it('answers 404 for unknown instructions, and 409 for those of another network', async () => {
    const unknown = await wire({ amount: '10' }, 'nowhere', 'instructions-none')
    expect([unknown.status, unknown.body.code]).toEqual([404, 'NO_SUCH_INSTRUCTIONS'])
    const rtp = await post(`/v1/accounts/${api.accountId}/deposit-instructions`, { network: 'RTP' }, 'rtp-in')
    const refused = await wire({ amount: '10' }, 'by-rtp', rtp.body.id)
    expect([refused.status, refused.body.code]).toEqual([409, 'INSTRUCTIONS_NOT_PAYABLE'])
  })
})
