import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { takeRound } from '../../../src/alert/incident-store.ts'
import { registerDossierCommand } from '../../../src/cli/dossier-command.ts'
import { markLeaked, noteKeys } from '../../../src/inbox/webhook-keys.ts'
import type { Dossier } from '../../../src/operate/dossier/dossier.ts'
import { createLogger } from '../../../src/platform/logger.ts'
import { startReplayRunner } from '../../../src/replay/replay-runner.ts'
import { eventually } from '../../saga/world.ts'
import { openPages } from '../open-pages.ts'
import { runCommand } from '../run-command.ts'
import { bearer, type Operator, startOperator } from '../start-operator.ts'

const ADA = bearer({ 'x-operator': 'Ada' })
/** The id of a customer as an attacker would choose it. */
const FORMULA = '=HYPERLINK("http://x")'
let operator: Operator
let stopRunner: () => Promise<void>
/** How many more notifications the application answers with 500. */
let failures = 0
const application = createServer((request, response) =>
  request.resume().on('end', () => {
    response.writeHead(failures > 0 ? 500 : 204).end()
    failures = Math.max(0, failures - 1)
  }),
)
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-dossier-'))

/** Decided customers whose events arrive; resolves with the ids of events and identities after each event reached one of the states. */
async function arrive(refIdPrefix: string, count: number, { until = 'processed', decision = 'approve' as 'approve' | 'deny' } = {}) {
  const events = await operator.sandbox.populate({ count, refIdPrefix, decision, deliver: false })
  const ids = events.map(({ id }) => id)
  for (const event of events) await operator.accept(event)
  await settled(ids, until)
  return ids
}

async function settled(eventIds: readonly string[], state: string): Promise<void> {
  const states = async (): Promise<string[]> => {
    const { rows } = await operator.pool.query<{ state: string }>('SELECT state FROM inbox_event WHERE event_id = ANY ($1)', [eventIds])
    return [...new Set(rows.map((row) => row.state))]
  }
  await eventually(states, (seen) => seen.length === 1 && seen[0] === state)
}

/** Three accounts are refused, parked, and recovered by an approved replay. */
async function refuseAndReplay(): Promise<void> {
  const fault = operator.sandbox.faults.arm({ on: 'POST /identity/accounts', do: 'answer', status: 403 })
  const refused = await arrive('refused', 3, { until: 'parked' })
  operator.sandbox.faults.disarm(fault)
  const plan = await operator.call('POST', '/v1/replays', { headers: ADA, body: { eventIds: refused, states: ['parked'] } })
  const reason = 'the scope was granted'
  await operator.call('POST', `/v1/replays/${plan.body.id}/approve`, { headers: ADA, body: { reason } })
  await settled(refused, 'processed')
}

/** A forged event, which an operator dismisses. */
async function forgeAndDismiss(): Promise<void> {
  const id = randomUUID()
  await operator.accept({ id, type: 'identity.approved' })
  await operator.pool.query(
    `UPDATE inbox_event SET state = 'parked', error_code = 'EVENT_UNKNOWN_TO_PAXOS', completed_at = now() WHERE event_id = $1`,
    [id],
  )
  const dismissed = await operator.call('POST', `/v1/events/${id}/dismiss`, {
    headers: ADA,
    body: { reason: 'forged, mentions Erika Mustermann' },
  })
  expect(dismissed.status).toBe(200)
}

async function playOutage(): Promise<void> {
  await arrive('fine', 2)
  failures = 1
  await arrive('retried', 1)
  await refuseAndReplay()
  const [lost] = await operator.sandbox.populate({ count: 1, refIdPrefix: 'lost', decision: 'deny', deliver: false })
  const swept = {
    eventId: lost?.id ?? '',
    type: lost?.type ?? '',
    occurredAt: new Date(),
    isTest: false,
    origin: 'sweep' as const,
    bodySha256: null,
  }
  await operator.inbox.accept(swept)
  await settled([swept.eventId], 'processed')
  await forgeAndDismiss()
  await operator.call('POST', '/v1/queue/pause', { headers: ADA, body: { reason: 'Paxos answers 503' } })
  await operator.call('POST', '/v1/queue/resume', { headers: ADA, body: { reason: 'Paxos answers again' } })
  await operator.pool.query(
    `INSERT INTO inbox_event (event_id, type, occurred_at, is_test, origin, state, completed_at, error_code, identity_id)
     VALUES (gen_random_uuid()::text, 'identity.approved', now(), false, 'webhook', 'dead', now(), 'X', $1)`,
    [FORMULA],
  )
  const alarm = { problemKey: 'paxos-down', kind: 'paxos-down', severity: 'fault' as const, sentence: 'Paxos does not answer.' }
  const rules = { channels: [], severities: ['fault' as const], afterSeconds: 60, everySeconds: 15 }
  const at = (minutesAgo: number): Date => new Date(Date.now() - minutesAgo * 60_000)
  for (const minutesAgo of [30, 28, 20])
    await takeRound(operator.pool, [{ ...alarm, nextAction: 'Wait.', customers: null, since: null }], rules, at(minutesAgo))
  await takeRound(operator.pool, [], rules, at(5))
  await noteKeys(operator.pool, [{ slot: 'api-key-57013e00', lastUsedAt: null }])
  await markLeaked(operator.pool, 'api-key-57013e00', { by: 'Ada', reason: 'found in a log' })
}

beforeAll(async () => {
  await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve))
  operator = await startOperator({ concurrency: 5, noticesUrl: `http://127.0.0.1:${(application.address() as AddressInfo).port}/` })
  stopRunner = startReplayRunner(operator.replays, createLogger({ level: 'silent' }))
  await playOutage()
}, 90_000)
afterAll(async () => {
  await stopRunner()
  await operator.close()
  application.close()
  rmSync(folder, { recursive: true })
})

const dossier = (): Promise<Dossier> => operator.useCases.writeDossier({ from: new Date(Date.now() - 7_200_000) })
const get = async (path: string): Promise<{ status: number; type: string | null; text: string }> => {
  const answer = await fetch(`${operator.url}${path}`, { headers: bearer() })
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() }
}

describe('the dossier of a played outage', () => {
  it('B2: says of every event how it recovered', async () => {
    const { recovery } = await dossier()
    const ways = Object.fromEntries(recovery.ways.map(({ way, events }) => [way, events]))
    expect(ways).toEqual({
      ...{ 'at-once': 2, waited: 0, retry: 1, reopened: 0, replay: 3 },
      ...{ reconciliation: 1, dismissal: 1, 'not-recovered': 1 },
    })
    expect(recovery.received).toBe(Object.values(ways).reduce((sum, events) => sum + events, 0))
  })

  it('B2: has the failures by cause with first and last time, also those that are repaired', async () => {
    const { failures: found } = await dossier()
    expect(found.map(({ of, cause, count, now }) => [of, cause, count, now])).toEqual([
      ['attempts', 'PAXOS_FORBIDDEN: create-account, accounts.create answered 403', 3, 'of 3 effects: 3 done since, 0 refused, 0 open'],
      ['attempts', expect.stringContaining('send-notification, notify answered 500'), 1, 'of 1 effects: 1 done since, 0 refused, 0 open'],
      ['events', 'EVENT_UNKNOWN_TO_PAXOS', 1, 'dismissed'],
      ['events', 'X', 1, 'dead'],
    ])
    expect(found.every(({ firstAt, lastAt }) => firstAt <= lastAt)).toBe(true)
  })

  it('B2: tells the outage, the pause, the demoted key, the new causes and the replay in the order of their times', async () => {
    const { timeline } = await dossier()
    const lines = timeline.map(({ kind, text }) => `${kind}: ${text}`)
    expect(lines[0]).toBe('problem: fault: Paxos does not answer.')
    expect(timeline[0]?.until).toBeInstanceOf(Date)
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^cause: First failure of issue [0-9a-f]{12}: PAXOS_FORBIDDEN/),
        expect.stringMatching(/^replay: Replay \S+ of 3 events, approved by Ada/),
        expect.stringMatching(/^pause: Ada: queue\.pause/),
        expect.stringMatching(/^pause: Ada: queue\.resume/),
        'key: Webhook key api-key-57013e00 was demoted: an operator marked it as leaked.',
      ]),
    )
    expect(timeline.map(({ at }) => at)).toEqual(timeline.map(({ at }) => at).toSorted((a, b) => a.getTime() - b.getTime()))
  })

  it('B2: names the customers affected by their ids, the delays, the acts and what remains', async () => {
    const { customers, delays, acts, risks, notKnown } = await dossier()
    expect(customers).toHaveLength(6) // 1 retried, 3 refused, 1 swept, 1 dead
    expect(delays).toMatchObject({ customers: 6, worstEventId: expect.any(String) })
    expect(delays!.p50).toBeLessThanOrEqual(delays!.worst)
    expect(acts.map(({ operator: name, action }) => `${name} ${action}`)).toEqual(
      expect.arrayContaining(['Ada replay.approve', 'Ada event.dismiss', 'Ada queue.pause', 'Ada queue.resume']),
    )
    expect(risks.map(({ count, sentence }) => [count, sentence])).toEqual([
      [1, '1 event of the window dead.'],
      [0, '0 events among the samples of refused deliveries are not in the inbox.'],
    ])
    expect(notKnown.join('\n')).toMatch(/reconcile drift.*\n.*gatehouse proof/)
    expect(notKnown.join('\n')).toContain('no complete reconciliation covers it')
  })

  it('B2, C: is served as Markdown and as CSV that no spreadsheet runs, without a word of a person', async () => {
    const markdown = await get('/v1/dossier?from=2h&to=now')
    expect([markdown.status, markdown.type]).toEqual([200, 'text/markdown; charset=utf-8'])
    expect(markdown.text).toMatch(/^# Incident dossier\n/)
    expect(markdown.text).toContain('recovered by an operator')
    const csv = await get('/v1/dossier?from=2h&format=csv')
    expect(csv.type).toBe('text/csv; charset=utf-8; header=present')
    expect(csv.text.split('\r\n')[0]).toBe('section,at,until,kind,subject,count,detail')
    expect(csv.text).toContain(`customers,,,,"'=HYPERLINK(""http://x"")",,`)
    expect(`${markdown.text}${csv.text}`).not.toMatch(/Mustermann|found in a log|Paxos answers 503/)
  })

  it('B2: is a command that prints or writes it, and a page with both files', async () => {
    const printed = await runCommand(operator, registerDossierCommand, ['dossier', '--from', '2h', '--to', 'now'])
    expect(printed).toMatch(/^# Incident dossier\n/)
    const out = join(folder, 'incident.csv')
    expect(await runCommand(operator, registerDossierCommand, ['dossier', '--format', 'csv', '--out', out])).toBe(`Wrote ${out}.`)
    expect(readFileSync(out, 'utf8')).toMatch(/^section,at,/)
    const pages = await openPages(operator)
    const page = await (await pages.get('/dossier?from=2h')).text()
    expect(page).toContain('Remaining risk')
    expect(await (await pages.get('/reconciliations')).text()).toContain('href="/dossier"')
    const link = /href="(\/dossier\/file\?[^"]*format=csv)"/.exec(page)?.[1]?.replaceAll('&amp;', '&') ?? ''
    expect(await (await pages.get(link)).text()).toMatch(/^section,at,/)
  })

  it('B2: refuses a window that is reversed, in the future or longer than 31 days, naming the field, on all faces', async () => {
    for (const [query, field] of [
      ['from=1h&to=2h', 'from'],
      ['from=40d', 'from'],
      ['to=2999-01-01', 'to'],
      ['from=soon', 'from'],
      ['colour=red', 'colour'],
    ] as const) {
      const { status, body } = await operator.call('GET', `/v1/dossier?${query}`)
      expect([status, JSON.stringify(body)]).toEqual([400, expect.stringContaining(field)])
    }
    await expect(runCommand(operator, registerDossierCommand, ['dossier', '--from', '1h', '--to', '2h'])).rejects.toThrow(
      /from: must be before to/,
    )
    const pages = await openPages(operator)
    const refused = await pages.get('/dossier?from=40d')
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('at most 31 days')])
  })

  it('B2: of a window without events has nothing, and says so', async () => {
    const to = new Date(Date.now() - 86_400_000)
    const empty = await operator.useCases.writeDossier({ from: new Date(to.getTime() - 3_600_000), to })
    expect([empty.timeline, empty.failures, empty.customers, empty.delays, empty.acts, empty.recovery.received]).toEqual([
      [],
      [],
      [],
      null,
      [],
      0,
    ])
  })
})
