import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { takeSnapshot } from '../../../src/sandbox/keeping/snapshot.ts'
import { fromStateJson, toStateJson } from '../../../src/sandbox/keeping/state-json.ts'
import { decimal } from '../../../src/sandbox/money/decimal.ts'
import { limit, marketBuy, startTrader } from '../exchange/trader.ts'
import { person } from '../person.ts'
import { startSandbox } from '../start-sandbox.ts'

async function stateFile(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sandbox-state-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return join(directory, 'kept', 'sandbox.json')
}

describe('a simulator with a state file', () => {
  it('F34, F10: restores everything after a restart, to the byte', async () => {
    const file = await stateFile()
    const before = await startTrader({ stateFile: file, seed: 11, wireDelayMs: 5 })
    await before.order(marketBuy('250.00', { ref_id: 'bought', await_fill_millis: 5_000 }))
    const open = (await before.order(limit('BUY', '3000.00', '1', { ref_id: 'open' }))).body.id
    await before.ends(open, 'OPEN')
    const [quote] = (await before.call('GET', '/quotes?markets=ETHUSD')).body.items
    await before.call('POST', `/profiles/${before.profileId}/quote-executions`, {
      quote_id: quote!.id,
      quote_amount: '10',
      ref_id: 'quoted',
    })
    await expect.poll(() => before.sandbox.quoteExecutions.byRefId('quoted')?.status).toBe('SETTLED')
    const instructions = { profile_id: before.profileId, fiat_network: 'WIRE', ref_id: 'instructions' }
    expect((await before.call('POST', '/transfer/fiat-deposit-instructions', instructions)).status).toBe(200)
    const read = ['/events', '/identity/identities', '/identity/accounts', '/profiles', '/orders', '/executions', '/transfer/transfers']
    const paths = [...read, '/transfer/fiat-deposit-instructions', `/profiles/${before.profileId}/balances`]
    const answers = async ({ call }: Pick<typeof before, 'call'>): Promise<string[]> =>
      Promise.all(paths.map(async (path) => JSON.stringify((await call('GET', path)).body)))
    const known = await answers(before)
    await before.sandbox.close()

    const after = await startSandbox({ stateFile: file, seed: 99, priceStepMs: 0, fillDelayMs: 1 })
    expect(after.sandbox.random.seed).toBe(11)
    expect(await answers(after)).toEqual(known)
    await after.control('POST', '/markets/ETHUSD', { price: '2990' })
    expect(after.sandbox.orders.get(open)?.status).toBe('FILLED')
    const again = await after.call('POST', `/profiles/${before.profileId}/orders`, marketBuy('250.00', { ref_id: 'bought' }))
    expect(again.status).toBe(409)
    for (const asset of ['USD', 'ETH']) expect(after.sandbox.balances.imbalance(asset).toFixed()).toBe('0')
  })

  it('writes its file before each answer, so that a kill -9 after the answer loses nothing', async () => {
    const file = await stateFile()
    const { call } = await startSandbox({ stateFile: file })
    for (let n = 0; n < 10; n++) {
      const { id } = (await call('POST', '/identity/identities', person())).body
      expect(await readFile(file, 'utf8')).toContain(id)
    }
    expect((await stat(file)).mode & 0o077).toBe(0)
  })

  it('keeps a world that is too large to be written before every answer', async () => {
    const file = await stateFile()
    const { sandbox, control } = await startSandbox({ stateFile: file })
    await control('POST', '/identities/bulk', { count: 2_000 })
    await control('POST', '/identities/bulk', { count: 1_000, refIdPrefix: 'more-' })
    await sandbox.close()
    expect((await startSandbox({ stateFile: file })).sandbox.identities.all).toHaveLength(3_000)
  })

  it('makes pending decisions after a restart', async () => {
    const file = await stateFile()
    const before = await startSandbox({ stateFile: file, decisionDelayMs: 60_000 })
    const { id } = (await before.call('POST', '/identity/identities', person())).body
    await before.sandbox.close()
    const after = await startSandbox({ stateFile: file, decisionDelayMs: 5 })
    await expect.poll(() => after.sandbox.identities.get(id)?.status).toBe('APPROVED')
  })

  it.each<[string, (text: string) => string]>([
    ['is of an older version', (text) => text.replace(/"version": ?\d+/, '"version":0')],
    ['is not JSON', (text) => text.slice(0, -1)],
  ])('sets the state file aside and starts empty when the file %s', async (_why, spoil) => {
    const file = await stateFile()
    const before = await startSandbox({ stateFile: file })
    await before.call('POST', '/identity/identities', person())
    await before.sandbox.close()
    const unreadable = spoil(await readFile(file, 'utf8'))
    await writeFile(file, unreadable)
    const after = await startSandbox({ stateFile: file })
    expect(after.sandbox.identities.all).toEqual([])
    expect(await readFile(`${file}.unreadable`, 'utf8')).toBe(unreadable)
  })
})

describe('the form of the file', () => {
  it('gives bigints and decimals back as they were', async () => {
    const value = { ns: 1_788_000_000_123_456_789n, amount: decimal('0.0000000000000000001'), list: [decimal('-5')], nothing: null }
    const back = fromStateJson(toStateJson(value)) as typeof value
    expect(back.ns).toBe(value.ns)
    expect([back.amount.toFixed(), back.list[0]?.toFixed(), back.nothing]).toEqual(['0.0000000000000000001', '-5', null])
    const { sandbox } = await startTrader()
    expect(toStateJson(fromStateJson(toStateJson(takeSnapshot(sandbox))))).toBe(toStateJson(takeSnapshot(sandbox)))
  })
})
