import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { API_SCHEMAS } from '../../src/api/api-schemas.ts'
import { registerTradingCommands } from '../../src/cli/trading-commands.ts'
import { CONTINUE_CLOSING } from '../../src/domain/account/account-closing.ts'
import { runCommand } from '../operate/run-command.ts'
import { eventually } from '../saga/world.ts'
import { withdrawManually } from '../tour/account-at-paxos.ts'
import { startTradingApi, type TradingApi } from './trading-api.ts'

let api: TradingApi
beforeAll(async () => {
  api = await startTradingApi()
}, 60_000)
afterAll(() => api.close())

const TOKEN = { authorization: 'Bearer operator-token-of-this-test' }
const WHY = { reason: 'the customer asked for it, ticket 4711' }

describe('A45: the routes of closing an account', () => {
  it('refuse a caller without a name, and answer by their schemas', async () => {
    const path = `/v1/accounts/${api.accountId}/close`
    const ask = (headers: Record<string, string>, body: unknown = WHY) =>
      api.call('POST', path, { body, headers: { ...TOKEN, ...headers } })
    const stop = () =>
      api.call('POST', `/v1/accounts/${api.accountId}/closing/stop`, { body: WHY, headers: { ...TOKEN, 'x-operator': 'grace' } })
    const read = () => api.call('GET', `/v1/accounts/${api.accountId}/closing`)
    expect((await read()).body.code).toBe('CLOSING_UNKNOWN')
    expect((await ask({ 'idempotency-key': 'unnamed' })).status).toBe(400)
    expect((await ask({ 'idempotency-key': 'c', 'x-operator': 'grace' }, {})).body.errors).toMatchObject([{ field: 'reason' }])

    await ask({ 'idempotency-key': 'close', 'x-operator': 'grace' })
    const waiting = await eventually(read, ({ body }) => body.state === 'waiting')
    expect(API_SCHEMAS.AccountClosing.parse(waiting.body)).toMatchObject({ blocks: [{ kind: 'cash', asset: 'USD', amount: '10000' }] })
    expect(waiting.body.blockedBy).toContain('10000 USD is left: send it')
    const buy = await api.ask('orders', { side: 'BUY', market: 'BTCUSD', type: 'MARKET', quoteAmount: '10.00' }, { key: 'buy' })
    expect([buy.status, buy.body.code]).toEqual([409, 'ACCOUNT_NOT_TRADABLE'])
    expect(buy.body.detail).toContain(waiting.body.id)
    const shown = await api.call('GET', `/v1/accounts/${api.accountId}`)
    expect(API_SCHEMAS.Account.parse(shown.body).closing).toEqual({ closingId: waiting.body.id, state: 'waiting' })
    const other = await ask({ 'idempotency-key': 'other', 'x-operator': 'grace' })
    expect([other.status, other.body.code]).toEqual([409, 'CLOSING_EXISTS'])

    const listed = await api.call('GET', '/v1/closings?state=waiting')
    expect(API_SCHEMAS.AccountClosingPage.parse(listed.body).items.map(({ id }) => id)).toContain(waiting.body.id)
    const stopped = await stop()
    expect([stopped.status, API_SCHEMAS.AccountClosing.parse(stopped.body).state]).toEqual([200, 'stopped'])
  })

  it('have commands, which name what blocks it and the operator in the audit', async () => {
    const accountId = await api.openAccount()
    const run = (...args: string[]) => runCommand(api, registerTradingCommands, ['account', ...args])
    const why = ['--reason', WHY.reason, '--operator', 'grace']
    const { profile } = api.sandbox.accounts.get(accountId) ?? {}
    const funded = await api.paxos.deposits.fundSandbox(profile?.id ?? '', { asset: 'USD', amount: '0.50' })
    expect(funded).toBeDefined()
    const closing = /closing-[0-9a-f]{32}/.exec(await run('close', accountId, ...why))?.[0] ?? ''
    await eventually(
      () => run('closing', accountId),
      (text) => text.includes("0.5 USD is left: send it to the customer's bank manually at Paxos"),
    )
    expect(await run('closings', '--state', 'waiting')).toContain(accountId)
    expect(await run('stop-closing', accountId, ...why)).toContain('stopped')
    await run('close', accountId, ...why)
    withdrawManually(api.sandbox, accountId, 'USD')
    const { closingId } = await api.useCases.getClosing(accountId)
    expect(closingId).not.toBe(closing)
    await eventually(
      async () => {
        await api.inbox.setTimer({ streamId: closingId, name: CONTINUE_CLOSING, dueAt: new Date() })
        return run('closing', accountId)
      },
      (text) => text.includes(': closed'),
    )
    expect(await run('show', accountId)).toContain('closing: closed')
    await expect(run('stop-closing', accountId, ...why)).rejects.toMatchObject({ code: 'CLOSING_STATE' })
    const { rows } = await api.pool.query(
      "SELECT action, operator, reason FROM audit_entry WHERE action LIKE 'account.%clos%' AND target = $1",
      [accountId],
    )
    expect(rows).toContainEqual({ action: 'account.close', operator: 'grace', reason: WHY.reason })
    expect(rows.map(({ action }) => action)).toContain('account.stop-closing.failed')
  })
})
