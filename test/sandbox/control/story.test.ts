import { readFile } from 'node:fs/promises'
import { request } from 'undici'
import { describe, expect, it } from 'vitest'
import { limit, marketBuy, startTrader } from '../exchange/trader.ts'
import { person } from '../person.ts'
import { type Running, startSandbox } from '../start-sandbox.ts'

const ORDERS = 'POST /profiles/{profile_id}/orders'

/** A small application: one person from identity to forty orders. It tries each order again under its ref_id until the order exists. */
async function live({ call, sandbox }: Running): Promise<string> {
  const answers: string[] = []
  const told = async (method: string, path: string, body?: unknown): Promise<Record<string, string>> => {
    const answer = await call(method, path, body).catch(() => null)
    answers.push(JSON.stringify(answer && [answer.status, answer.body]))
    return (answer?.body ?? {}) as unknown as Record<string, string>
  }
  const { id: identity_id } = await told(
    'POST',
    '/identity/identities',
    person({ refId: 'user-1', details: { cip_id: '900-00-9999', passthrough_verification_id: 'inq' } }),
  )
  await expect.poll(() => sandbox.identities.get(identity_id ?? '')?.status).toBe('APPROVED')
  const account = { identity_id, ref_id: 'account-1', type: 'BROKERAGE' }
  const { id: accountId, profile_id: profileId } = await told('POST', '/identity/accounts', { create_profile: true, account })
  await told('POST', `/sandbox/profiles/${profileId}/deposit`, { asset: 'USD', amount: '100000' })
  for (let n = 1; n <= 40; n++) {
    const ref_id = `order-${n}`
    const order = { ...marketBuy(`${n}00.00`), ref_id, identity_id, identity_account_id: accountId }
    const first = await told('POST', `/profiles/${profileId}/orders`, order)
    await expect.poll(() => sandbox.orders.open.size, { interval: 2 }).toBe(0) // the next call must not race with a fill
    const found = first.id ?? (await call('GET', `/orders?ref_ids=${ref_id}`)).body.items[0]?.id
    if (found === undefined) await told('POST', `/profiles/${profileId}/orders`, order)
    await expect.poll(() => sandbox.orders.open.size, { interval: 2 }).toBe(0)
  }
  await told('GET', `/profiles/${profileId}/balances`)
  await told('GET', '/executions?limit=1000')
  const story = await request(`${sandbox.url}/_sandbox/story.jsonl`)
  return `${answers.join('\n')}\n${await story.body.text()}`
}

describe('a rule file', () => {
  it('replays a bad week in under 60 s: the same seed gives the same bytes, another seed gives others', async () => {
    const week = JSON.parse(await readFile('src/sandbox/stories/bad-week.json', 'utf8'))
    const run = async (seed: number): Promise<string> => {
      const running = await startSandbox()
      const story = { ...week, seed, clock: '2026-01-05T00:00:00Z', timeline: [] } // the timeline follows real time: next test
      expect((await running.control('PUT', '/story', story)).status).toBe(200)
      return live(running)
    }
    const [first, second, other] = [await run(1), await run(1), await run(2)]
    expect(first.length).toBeGreaterThan(20_000)
    expect(second).toBe(first)
    expect(other).not.toBe(first)
  })

  it('follows its timeline: at four hours per second, a week ends after 42 s', async () => {
    const week = JSON.parse(await readFile('src/sandbox/stories/bad-week.json', 'utf8'))
    const running = await startSandbox()
    await running.control('PUT', '/story', { ...week, hoursPerSecond: 400 })
    const progress = async (): Promise<unknown> => (await running.control('GET', '/story')).body.timeline
    await expect.poll(progress, { timeout: 5_000 }).toMatchObject({ left: 0 })
    const { done } = (await progress()) as { done: { at: string; status: number }[] }
    expect(done.map(({ at }) => at)).toEqual(week.timeline.map(({ at }: { at: string }) => at))
    expect(done.every(({ status }) => status === 200)).toBe(true)
    const last = week.timeline.at(-1).at
    expect(last < '7d 00:00').toBe(true)
    expect((7 * 24) / week.hoursPerSecond).toBeLessThan(60)
  })

  it('acts, delays, forgets and returns on the calls that match a rule', async () => {
    const trader = await startTrader()
    const rules = [
      { name: 'forgotten', match: { operation: ORDERS, refId: 'f-*' }, do: ['act', 'forget', { return: { status: 504 } }] },
      { name: 'late', match: { operation: ORDERS, body: { base_amount: '0.5' } }, do: [{ delay: 60 }, 'act'] },
      { name: 'second', match: { operation: ORDERS, nth: 2 }, do: [{ return: { status: 418, body: { tea: true } } }] },
    ]
    trader.sandbox.rules.load([])
    const story = await trader.control('PUT', '/story', { rules, settings: { priceStepMs: 0 } })
    expect(story.status).toBe(200)
    const profile = (await trader.call('GET', '/profiles/default')).body.id
    const order = (body: object): Promise<{ status: number }> => trader.call('POST', `/profiles/${profile}/orders`, body)
    await trader.call('POST', `/sandbox/profiles/${profile}/deposit`, { asset: 'USD', amount: '10000' })
    const forgotten = { ...limit('BUY', '3000.00', '0.1'), ref_id: 'f-1' }
    expect([(await order(forgotten)).status, (await order(forgotten)).status]).toEqual([504, 504])
    expect(trader.sandbox.orders.withRefIds(['f-1'])).toHaveLength(2)
    const startedAtMs = performance.now()
    expect((await order(limit('BUY', '3000.00', '0.5'))).status).toBe(200)
    expect(performance.now() - startedAtMs).toBeGreaterThan(55)
    expect([(await order(marketBuy('10.00'))).status, (await order(marketBuy('10.00')).catch(() => ({ status: 418 }))).status]).toEqual([
      200, 418,
    ])
    expect((await trader.control('GET', '/story')).body.rules).toEqual([
      { name: 'forgotten', matched: 2, struck: 2 },
      { name: 'late', matched: 1, struck: 1 },
      { name: 'second', matched: 2, struck: 1 },
    ])
    await trader.control('DELETE', '/story')
    expect((await order({ ...forgotten, ref_id: 'f-2' })).status).toBe(200)
  })

  it.each([
    ['rules.0.match.operation', { rules: [{ name: 'x', match: { operation: 'POST /nothing' }, do: ['act'] }] }],
    ['rules.0.do', { rules: [{ name: 'x', match: {}, do: [] }] }],
    ['timeline.0.at', { timeline: [{ at: 'monday', control: 'POST /reset' }] }],
    ['settings.fillParts', { settings: { fillParts: 0 } }],
  ])('is answered 400 with the name of the wrong field: %s', async (field, file) => {
    const { control } = await startSandbox()
    const { status, body } = await control('PUT', '/story', file)
    expect([status, body.detail]).toEqual([400, expect.stringContaining(field)])
  })
})
