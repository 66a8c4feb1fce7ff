import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { API_SCHEMAS } from '../../src/api/api-schemas.ts'
import { registerReconcileCommands } from '../../src/cli/reconcile-commands.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { certificateKey } from '../../src/platform/signed-claims.ts'
import { verifyCertificate } from '../../src/reconcile/certificate.ts'
import type { WindowParts } from '../../src/reconcile/read-window.ts'
import type { Reconciliation } from '../../src/reconcile/reconciliation.ts'
import { findReconciliation, takeReconciliation } from '../../src/reconcile/reconciliation-store.ts'
import { runReconciliation } from '../../src/reconcile/run-reconciliation.ts'
import { startReconciliations } from '../../src/reconcile/start-reconciliations.ts'
import { openPages, type Pages } from '../operate/open-pages.ts'
import { runCommand } from '../operate/run-command.ts'
import { type Operator, startOperator } from '../operate/start-operator.ts'
import { eventually } from '../saga/world.ts'

const logger = createLogger({ level: 'silent' })
let operator: Operator
let pages: Pages
beforeAll(async () => {
  operator = await startOperator()
  pages = await openPages(operator)
  operator.advanceClock(60_000) // what happens now is older than the lag of the listing
})
afterAll(() => operator.close())
afterEach(() => {
  process.exitCode = 0
})

/** A window that holds what Paxos records while `during` runs, and nothing else. By the times of Paxos, whose clock may differ from ours. */
async function windowOf(during: () => Promise<unknown>): Promise<{ from: string; to: string }> {
  const newest = async (): Promise<number> => {
    const { events } = await operator.paxos.events.list({ order: 'DESC', limit: 1 })
    return events[0] ? Date.parse(events[0].createdAt) : Date.now()
  }
  const from = (await newest()) + 1
  await sleep(2)
  await during()
  return { from: new Date(from).toISOString(), to: new Date(Math.max(await newest(), from) + 1).toISOString() }
}

const request = async (window: object, headers: Record<string, string> = {}) =>
  operator.call('POST', '/v1/reconciliations', {
    body: window,
    headers: { authorization: 'Bearer operator-token-of-this-test', ...headers },
  })

/** Runs one requested comparison as a worker does, with the listing changed by `list`. */
async function compare(
  window: object,
  list: WindowParts['paxos']['events']['list'] = operator.paxos.events.list,
  inbox: WindowParts['inbox'] = operator.inbox,
): Promise<Reconciliation> {
  const { body } = await request(window)
  const worker = randomUUID()
  const taken = await takeReconciliation(operator.pool, worker)
  expect(taken?.id).toBe(body.id)
  const paxos = { events: { ...operator.paxos.events, list } }
  await runReconciliation({ pool: operator.pool, inbox, paxos }, taken!, worker)
  return (await findReconciliation(operator.pool, body.id))!
}

/** Events at Paxos: the first `arrived` of them came by webhook. */
async function decide(count: number, arrived: number): Promise<string[]> {
  const events = await operator.sandbox.populate({ count, refIdPrefix: randomUUID(), decision: 'approve', deliver: false })
  for (const event of events.slice(0, arrived)) await operator.accept(event)
  return events.map(({ id }) => id)
}

describe('a reconciliation', () => {
  it('counts what came by webhook and by sweep, takes in what was missing, and certifies it', async () => {
    const window = await windowOf(() => decide(120, 117))
    const first = await compare(window)
    expect(first).toMatchObject({ state: 'complete', listed: 120, byWebhook: 117, bySweep: 3, found: 3, missing: 0, withheld: [] })
    const again = await compare(window)
    expect(again).toMatchObject({ state: 'complete', listed: 120, bySweep: 3, found: 0, eventsSha256: first.eventsSha256 })

    const { body, status } = await operator.call('GET', `/v1/reconciliations/${first.id}/certificate`)
    expect(status).toBe(200)
    const { certificate, publicKey } = API_SCHEMAS.Certificate.parse(body)
    expect(await verifyCertificate(certificate, publicKey as never)).toMatchObject({
      ...{ reconciliation: first.id, from: window.from, to: window.to, listed: 120, byWebhook: 117, bySweep: 3, missing: 0 },
      ...{ paxos: operator.sandbox.apiUrl, eventsSha256: first.eventsSha256 },
    })
    expect((await operator.call('GET', `/v1/reconciliations/${first.id}/certificate`)).body.certificate).toBe(certificate)
  })

  it('certifies an empty window, in which nothing can be missing', async () => {
    expect(await compare(await windowOf(async () => undefined))).toMatchObject({ state: 'complete', listed: 0, missing: 0 })
  })

  it('A48: has no certificate when a cursor repeats, and says that the listing is incomplete', async () => {
    const window = await windowOf(() => decide(1, 1))
    const ended = await compare(window, async (options) => ({
      ...(await operator.paxos.events.list({ ...options, cursor: null })),
      nextCursor: 'again',
    }))
    expect(ended).toMatchObject({
      state: 'withheld',
      withheld: [{ code: 'LISTING_INCOMPLETE', detail: expect.stringContaining('repeated') }],
    })
    const { status, body } = await operator.call('GET', `/v1/reconciliations/${ended.id}/certificate`)
    expect([status, body.code]).toEqual([409, 'CERTIFICATE_WITHHELD'])
    expect(body.detail).toContain('a cursor was repeated')
    expect(await (await pages.get(`/reconciliations/${ended.id}`)).text()).toContain('LISTING_INCOMPLETE')
  })

  it('A48: has no certificate when a page had fewer rows than requested and more pages followed', async () => {
    const window = await windowOf(() => decide(150, 150))
    const ended = await compare(window, async (options) => {
      const page = await operator.paxos.events.list(options)
      return page.nextCursor === null ? page : { ...page, events: page.events.slice(1) }
    })
    expect(ended).toMatchObject({ state: 'withheld', listed: 149, withheld: [{ code: 'PAGE_SHORT' }] })
  })

  it('A47: has no certificate when rows moved between pages while it read', async () => {
    const window = await windowOf(() => decide(150, 150))
    let first: Awaited<ReturnType<typeof operator.paxos.events.list>> | null = null
    const ended = await compare(window, async (options) => {
      const page = await operator.paxos.events.list(options)
      if (first) return { ...page, events: [...first.events.slice(-1), ...page.events] }
      first = page
      return page
    })
    expect(ended).toMatchObject({ state: 'withheld', withheld: [{ code: 'EVENT_REPEATED' }] })
  })

  it('has no certificate when the listing ignores the window, or when a row is unusable', async () => {
    const [id = ''] = await decide(1, 1)
    const window = await windowOf(async () => undefined)
    const outside = await compare(window, async () => ({ events: [await operator.paxos.events.get(id)], oddRows: 0, nextCursor: null }))
    expect(outside.withheld).toMatchObject([{ code: 'EVENT_OUTSIDE_WINDOW' }])
    const unusable = await compare(window, async () => ({ events: [], oddRows: 2, nextCursor: null }))
    expect(unusable.withheld).toMatchObject([{ code: 'ROW_UNUSABLE', detail: expect.stringContaining('time: 2.') }])
  })

  it('has no certificate when the inbox does not hold an event that Paxos lists', async () => {
    const window = await windowOf(() => decide(2, 1))
    const forgetful = { ...operator.inbox, accept: async () => 'accepted' as const }
    const ended = await compare(window, operator.paxos.events.list, forgetful)
    expect(ended).toMatchObject({
      state: 'withheld',
      listed: 2,
      byWebhook: 1,
      bySweep: 0,
      missing: 1,
      withheld: [{ code: 'EVENT_MISSING' }],
    })
  })

  it('goes on in another worker when the first one died, and the dead one records nothing', async () => {
    const window = await windowOf(() => decide(3, 3))
    const { body } = await request(window)
    const [dead, alive] = [randomUUID(), randomUUID()]
    const taken = (await takeReconciliation(operator.pool, dead))!
    expect(await takeReconciliation(operator.pool, alive)).toBeNull()
    await operator.pool.query('UPDATE reconciliation SET lease_until = now() WHERE id = $1', [body.id])
    const retaken = (await takeReconciliation(operator.pool, alive))!
    await expect(runReconciliation(operator, taken, dead)).rejects.toMatchObject({ code: 'RECONCILIATION_LEASE_LOST' })
    expect(await findReconciliation(operator.pool, body.id)).toMatchObject({ state: 'running', finishedAt: null })
    await runReconciliation(operator, retaken, alive)
    expect(await findReconciliation(operator.pool, body.id)).toMatchObject({ state: 'complete', listed: 3 })
  })

  it('waits while Paxos is away, says why, and completes afterwards', async () => {
    const window = await windowOf(() => decide(2, 1))
    const fault = operator.sandbox.faults.arm({ on: 'GET /events', do: 'answer', status: 503 })
    const { body } = await request(window)
    const stop = startReconciliations(operator, logger)
    onTestFinished(stop)
    const read = async () => (await findReconciliation(operator.pool, body.id))!
    const interrupted = await eventually(read, ({ lastError }) => lastError !== null)
    expect(interrupted).toMatchObject({ state: 'waiting', finishedAt: null })
    const refused = await operator.call('GET', `/v1/reconciliations/${body.id}/certificate`)
    expect([refused.status, refused.body.code]).toEqual([409, 'RECONCILIATION_UNFINISHED'])
    expect(await (await pages.get(`/reconciliations/${body.id}`)).text()).toContain('A worker tries again within 15 s.')
    operator.sandbox.faults.disarm(fault)
    await operator.pool.query('UPDATE reconciliation SET lease_until = now() WHERE id = $1', [body.id])
    expect(await eventually(read, ({ finishedAt }) => finishedAt !== null)).toMatchObject({ state: 'complete', listed: 2, lastError: null })
  })
})

describe('a request for a reconciliation', () => {
  it('is the same comparison under the same key, and 422 names the field that differs', async () => {
    const window = { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' }
    const key = { 'idempotency-key': 'january-1' }
    const first = await request(window, key)
    expect(first.status).toBe(202)
    expect((await request(window, key)).body.id).toBe(first.body.id)
    const differs = await request({ ...window, to: '2026-01-03T00:00:00Z' }, key)
    expect([differs.status, differs.body.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED'])
    expect(differs.body.detail).toContain('(to)')
    await operator.pool.query('DELETE FROM reconciliation WHERE id = $1', [first.body.id])
  })

  it.each([
    [{ to: '2999-01-01T00:00:00Z' }, 'to', 'at least 30 s ago'],
    [{ from: '2026-02-01T00:00:00Z', to: '2026-01-01T00:00:00Z' }, 'from', 'must be before to'],
    [{ from: '2020-01-01T00:00:00Z', to: '2026-01-01T00:00:00Z' }, 'from', '731 days'],
    [{ from: 'yesterday' }, 'from', 'must be'],
    [{ since: '2026-01-01T00:00:00Z' }, 'since', 'not'],
  ])('%j is refused by the field %s, and nothing is recorded', async (body, field, words) => {
    const before = await operator.call('GET', '/v1/reconciliations')
    const { status, body: problem } = await request(body)
    expect([status, problem.errors[0].field]).toEqual([400, field])
    expect(problem.errors[0].message).toContain(words)
    expect((await operator.call('GET', '/v1/reconciliations')).body).toEqual(before.body)
  })

  it('is audited with its window and the name', async () => {
    const { body } = await request(await windowOf(async () => undefined), { 'x-operator': 'Grace' })
    const [entry] = (await operator.call('GET', '/v1/audit?action=reconcile.request&limit=1')).body.items
    expect(entry).toMatchObject({ operator: 'Grace', target: `reconciliation:${body.id}`, data: { from: body.fromAt, to: body.toAt } })
    await operator.pool.query('DELETE FROM reconciliation WHERE id = $1', [body.id])
  })

  it('for an unknown id is 404 on the API and the pages', async () => {
    const path = `/v1/reconciliations/${randomUUID()}`
    for (const each of [path, `${path}/certificate`])
      expect((await operator.call('GET', each)).body).toMatchObject({ status: 404, code: 'RECONCILIATION_UNKNOWN' })
    expect((await pages.get(`/reconciliations/${randomUUID()}`)).status).toBe(404)
  })

  it('pages through the list, last requested first', async () => {
    const all = (await operator.call('GET', '/v1/reconciliations?limit=200')).body.items.map(({ id }: { id: string }) => id)
    const [first, ...rest] = all
    const page = (await operator.call('GET', '/v1/reconciliations?limit=1')).body
    expect(page.items.map(({ id }: { id: string }) => id)).toEqual([first])
    const next = (await operator.call('GET', `/v1/reconciliations?limit=200&cursor=${page.nextCursor}`)).body
    expect(next.items.map(({ id }: { id: string }) => id)).toEqual(rest)
  })
})

describe('the form', () => {
  it('shows a wrong time beside what was sent, and leads to the new reconciliation otherwise', async () => {
    const wrong = await pages.post('/reconciliations', { from: 'last week', to: '' })
    expect(wrong.status).toBe(400)
    const text = await wrong.text()
    expect(text).toContain('value="last week"')
    const late = await (await pages.post('/reconciliations', { to: '2999-01-01T00:00:00Z' })).text()
    expect(late).toContain('at least 30 s ago')
    const sent = await pages.post('/reconciliations', { from: '2026-01-01', to: '2026-01-02' })
    expect(sent.status).toBe(303)
    const page = await (await pages.get(sent.headers.get('location') ?? '')).text()
    expect(page).toContain('A worker takes it within 1 s.')
    await operator.pool.query("DELETE FROM reconciliation WHERE state = 'waiting'")
  })
})

describe('the commands', () => {
  const run = (...args: string[]) => runCommand(operator, registerReconcileCommands, ['reconcile', ...args])

  it('run a comparison, write the certificate, and verify it offline', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'certificate-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const stop = startReconciliations(operator, logger)
    onTestFinished(stop)
    const window = await windowOf(() => decide(3, 2))
    const printed = await run('run', '--from', window.from, '--to', window.to)
    expect(printed).toMatch(
      /Paxos listed 3 events\. Missing in the inbox: 0\. Brought by webhook: 2, by sweep: 1 \(found by this comparison: 1\)\./,
    )
    const id = /^id +(\S+)$/m.exec(printed)![1]!
    const [file, key] = [join(directory, 'certificate.jws'), join(directory, 'key.json')]
    await run('certificate', id, '--out', file)
    writeFileSync(key, await run('key'))
    expect(await run('verify', file, '--key', key)).toMatch(/^The signature holds\.\n[\s\S]*^listed +3$/m)
    writeFileSync(file, await run('certificate', id, '--json'))
    expect(await run('verify', file, '--key', key)).toContain('The signature holds.')
    expect(await run('list')).toContain(id)
    expect(await run('show', id)).toContain('Missing in the inbox: 0.')
    await expect(run('show', randomUUID())).rejects.toThrow('reconcile list shows the known ones')
  })

  it('refuse a certificate that was changed, another key, and a file that holds no certificate', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'certificate-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const [file, key, other] = ['certificate.jws', 'key.json', 'other.json'].map((name) => join(directory, name)) as [
      string,
      string,
      string,
    ]
    const { id } = await compare(await windowOf(() => decide(1, 1)))
    await run('certificate', id, '--out', file)
    writeFileSync(key, await run('key'))
    writeFileSync(other, JSON.stringify((await certificateKey(Buffer.alloc(32, 9))).publicJwk))
    await expect(run('verify', file, '--key', other)).rejects.toThrow('another key signed it')
    const [head, payload = '', signature] = readFileSync(file, 'utf8').trim().split('.')
    const changed = Buffer.from(payload, 'base64url').toString().replace('"listed":1', '"listed":2')
    writeFileSync(file, [head, Buffer.from(changed).toString('base64url'), signature].join('.'))
    await expect(run('verify', file, '--key', key)).rejects.toThrow('the certificate was changed')
    writeFileSync(file, 'not a certificate')
    await expect(run('verify', file, '--key', key)).rejects.toThrow('the signature does not hold')
    await expect(run('verify', file, '--key', file)).rejects.toThrow('the key is not an Ed25519 public key')
    await expect(run('verify', join(directory, 'absent'), '--key', key)).rejects.toThrow('cannot read')
  })
})
