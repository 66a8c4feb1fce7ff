import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { AlertChannel } from '../../src/alert/alert-channel.ts'
import { readChannels } from '../../src/alert/channel-health.ts'
import { createEmailAlerts } from '../../src/alert/email-alerts.ts'
import { createWebhookAlerts } from '../../src/alert/webhook-alerts.ts'
import type { AlertSettings } from '../../src/operate/alerts/alert-settings.ts'
import { watchOnce } from '../../src/operate/alerts/start-alerts.ts'
import type { Problem, ProblemKind } from '../../src/operate/problems/problem.ts'
import { type AddressPolicy, EVERY_NETWORK } from '../../src/platform/address-policy.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { startNoticeReceiver } from '../notify/notice-receiver.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'
import { startMailServer } from './mail-server.ts'

let database: TestDatabase
let pool: pg.Pool
beforeAll(async () => {
  database = await createTestDatabase()
  pool = new pg.Pool({ connectionString: database.url, max: 8 })
})
afterAll(async () => {
  await pool.end()
  await database.drop()
})
beforeEach(async () => {
  await pool.query(
    `DELETE FROM alert_delivery; DELETE FROM alert_incident; DELETE FROM alert_channel; UPDATE alert_round SET taken_at = '-infinity'`,
  )
  clock = Date.parse('2026-03-01T12:00:00Z')
  problems = []
})

const SECRET = `whsec_${Buffer.alloc(32, 9).toString('base64')}`
const SETTINGS: AlertSettings = { severity: 'fault', afterSeconds: 60, quietHours: null, heartbeatSeconds: null, runbookUrl: null }
const MARKED = 'Mona Muster'
const logger = createLogger({ level: 'silent' })

let clock = 0
let problems: Problem[] = []

const problem = (kind: ProblemKind, more: Partial<Problem> = {}): Problem => ({
  ...{ key: kind, kind, severity: 'fault', sentence: `${kind}: 3 events. ${MARKED} said so.`, facts: `${kind}: 3 events.` },
  ...{ since: null, customers: 3, nextAction: 'Fix it.', page: null, command: null, ...more },
})

interface Sent {
  type: string
  id: string
  text: string
  more: number
  incidents: { key: string; transition: string; kind: string; severity: string; runbook: string; resolvedAt: string | null }[]
}

async function webhook(outgoing: AddressPolicy = EVERY_NETWORK) {
  const receiver = await startNoticeReceiver()
  const channel = createWebhookAlerts({ url: receiver.url, secret: SECRET, timeoutMs: 2_000, outgoing })
  onTestFinished(() => channel.close())
  return { receiver, channel, sent: (): Sent[] => receiver.deliveries.map(({ body }) => JSON.parse(body)) }
}

async function mail(outgoing: AddressPolicy = EVERY_NETWORK) {
  const server = await startMailServer()
  const channel = createEmailAlerts({
    ...{ smtpUrl: server.url, from: 'gatehouse@example.com', to: ['ops@example.com'], timeoutMs: 2_000, outgoing },
  })
  onTestFinished(() => channel.close())
  return { server, channel }
}

/** Lets time pass in rounds of 15 s, as the processes do. */
async function pass(seconds: number, channels: readonly AlertChannel[], settings: AlertSettings = SETTINGS): Promise<void> {
  for (let passed = 0; passed <= seconds; passed += 15) {
    await check(channels, settings)
    clock += 15_000
  }
}

const check = (channels: readonly AlertChannel[], settings: AlertSettings = SETTINGS, by = randomUUID()): Promise<void> =>
  watchOnce({ pool, problems: async () => problems, channels, settings, logger, now: () => clock }, by)

describe('an alert', () => {
  it('B19: goes out once when a problem lasts, and once when it is resolved, with the same incident key in both', async () => {
    const { channel, sent } = await webhook()
    problems = [problem('paxos-down')]
    await pass(45, [channel])
    expect(sent()).toEqual([])
    await pass(300, [channel])
    problems = []
    await pass(600, [channel])
    expect(sent().map(({ incidents }) => incidents.map(({ transition, kind }) => `${transition} ${kind}`))).toEqual([
      ['opened paxos-down'],
      ['resolved paxos-down'],
    ])
    const [opened, resolved] = sent().map(({ incidents }) => incidents[0])
    expect(resolved?.key).toBe(opened?.key)
    expect(opened?.runbook).toBe('docs/operations.md#paxos-is-down')
    problems = [problem('paxos-down')]
    await pass(300, [channel])
    expect(sent()[2]?.incidents[0]?.key).not.toBe(opened?.key)
  })

  it('B19: stays one incident while the problem comes and goes within 2 min', async () => {
    const { channel, sent } = await webhook()
    for (let turn = 0; turn < 6; turn += 1) {
      problems = turn % 2 === 0 ? [problem('paxos-down')] : []
      await pass(60, [channel])
    }
    expect(sent()).toHaveLength(1)
  })

  it('B18: joins problems that begin together to one message, lists 20 of them and counts the rest', async () => {
    const { channel, sent } = await webhook()
    problems = Array.from({ length: 30 }, (_, n) => problem('dead', { key: `dead:${n}` }))
    await pass(300, [channel])
    expect(sent()).toHaveLength(1)
    expect([sent()[0]?.incidents.length, sent()[0]?.more]).toEqual([20, 10])
    expect(sent()[0]?.text.length).toBeLessThan(32_768)
  })

  it('B18: is sent once over five processes that watch at the same time', async () => {
    const { channel, sent } = await webhook()
    problems = [problem('paxos-down'), problem('held')]
    for (let round = 0; round < 12; round += 1) {
      await Promise.all(Array.from({ length: 5 }, () => check([channel])))
      clock += 15_000
    }
    expect(sent()).toHaveLength(1)
  })

  it('B18: is sent again under the same id after a failure and after a crash before the record', async () => {
    const { receiver, channel, sent } = await webhook()
    receiver.reply((response) => void response.writeHead(500).end())
    problems = [problem('paxos-down')]
    await pass(120, [channel])
    receiver.reply((response) => void response.writeHead(204).end())
    await pass(120, [channel])
    const ids = sent().map(({ id }) => id)
    expect(ids.length).toBeGreaterThan(1)
    expect(new Set(ids).size).toBe(1)
    // As after a crash: the message went out, and its record did not.
    await pool.query(`UPDATE alert_delivery SET state = 'due', sent_at = NULL`)
    await check([channel])
    expect(new Set(sent().map(({ id }) => id)).size).toBe(1)
    expect(sent()).toHaveLength(ids.length + 1)
    await pass(60, [channel])
    expect(sent()).toHaveLength(ids.length + 1)
  })

  it('B18: waits in quiet hours unless it is critical, and is never sent if its problem ends before they do', async () => {
    const { channel, sent } = await webhook()
    const quiet = { ...SETTINGS, quietHours: { fromMinute: 11 * 60, toMinute: 13 * 60 } }
    problems = [problem('dead', { key: 'dead:1' }), problem('held'), problem('no-worker')]
    await pass(300, [channel], quiet)
    expect(sent().map(({ incidents }) => incidents.map(({ kind, severity }) => `${severity} ${kind}`))).toEqual([['critical no-worker']])
    problems = [problem('held'), problem('no-worker')]
    await pass(300, [channel], quiet)
    clock = Date.parse('2026-03-01T13:00:00Z')
    await pass(60, [channel], quiet)
    expect(sent().map(({ incidents }) => incidents.map(({ kind }) => kind))).toEqual([['no-worker'], ['held']])
  })

  it('opens nothing below the configured severity, and keeps an acknowledged incident open', async () => {
    const { channel, sent } = await webhook()
    problems = [problem('sweep-overdue', { severity: 'warning' }), problem('dead', { key: 'dead:1' })]
    await pass(120, [channel])
    problems = problems.map((each) => ({ ...each, severity: 'warning' }))
    await pass(600, [channel])
    expect(sent().map(({ incidents }) => incidents.map(({ kind, transition }) => `${transition} ${kind}`))).toEqual([['opened dead']])
    await pass(120, [channel], { ...SETTINGS, severity: 'warning' })
    expect(sent()).toHaveLength(2)
  })

  it('C: carries nothing that an operator or a person wrote', async () => {
    const { receiver, channel } = await webhook()
    const { server, channel: mails } = await mail()
    problems = [problem('queue-paused'), problem('dead', { key: 'dead:1' })]
    await pass(120, [channel, mails])
    const everything = JSON.stringify(receiver.deliveries) + server.mails.map(({ text, subject }) => `${subject}${text}`).join('')
    expect(everything).toContain('dead: 3 events.')
    expect(everything).not.toContain(MARKED)
  })

  it('is signed like a notification if a secret is set', async () => {
    const { receiver, channel } = await webhook()
    problems = [problem('paxos-down')]
    await pass(120, [channel])
    const [delivery] = receiver.deliveries
    const headers = Object.fromEntries(
      ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [name, String(delivery?.headers[name])]),
    )
    expect(new Webhook(SECRET).verify(delivery?.body ?? '', headers)).toMatchObject({ type: 'gatehouse.alert' })
  })
})

describe('the e-mail channel', () => {
  it('B19: sends alert and resolved message as one thread, through a real SMTP server', async () => {
    const { server, channel } = await mail()
    problems = [problem('no-worker')]
    await pass(120, [channel])
    problems = []
    await pass(300, [channel])
    expect(server.mails.map(({ subject }) => subject)).toEqual(['[Gatehouse] no-worker', '[Gatehouse] resolved: no-worker'])
    const [alert, resolved] = server.mails
    expect(resolved?.references).toEqual(alert?.references)
    expect(alert?.text).toContain('Runbook: docs/operations.md#a-worker-is-silent')
  })

  it('B18: logs in as its heartbeat, and sends no mail for it', async () => {
    const { server, channel } = await mail()
    await pass(60, [channel], { ...SETTINGS, heartbeatSeconds: 3_600 })
    expect([server.logins(), server.mails.length]).toEqual([1, 0])
    expect((await readChannels(pool))[0]).toMatchObject({ channel: 'e-mail', failingSince: null, heartbeatAt: expect.any(Date) })
  })

  it('keeps only the status of a refusal, and never its text', async () => {
    const { server, channel } = await mail()
    server.refuse(550)
    problems = [problem('no-worker')]
    await pass(90, [channel])
    expect((await readChannels(pool))[0]).toMatchObject({ lastCode: '550', failingSince: expect.any(Date) })
    server.refuse(null)
    await pass(60, [channel])
    expect(server.mails).toHaveLength(1)
  })
})

describe('a channel', () => {
  it('B18: sends a heartbeat every hour, and records when it accepts none', async () => {
    const { receiver, channel, sent } = await webhook()
    await pass(3_660, [channel], { ...SETTINGS, heartbeatSeconds: 3_600 })
    expect(sent().map(({ type }) => type)).toEqual(['gatehouse.alert_heartbeat', 'gatehouse.alert_heartbeat'])
    await receiver.stop()
    await pass(3_660, [channel], { ...SETTINGS, heartbeatSeconds: 3_600 })
    const [health] = await readChannels(pool)
    expect(health).toMatchObject({ channel: 'webhook', failingSince: expect.any(Date), lastCode: 'ECONNREFUSED' })
  })

  it.each([
    ['webhook', webhook],
    ['e-mail', mail],
  ] as const)('F63: connects by %s only to an address that OUTGOING_NETWORKS allows', async (_, open) => {
    const { channel } = await open({ networks: ['public'], ranges: [] })
    problems = [problem('no-worker')]
    await pass(90, [channel])
    expect((await readChannels(pool))[0]).toMatchObject({ lastCode: 'ADDRESS_NOT_ALLOWED' })
  })

  it('gives up after its time limit when the receiver does not answer', async () => {
    const { receiver } = await webhook()
    receiver.reply(() => {})
    const channel = createWebhookAlerts({ url: receiver.url, secret: null, timeoutMs: 200, outgoing: EVERY_NETWORK })
    onTestFinished(() => channel.close())
    problems = [problem('no-worker')]
    await pass(75, [channel])
    expect((await readChannels(pool))[0]).toMatchObject({ lastCode: 'TimeoutError' })
  })
})
