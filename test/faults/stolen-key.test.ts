import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { registerEventCommands } from '../../src/cli/event-commands.ts'
import { registerKeyCommands } from '../../src/cli/key-commands.ts'
import { registerQueueCommands } from '../../src/cli/queue-commands.ts'
import type { KeyView } from '../../src/operate/access/webhook-keys.ts'
import { registerOperatorGauges } from '../../src/operate/health/operator-gauges.ts'
import type { Problem } from '../../src/operate/problems/problem.ts'
import { DOCUMENTED_LIMITS } from '../../src/paxos/transport/endpoint-class.ts'
import { openPages } from '../operate/open-pages.ts'
import { runCommand } from '../operate/run-command.ts'
import { type Operator, startOperator } from '../operate/start-operator.ts'
import { eventually } from '../saga/world.ts'

const STOLEN = 'api-key-57013e00'
const OWN = 'api-key-0e0e0e0e'
const FORGED = 150
const IN_TIME_MS = 10_000

let operator: Operator
beforeAll(async () => {
  await once(application.listen(0, '127.0.0.1'), 'listening')
  const { port } = application.address() as AddressInfo // it listens on TCP
  operator = await startOperator({ concurrency: 50, limits: DOCUMENTED_LIMITS, noticesUrl: `http://127.0.0.1:${port}/` })
})
afterAll(async () => {
  await operator.close()
  application.close()
})

/** Takes every notification. */
const application = createServer((_request, response) => response.writeHead(204).end())

const deliver = (eventId: string, keySlot: string, occurredAt: Date) =>
  operator.inbox.accept({ eventId, type: 'identity.approved', occurredAt, isTest: false, origin: 'webhook', bodySha256: null, keySlot })

/** Delivers true events under a key, and says how long it took until all of their customers were ready, milliseconds. */
async function deliverTrue(keySlot: string, count: number, refIdPrefix: string): Promise<number> {
  const events = await operator.sandbox.populate({ count, refIdPrefix, decision: 'approve', deliver: false })
  const startedAt = Date.now()
  await Promise.all(events.map(({ id, createdAt }) => deliver(id, keySlot, new Date(createdAt))))
  await eventually(
    async () => {
      const ids = events.map(({ id }) => id)
      const { rows } = await operator.pool.query<{ done: number }>(
        "SELECT count(*)::int AS done FROM inbox_event WHERE event_id = ANY ($1) AND outcome = 'moved:ready'",
        [ids],
      )
      return rows[0]?.done ?? 0
    },
    (done) => done === count,
  )
  return Date.now() - startedAt
}

const keyOf = async (slot: string): Promise<KeyView | undefined> =>
  (await operator.call('GET', '/v1/webhook-keys')).body.items.find((key: KeyView) => key.slot === slot)
const singleReads = (): number => operator.sandbox.story.of('call').filter(({ operation }) => operation === 'GET /events/{id}').length

describe('F50: a stolen key that floods', () => {
  it('F50: delays no true event of another key, and is demoted with the figures on record', async () => {
    await Promise.all(Array.from({ length: FORGED }, () => deliver(randomUUID(), STOLEN, new Date())))
    expect(await deliverTrue(OWN, 5, 'own-')).toBeLessThan(IN_TIME_MS)
    const key = await eventually(
      () => keyOf(STOLEN),
      (seen) => seen?.standing === 'demoted',
    )
    expect(key).toMatchObject({ standing: 'demoted', known: 0, demotedAt: expect.any(String) })
    expect(await keyOf(OWN)).toMatchObject({ standing: 'trusted', unknown: 0 })
  })

  it('F50: is shown on every face with cause, time, number of events and next action', async () => {
    await eventually(
      () => operator.inbox.count(),
      ({ parked }) => parked === FORGED,
    )
    const { body } = await operator.call('GET', '/v1/home')
    const problem: Problem = body.problems.find(({ kind }: Problem) => kind === 'key-demoted')
    expect(problem).toMatchObject({ severity: 'fault', since: expect.any(String) })
    expect(problem.sentence).toMatch(
      new RegExp(
        `^Paxos did not know \\d+ of \\d+ events of webhook key ${STOLEN}, so Gatehouse demoted it at \\d\\d:\\d\\d UTC\\. ${FORGED} events of the key parked as unknown to Paxos\\.$`,
      ),
    )
    expect(problem.nextAction).toContain('openssl rand -hex 24')
    expect(problem.command).toContain(`event dismiss --key ${STOLEN} --from `)
    const stats = (await operator.call('GET', '/v1/stats')).body
    expect(stats.alarms).toEqual([problem])
    expect(stats.webhookKeys).toContainEqual(expect.objectContaining({ slot: STOLEN, standing: 'demoted' }))
    const doctor = (await operator.useCases.diagnose()).find(({ check }) => check === 'webhook keys')
    expect(doctor).toMatchObject({ result: 'fault', saw: expect.stringContaining(problem.sentence) })
    expect(doctor?.remedy).toContain(problem.command)
    expect(await runCommand(operator, registerQueueCommands, ['queue', 'status'])).toContain(problem.sentence)
    expect(await runCommand(operator, registerKeyCommands, ['key', 'list'])).toMatch(new RegExp(`^${STOLEN} +demoted`, 'm'))
    const home = await (await (await openPages(operator)).get('/')).text()
    expect(home).toContain(problem.sentence)
    const metrics = new Registry()
    registerOperatorGauges(metrics, operator)
    const scraped = await metrics.metrics()
    expect(scraped).toContain(`gatehouse_webhook_key_demoted{key_slot="${STOLEN}"} 1`)
    expect(scraped).toContain(`gatehouse_webhook_key_demoted{key_slot="${OWN}"} 0`)
  })

  it('F50: costs no single read once it is demoted, while its own true events become ready in time', async () => {
    const before = singleReads()
    await Promise.all(Array.from({ length: 40 }, () => deliver(randomUUID(), STOLEN, new Date())))
    expect(await deliverTrue(STOLEN, 5, 'same-key-')).toBeLessThan(IN_TIME_MS)
    await eventually(
      () => operator.inbox.count(),
      ({ accepted }) => accepted === 0,
    )
    expect(singleReads() - before).toBe(0)
  })

  it('F50, F53: loses no true event of the key: what was parked while Paxos did not list it is opened by its listing', async () => {
    const [event] = await operator.sandbox.populate({ count: 1, refIdPrefix: 'late-', decision: 'approve', deliver: false })
    if (!event) throw new Error('the simulator made no event')
    // The delivery names a wrong time, so no listing from that time on has it, and the demoted key has no single read.
    await deliver(event.id, STOLEN, new Date(Date.parse(event.createdAt) + 3_600_000))
    const stateOf = async () =>
      (await operator.pool.query<{ state: string }>('SELECT state FROM inbox_event WHERE event_id = $1', [event.id])).rows[0]?.state
    await eventually(stateOf, (state) => state === 'parked')
    const { type, createdAt, identityId } = event
    await operator.inbox.prove([{ eventId: event.id, evidence: { type, createdAt, identityId, transferId: null, requiredDocuments: [] } }])
    await eventually(stateOf, (state) => state === 'processed')
  })

  it('F50: is set aside by the command that the alarm names', async () => {
    const { body } = await operator.call('GET', '/v1/home')
    const problem: Problem = body.problems.find(({ kind }: Problem) => kind === 'key-demoted')
    const [, words = ''] = problem.command?.match(/(event dismiss .*) --operator/) ?? []
    const planned = await runCommand(operator, registerEventCommands, [...words.split(' '), '--operator', 'ada', '--reason', 'stolen key'])
    expect(planned).toContain(`dismisses ${FORGED + 40} events`)
  })

  it('F50: is trusted again when an operator says so, which the audit has', async () => {
    const promoted = await operator.call('POST', `/v1/webhook-keys/${STOLEN}/promote`, { body: { reason: 'exchanged, ticket 4711' } })
    expect([promoted.status, promoted.body]).toMatchObject([200, { slot: STOLEN, standing: 'trusted', known: 0, unknown: 0 }])
    const { items } = (await operator.call('GET', '/v1/audit?limit=5')).body
    expect(items).toContainEqual(expect.objectContaining({ action: 'key.promote', target: STOLEN, reason: 'exchanged, ticket 4711' }))
    expect((await operator.call('GET', '/v1/stats')).body.alarms).toEqual([])
    const unheard = await operator.call('POST', '/v1/webhook-keys/api-key-nobody/promote', { body: { reason: 'why not' } })
    expect([unheard.status, unheard.body.code]).toEqual([404, 'WEBHOOK_KEY_UNKNOWN'])
    const again = runCommand(operator, registerKeyCommands, ['key', 'promote', 'api-key-nobody', '--operator', 'ada', '--reason', 'a typo'])
    await expect(again).rejects.toThrow('Unknown webhook key')
  })
})
