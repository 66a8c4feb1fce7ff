import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { registerSandboxCommands } from '../../src/cli/sandbox-commands.ts'
import { limit, marketBuy, startTrader } from '../sandbox/exchange/trader.ts'
import { type Running, startSandbox } from '../sandbox/start-sandbox.ts'

/** Runs `gatehouse sandbox …` against this simulator and returns its output. */
async function sandboxCommand({ sandbox }: Running, ...args: string[]): Promise<string> {
  const printed: string[] = []
  const program = new Command('sandbox').exitOverride()
  registerSandboxCommands(
    program,
    () => sandbox.url,
    (text) => printed.push(text),
  )
  await program.parseAsync(args, { from: 'user' })
  return printed.join('\n')
}

describe('gatehouse sandbox', () => {
  it('trigger causes a decision, a price, an annulled execution, a forgotten ref_id', async () => {
    const trader = await startTrader()
    const { body } = await trader.order(marketBuy('100.00', { ref_id: 'mine', await_fill_millis: 5_000 }))
    const [execution] = trader.sandbox.executions.ofOrder(body.id)
    await sandboxCommand(trader, 'trigger', 'bust', String(execution!.id))
    expect(trader.sandbox.executions.get(String(execution!.id))?.busted).toBe(true)
    await sandboxCommand(trader, 'trigger', 'forget', 'mine')
    expect((await trader.order(marketBuy('100.00', { ref_id: 'mine' }))).status).toBe(200)
    await sandboxCommand(trader, 'trigger', 'price', 'ETHUSD', '4000')
    expect((await trader.order(limit('BUY', '3990.00', '0.1', { await_fill_millis: 200 }))).body.status).toBe('OPEN')
    expect(await sandboxCommand(trader, 'trigger', 'decide', trader.identityId, 'disable')).toContain('DISABLED')
  })

  it('fault arms, lists and clears', async () => {
    const running = await startSandbox()
    await sandboxCommand(running, 'fault', '--on', 'GET /events', '--do', 'answer', '--status', '502', '--next', '1')
    expect(await sandboxCommand(running, 'fault', 'list')).toContain('"status":502')
    expect((await running.call('GET', '/events')).status).toBe(502)
    await sandboxCommand(running, 'fault', '--on', 'delivery', '--do', 'delay', '--ms', '5', '--seconds', '60')
    await sandboxCommand(running, 'fault', 'clear')
    expect(running.sandbox.faults.armed).toEqual([])
  })

  it('outage begins and ends', async () => {
    const running = await startSandbox()
    expect(await sandboxCommand(running, 'outage', 'down', '--seconds', '30')).toBe('Outage started: every call gets 503.')
    await sandboxCommand(running, 'outage', 'markets')
    await sandboxCommand(running, 'outage', 'webhooks')
    expect([running.sandbox.webhooks.paused, running.sandbox.marketStatus.of('BTCUSD').buy]).toEqual([true, 'UNSCHEDULED_MAINTENANCE'])
    expect(await sandboxCommand(running, 'outage', 'end')).toContain('Outages ended')
    expect([running.sandbox.webhooks.paused, running.sandbox.marketStatus.of('BTCUSD').buy]).toEqual([false, null])
    expect((await running.call('GET', '/events')).status).toBe(200)
  })

  it('replay loads a rule file, and assumptions prints what is documented and what is not', async () => {
    const running = await startSandbox()
    expect(await sandboxCommand(running, 'replay', 'src/sandbox/stories/bad-week.json')).toContain('thursday')
    const facts = await sandboxCommand(running, 'assumptions')
    expect(facts).toContain('documented  quotes')
    expect(facts).toMatch(/^assumed {5}orders {12}commission on top of a buy.*\[commissionRate\]$/m)
  })

  it.each([
    [['trigger', 'dance'], 'trigger: must be one of decide'],
    [['trigger', 'price', 'BTCUSD'], 'trigger price takes MARKET PRICE'],
    [['trigger', 'price', 'BTCUSD', 'high'], 'price: must be a decimal'],
    [['trigger', 'decide', 'nobody', 'approve'], 'no identity with this id'],
    [['fault'], '--do is required'],
    [['fault', '--do', 'explode'], 'do: must be one of answer, latency'],
    [['outage', 'flood'], 'outage: must be one of down'],
    [['replay', 'nothing.json'], 'cannot read nothing.json'],
    [['replay', 'README.md'], 'the input is not valid JSON'],
    [['outage', 'down', '--url', 'http://127.0.0.1:9'], 'No simulator answers at http://127.0.0.1:9'],
  ])('%j exits with what is wrong and what to do', async (args, message) => {
    await expect(sandboxCommand(await startSandbox(), ...args)).rejects.toThrow(message)
  })
})
