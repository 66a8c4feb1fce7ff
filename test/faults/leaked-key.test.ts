import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { registerKeyCommands } from '../../src/cli/key-commands.ts'
import { DOCUMENTED_LIMITS } from '../../src/paxos/transport/endpoint-class.ts'
import { runCommand } from '../operate/run-command.ts'
import { type Operator, startOperator } from '../operate/start-operator.ts'
import { eventually } from '../saga/world.ts'

const LEAKED = 'api-key-1eaced00'
const OWN = 'api-key-0e0e0e0e'
const IN_TIME_MS = 10_000

let operator: Operator
beforeAll(async () => {
  await once(application.listen(0, '127.0.0.1'), 'listening')
  const { port } = application.address() as AddressInfo // it listens on TCP
  operator = await startOperator({ concurrency: 50, limits: DOCUMENTED_LIMITS, noticesUrl: `http://127.0.0.1:${port}/` })
  await operator.pool.query('INSERT INTO webhook_key (slot, accepted_at) VALUES ($1, now()), ($2, now())', [LEAKED, OWN])
})
afterAll(async () => {
  await operator.close()
  application.close()
})

/** Takes every notification. */
const application = createServer((_request, response) => response.writeHead(204).end())

const deliver = (eventId: string, keySlot: string, occurredAt: Date) =>
  operator.inbox.accept({ eventId, type: 'identity.approved', occurredAt, isTest: false, origin: 'webhook', bodySha256: null, keySlot })

async function deliverTrue(keySlot: string, count: number, refIdPrefix: string): Promise<number> {
  const events = await operator.sandbox.populate({ count, refIdPrefix, decision: 'approve', deliver: false })
  const startedAt = Date.now()
  await Promise.all(events.map(({ id, createdAt }) => deliver(id, keySlot, new Date(createdAt))))
  const ids = events.map(({ id }) => id)
  const sql = "SELECT count(*)::int AS done FROM inbox_event WHERE event_id = ANY ($1) AND outcome = 'moved:ready'"
  await eventually(
    async () => (await operator.pool.query<{ done: number }>(sql, [ids])).rows[0]?.done ?? 0,
    (done) => done === count,
  )
  return Date.now() - startedAt
}

const accounts = (): number => operator.sandbox.story.of('account-created').length
const singleReads = (): number => operator.sandbox.story.of('call').filter(({ operation }) => operation === 'GET /events/{id}').length

describe('leak mode: an operator marks a webhook key as leaked', () => {
  it('F50: opens 0 accounts, reads no forged event singly, and delays no true event of any key', async () => {
    const marked = await operator.call('POST', `/v1/webhook-keys/${LEAKED}/leaked`, { body: { reason: 'in a public log' } })
    expect([marked.status, marked.body]).toMatchObject([200, { slot: LEAKED, standing: 'leaked' }])
    const before = singleReads()
    await Promise.all(Array.from({ length: 200 }, () => deliver(randomUUID(), LEAKED, new Date())))
    const own = await deliverTrue(OWN, 5, 'own-')
    const same = await deliverTrue(LEAKED, 25, 'same-')
    console.info(`leak mode: 200 forged events; 5 true ones of another key ready after ${own} ms, 25 of the same key after ${same} ms`)
    expect([own < IN_TIME_MS, same < IN_TIME_MS]).toEqual([true, true])
    await eventually(
      () => operator.inbox.count(),
      ({ accepted }) => accepted === 0,
    )
    expect([accounts(), singleReads() - before]).toEqual([30, 0]) // 30 true customers
  })

  it('stays in leak mode although Paxos knows the last events of the key, and says so on the home page', async () => {
    await deliverTrue(LEAKED, 25, 'more-')
    const { body } = await operator.call('GET', '/v1/home')
    const problem = body.problems.find(({ kind }: { kind: string }) => kind === 'key-demoted')
    expect(problem.sentence).toMatch(/marked webhook key api-key-1eaced00 as leaked at .*: in a public log\./)
    expect(problem.facts).not.toContain('public log')
    const list = await runCommand(operator, registerKeyCommands, ['key', 'list'])
    expect(list).toMatch(/^api-key-1eaced00 +leaked/m)
  })

  it('is undone by a promotion, and both are in the audit', async () => {
    const words = ['--operator', 'ada', '--reason', 'exchanged']
    expect(await runCommand(operator, registerKeyCommands, ['key', 'promote', LEAKED, ...words])).toContain('is trusted')
    expect(await runCommand(operator, registerKeyCommands, ['key', 'leaked', LEAKED, ...words])).toContain('is leaked')
    expect(await runCommand(operator, registerKeyCommands, ['key', 'promote', LEAKED, ...words])).toContain('is trusted')
    const { items } = (await operator.call('GET', '/v1/audit?limit=10')).body
    const deeds = items.map(({ action }: { action: string }) => action)
    expect(deeds).toEqual(expect.arrayContaining(['key.leaked', 'key.promote']))
    const unknown = await operator.call('POST', '/v1/webhook-keys/api-key-nobody/leaked', { body: { reason: 'why not' } })
    expect([unknown.status, unknown.body.code]).toEqual([404, 'WEBHOOK_KEY_UNKNOWN'])
  })
})
