import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Running, runGatehouse } from '../load/run-gatehouse.ts'
import { openSandbox } from '../sandbox/start-sandbox.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { type Browser, logIn, openBrowser, picture } from './open-browser.ts'

const CLI = join(import.meta.dirname, '../../src/cli/gatehouse.ts')
const API_KEY = 'bad-day-webhook-key-0001'
const TOKEN = 'operator-token-of-a-bad-day'
/** A page refreshes every 4 s. The client notices an outage within one try, and the breaker's waits grow to a minute. */
const SOON = { timeout: 30_000 }
const RECOVERED = { timeout: 90_000 }

interface Stats {
  upstream: { backlogSeconds: number | null }
  notices: Record<string, number>
  onboardings: Record<string, number>
}

const later: (() => Promise<unknown>)[] = []
const onTestFinished = ((close: () => Promise<void>) => later.push(close)) as never
let env: Record<string, string>
let sandbox: Awaited<ReturnType<typeof openSandbox>>
let application: { server: Server; status: number; taken: number }
let gatehouse: Running
let browser: Browser
let page: Page

beforeAll(async () => {
  const database = await createTestDatabase()
  later.push(() => database.drop())
  sandbox = await openSandbox({ seed: 15 })
  later.push(() => sandbox.close())
  application = await startApplication()
  env = {
    DATABASE_URL: database.url,
    PAXOS_API_URL: sandbox.apiUrl,
    PAXOS_TOKEN_URL: sandbox.tokenUrl,
    PAXOS_CLIENT_ID: 'sandbox',
    PAXOS_CLIENT_SECRET: 'sandbox',
    WEBHOOK_API_KEYS: API_KEY,
    OPERATOR_TOKEN: TOKEN,
    NOTIFY_WEBHOOK_URL: `http://127.0.0.1:${(application.server.address() as AddressInfo).port}/hooks`,
    NOTIFY_WEBHOOK_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  }
  gatehouse = await runGatehouse(env, { onTestFinished })
  browser = await openBrowser()
  later.push(() => browser.close())
  page = browser.page
  await logIn(page, gatehouse.operatorUrl, { name: 'ada', token: TOKEN })
})
afterAll(async () => {
  for (const close of later.toReversed()) await close()
})

/** The customer's own application, which answers as a test says. */
async function startApplication(): Promise<typeof application> {
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      // Each customer leads to `account.opened` too, which is not what is counted here.
      if (app.status < 300 && (JSON.parse(body) as { type: string }).type === 'onboarding.ready') app.taken += 1
      response.writeHead(app.status).end()
    })
  })
  const app = { server, status: 204, taken: 0 }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  later.push(async () => {
    server.closeAllConnections()
    server.close()
  })
  return app
}

/** Customers whom Paxos approves, each with a webhook. */
async function approve(count: number, refIdPrefix: string): Promise<void> {
  const events = await sandbox.populate({ count, refIdPrefix, decision: 'approve', deliver: false })
  for (const { id, type } of events) {
    const body = { id, type, source: 'com.paxos', time: new Date().toISOString(), object: 'event', is_test: false }
    const headers = { 'content-type': 'application/json', 'x-api-key': API_KEY }
    const answer = await fetch(`${gatehouse.receiverUrl}/webhooks/paxos`, { method: 'POST', headers, body: JSON.stringify(body) })
    expect(answer.status).toBe(200)
  }
}

function shell(...args: string[]): Promise<{ code: number | string; output: string }> {
  const given = { PATH: process.env.PATH ?? '', NODE_ENV: 'development', ...env }
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args], { env: given, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ code: error ? (error.code ?? 'killed') : 0, output: stdout + stderr }),
    )
  })
}

async function doctor(): Promise<{ code: number | string; findings: Record<string, { result: string; saw: string }> }> {
  const { code, output } = await shell('doctor', '--json')
  return { code, findings: Object.fromEntries(JSON.parse(output).map((finding: { check: string }) => [finding.check, finding])) }
}

const stats = async (): Promise<Stats> =>
  (await fetch(`${gatehouse.operatorUrl}/v1/stats`, { headers: { authorization: `Bearer ${TOKEN}` } })).json() as Promise<Stats>
const problem = (kind: string) => page.locator(`[data-problem="${kind}"]`)
const calm = () => page.getByText('No event needs an operator')

describe('F4 to F7, F18, F27: a bad day on one open home page that no user reloads', () => {
  it('starts calm: home says so with its time, and doctor finds every role, Paxos and the application', async () => {
    await approve(3, 'calm-')
    await expect.poll(() => application.taken, SOON).toBe(3)
    await calm().waitFor(SOON)
    expect(await page.locator('.freshness').textContent()).toMatch(/^Last updated \d\d:\d\d:\d\d UTC$/)
    await expect.poll(() => page.locator('.funnel').textContent(), SOON).toMatch(/told: ready.*3/)
    const { findings } = await doctor()
    expect(findings.roles).toMatchObject({ result: 'ok', saw: expect.stringContaining('1 receiver, 1 worker, 1 operator') })
    expect(findings.paxos).toMatchObject({ result: 'ok', saw: expect.stringContaining(sandbox.apiUrl) })
    expect(findings.application).toMatchObject({ result: 'ok', saw: expect.stringMatching(/took its last notification/) })
    await picture(page, 'home-calm')
  })

  it('F18, F37: a signed test notification shows whether the application accepts it', async () => {
    const taken = await shell('notice', 'test', '--operator', 'ada')
    expect(taken).toMatchObject({
      code: 0,
      output: expect.stringMatching(/accepted the test notification: http:\/\/127\.0\.0\.1:\d+\/hooks answered 204/),
    })
    application.status = 401
    const refused = await shell('notice', 'test', '--operator', 'ada')
    expect(refused).toMatchObject({ code: 1, output: expect.stringMatching(/\(401\): the application refused it\..*\[NOTICE_REFUSED\]/s) })
    const { output } = await shell('doctor', '--notice', '--json')
    expect(JSON.parse(output).at(-1)).toMatchObject({ check: 'notice', result: 'fault', saw: expect.stringContaining('[NOTICE_REFUSED]') })
    application.status = 204
    expect((await shell('audit', 'list', '--action', 'notice')).output).toMatch(/notice\.test\.failed.*\n.*notice\.test.*\n.*notice\.test/s)
  })

  it('F6: Paxos answers 503: home, doctor and queue status name it, and none invents a time', async () => {
    const fault = sandbox.faults.arm({ on: '*', do: 'answer', status: 503 })
    await approve(5, 'outage-')
    await problem('paxos-down').waitFor(SOON)
    await expect
      .poll(() => problem('paxos-down').textContent(), SOON)
      .toMatch(
        /Paxos (has not answered since \d\d:\d\d UTC|does not answer).*5 events waiting; none is lost\. Next probe (in \d+ s|is due now)\./s,
      )
    expect(await page.locator('main').textContent()).not.toMatch(/Estimated time to finish/)
    expect((await stats()).upstream.backlogSeconds).toBeNull()
    const { output } = await shell('queue', 'status')
    expect(output).toMatch(/Paxos (has not answered since|does not answer)/)
    expect(output).not.toMatch(/takes about/)
    const { code, findings } = await doctor()
    expect([code, findings.paxos?.result, findings['paxos limits']?.saw]).toEqual([1, 'fault', expect.stringContaining('no estimate')])
    await picture(page, 'home-paxos-down')
    sandbox.faults.disarm(fault)
    await expect.poll(() => application.taken, RECOVERED).toBe(8)
    await calm().waitFor(RECOVERED)
  })

  it('F4, F5: the application refuses: home counts and names it from the first refusal on, and the log warns once', async () => {
    application.status = 400
    await approve(2, 'refused-')
    await problem('application-refuses').waitFor(SOON)
    expect(await problem('application-refuses').textContent()).toMatch(/Your application refuses notifications \(400\), \d+ in a row since/)
    await expect.poll(async () => (await stats()).notices, SOON).toMatchObject({ failed: 4, pending: 0 })
    const { code, findings } = await doctor()
    expect([code, findings.application]).toMatchObject([
      1,
      { result: 'fault', saw: expect.stringContaining('refuses notifications (400)') },
    ])
    expect(gatehouse.output().match(/does not accept notifications/g)).toHaveLength(1)
    await picture(page, 'home-application-refuses')
    application.status = 204
    await expect.poll(() => application.taken, RECOVERED).toBe(10)
    await calm().waitFor(RECOVERED)
  })

  it('F27: an operator pauses the queue on its page: an open home says who and why, and a command resumes it', async () => {
    const other = await browser.context.newPage()
    await other.goto(`${gatehouse.operatorUrl}/queue`)
    await other.getByRole('textbox', { name: 'Reason' }).first().fill('deploy 42')
    await other.getByRole('button', { name: 'Pause' }).click()
    await other.getByText(/Paused by ada/).waitFor(SOON)
    await picture(other, 'queue-paused')
    await other.close()
    await problem('queue-paused').waitFor(SOON)
    expect(await problem('queue-paused').textContent()).toMatch(/Paused by ada (now|\d+ s ago): deploy 42/)
    expect((await shell('queue', 'status')).output).toMatch(/Paused by ada \d+ s ago: deploy 42/)
    await shell('queue', 'resume', '--operator', 'grace', '--reason', 'deployed')
    await calm().waitFor(SOON)
  })

  it('F7: keyboard focus stops no refresh, and stays in its place', async () => {
    await page.locator('a[href="/events?state=dead"]').first().focus()
    const before = await page.locator('[data-updated]').getAttribute('data-updated')
    await expect.poll(() => page.locator('[data-updated]').getAttribute('data-updated'), SOON).not.toBe(before)
    expect(await page.evaluate(`document.activeElement?.getAttribute('href')`)).toBe('/events?state=dead')
  })

  it('F7: Gatehouse stops: the open page turns red with the time of its last refresh, and recovers with Gatehouse', async () => {
    const ports = { PORT: new URL(gatehouse.receiverUrl).port, OPERATOR_PORT: new URL(gatehouse.operatorUrl).port }
    gatehouse.process.kill('SIGTERM')
    await once(gatehouse.process, 'exit')
    const band = page.getByRole('alert')
    await band.waitFor(SOON)
    expect(await band.textContent()).toMatch(/^Not up to date: Gatehouse does not answer\. The data below is from \d\d:\d\d:\d\d UTC\.$/)
    expect(await page.locator('main.old').count()).toBe(1) // no green stays green
    await picture(page, 'home-stale')
    const { code, findings } = await doctor()
    expect([code, findings.roles]).toMatchObject([1, { result: 'fault', saw: '0 receiver, 0 worker, 0 operator' }])
    gatehouse = await runGatehouse({ ...env, ...ports }, { onTestFinished })
    await band.waitFor({ state: 'hidden', ...SOON })
    await calm().waitFor(SOON)
  })

  it('F7: the session ends: the open page leads to the login, and back', async () => {
    await browser.context.clearCookies()
    await page.waitForURL(/\/login\?next=%2F$/, SOON)
    await logIn(page, gatehouse.operatorUrl, { name: 'ada', token: TOKEN })
    await calm().waitFor(SOON)
  })

  it('the pages fit a phone in the dark: none is wider than the screen', async () => {
    const phone = await openBrowser({ phone: true, dark: true })
    later.push(() => phone.close())
    await logIn(phone.page, gatehouse.operatorUrl, { name: 'ada', token: TOKEN })
    for (const path of ['/', '/queue', '/audit', '/events', '/onboardings']) {
      await phone.page.goto(`${gatehouse.operatorUrl}${path}`)
      expect([path, await phone.page.evaluate('document.documentElement.scrollWidth - innerWidth')]).toEqual([path, 0])
      await picture(phone.page, `phone-dark${path.replace('/', '-')}`)
    }
  })

  it('Gatehouse loses and doubles nothing: ten customers, ten notifications', async () => {
    expect(application.taken).toBe(10)
    expect((await stats()).onboardings).toMatchObject({ ready: 10, approved: 0, held: 0 })
  })
})
