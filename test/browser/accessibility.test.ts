import { globSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { samplePerson } from '../../src/sandbox/world/sample-person.ts'
import { bearer, type Operator, startOperator, TOKEN } from '../operate/start-operator.ts'
import { eventually } from '../saga/world.ts'
import { type Browser, logIn, openBrowser, picture } from './open-browser.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const ADMIN = bearer({ 'x-operator': 'Root' })
const LOOKS = [
  { look: 'light', width: 1280, colorScheme: 'light' },
  { look: 'dark', width: 1280, colorScheme: 'dark' },
  { look: 'phone', width: 390, colorScheme: 'light' },
] as const

const application = createServer((request, response) => request.resume().on('end', () => response.writeHead(204).end()))
let operator: Operator
let browser: Browser
let page: Page
/** The address of each page, by its route. */
let addresses: Record<string, string>

const post = async (path: string, body: object, key?: string) => {
  const headers = { ...ADMIN, ...(key === undefined ? {} : { 'idempotency-key': key }) }
  const answer = await operator.call('POST', path, { headers, body })
  if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
  return answer.body
}

/** A customer with everything that the page can show: a further account, a correction, and a request for the same person. */
async function richCustomer(): Promise<string> {
  const person = samplePerson()
  const { identityId } = await post('/v1/onboardings', person, 'first')
  await eventually(
    async () => operator.sandbox.events.all.some((event) => event.identityId === identityId),
    (seen) => seen,
  )
  for (const event of operator.sandbox.events.all.filter((each) => each.identityId === identityId)) await operator.accept(event)
  const stateOf = async () => (await operator.call('GET', `/v1/onboardings/${identityId}`)).body.state
  await eventually(stateOf, (state) => state === 'ready')
  await post(`/v1/onboardings/${identityId}/accounts`, { type: 'BROKERAGE', members: [] }, 'further')
  await post('/v1/onboardings', { ...person, ref_id: 'the-same-person', onDuplicate: 'review' }, 'again')
  const correction = { person_details: { phone_number: '+1 555 000 0001' } }
  await operator.call('PATCH', `/v1/onboardings/${identityId}`, { headers: { ...ADMIN, 'idempotency-key': 'change' }, body: correction })
  return identityId
}

beforeAll(async () => {
  await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve))
  const noticesUrl = `http://127.0.0.1:${(application.address() as AddressInfo).port}/`
  operator = await startOperator({ concurrency: 5, noticesUrl, sandbox: { decisionDelayMs: 50 } })
  const identityId = await richCustomer()
  const fault = operator.sandbox.faults.arm({ on: 'POST /identity/accounts', do: 'answer', status: 403 })
  const events = await operator.sandbox.populate({ count: 3, refIdPrefix: 'refused', decision: 'approve', deliver: false })
  for (const event of events) await operator.accept(event)
  await eventually(
    async () => (await operator.call('GET', '/v1/events?state=parked')).body.items.length,
    (parked) => parked === 3,
  )
  operator.sandbox.faults.disarm(fault)
  const issue = (await operator.call('GET', '/v1/issues')).body.items[0].id
  const replay = (await post('/v1/replays', { issueIds: [issue] })).id
  const reconciliation = (await post('/v1/reconciliations', {})).id
  await post('/v1/operators', { name: 'Grace Hopper', role: 'approver', kind: 'person', reason: 'joins the team' })
  await post('/v1/operators/Grace%20Hopper/tokens', { label: 'laptop', reason: 'her own login' })
  addresses = {
    '/onboardings/:id': `/onboardings/${identityId}`,
    '/events/:id': `/events/${events[0]?.id}`,
    '/issues/:id': `/issues/${issue}`,
    '/replays/:id': `/replays/${replay}`,
    '/reconciliations/:id': `/reconciliations/${reconciliation}`,
    '/operators/:name': '/operators/Grace%20Hopper',
    '/find': `/find?q=${identityId.slice(0, 8)}`,
    '/dossier': '/dossier?from=2h',
    '/*': '/no-such-page',
  }
  browser = await openBrowser()
  page = browser.page
  await page.goto(`${operator.url}/login`)
})
afterAll(async () => {
  await browser.close()
  await operator.close()
  application.close()
})

/** Files, and steps of a login at another site. The login has its own test. */
const NO_PAGE = /^\/(assets\/|export\/|dossier\/file|login)/
/** Every page, from the routes in the source: a new page is in this test from its first commit. */
const ROUTES = globSync('src/pages/*.ts', { cwd: new URL('../..', import.meta.url).pathname })
  .flatMap((file) => [
    ...readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8').matchAll(/app\.get(?:<[^>]*>)?\(\s*['`]([^'`]+)/g),
  ])
  .map(([, route = '']) => route)
  .filter((route) => !NO_PAGE.test(route))

/** The rules of WCAG 2.2 at level AA, and what axe calls good practice. */
async function violations(): Promise<string[]> {
  await page.evaluate(AXE) // not as a script of the page, which its content policy forbids
  const { violations: found } = await page.evaluate<AxeResults>('axe.run()')
  return found.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} (${help}): ${target.join(' ')}: ${failureSummary}`),
  )
}

describe.each(LOOKS)('B20: in $look, at $width pixels', ({ look, width, colorScheme }) => {
  beforeAll(async () => {
    await page.setViewportSize({ width, height: 900 })
    await page.emulateMedia({ colorScheme })
  })

  it('the login has no violation', async () => {
    await browser.context.clearCookies()
    await page.goto(`${operator.url}/login`)
    await picture(page, `login-${look}`)
    expect(await violations()).toEqual([])
    await logIn(page, operator.url, { name: 'Root', token: TOKEN })
  })

  it.each(ROUTES)('%s has no violation, and nothing wider than the screen', async (route) => {
    await page.goto(`${operator.url}${addresses[route] ?? route}`)
    await picture(page, `${route.replaceAll(/[^a-z]+/g, '-').replace(/^-|-$/g, '') || 'home'}-${look}`)
    expect(await violations()).toEqual([])
    expect(await page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth')).toBe(0)
  })

  it('the header of an admin is one line on a screen, and at most five on a phone', async () => {
    await page.goto(`${operator.url}/queue`)
    const { height = 0 } = (await page.locator('header .bar').boundingBox()) ?? {}
    expect(height).toBeLessThan(width === 390 ? 230 : 64)
  })
})
