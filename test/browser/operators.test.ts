import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EVERY_NETWORK } from '../../src/platform/address-policy.ts'
import { freePort } from '../../src/platform/free-port.ts'
import { CLIENT, type OidcProvider, startOidcProvider } from '../operate/access/start-oidc-provider.ts'
import { bearer, type Operator, receiveDecided, startOperator, TOKEN } from '../operate/start-operator.ts'
import { type Browser, logIn, openBrowser, picture } from './open-browser.ts'

let provider: OidcProvider
let operator: Operator
let browser: Browser
let page: Page

beforeAll(async () => {
  const port = await freePort()
  const redirectUrl = `http://127.0.0.1:${port}/login/oidc/callback`
  provider = await startOidcProvider({ redirectUrl })
  operator = await startOperator({
    port,
    signOn: {
      ...{ issuer: provider.issuer, clientId: CLIENT.id, clientSecret: CLIENT.secret, redirectUrl },
      ...{ scopes: 'openid profile', roleClaim: 'groups', nameClaim: 'preferred_username', policy: EVERY_NETWORK },
      roles: { support: 'viewer', leads: 'admin' },
    },
  })
  browser = await openBrowser()
  page = browser.page
})
afterAll(async () => {
  await browser.close()
  await operator.close()
  await provider.close()
})

async function signOn(person: string): Promise<void> {
  await page.goto(`${operator.url}/queue`)
  await page.getByRole('link', { name: 'Log in with single sign-on' }).click()
  if (page.url().startsWith(provider.issuer) && (await page.getByPlaceholder('Enter any login').isVisible())) {
    await page.getByPlaceholder('Enter any login').fill(person)
    await page.getByPlaceholder('and password').fill('any')
    await page.getByRole('button').first().click()
  }
  if (page.url().startsWith(provider.issuer)) await page.getByRole('button', { name: 'Continue' }).click()
  await page.waitForURL(`${operator.url}/queue`)
}

describe('operators in a browser', () => {
  it('log in by single sign-on, also where the browser comes from another site, and a viewer sees why there are no buttons', async () => {
    provider.people.vera = { sub: 'vera', preferred_username: 'Vera Rubin', groups: ['support'] }
    await page.goto(`${operator.url}/queue`)
    await picture(page, 'login')
    await signOn('vera')
    await expect.poll(() => page.locator('header').textContent()).toContain('Vera Rubin')
    expect(await page.getByRole('button', { name: 'Pause' }).count()).toBe(0)
    expect(await page.locator('main').textContent()).toContain('lacks the permission queue.steer')
    expect(await page.getByRole('link', { name: 'Operators' }).count()).toBe(0)
    await picture(page, 'viewer-queue')
    const [eventId = ''] = await receiveDecided(operator, { count: 1, refIdPrefix: 'browser' })
    await operator.pool.query(
      "UPDATE inbox_event SET state = 'parked', error_code = 'EVENT_UNKNOWN_TO_PAXOS', completed_at = now() WHERE event_id = $1",
      [eventId],
    )
    await page.goto(`${operator.url}/events/${eventId}`)
    expect(await page.getByRole('button', { name: 'Dismiss' }).count()).toBe(0)
    await picture(page, 'viewer-event')
    await page.goto(`${operator.url}/operators`)
    expect(await page.locator('main').textContent()).toContain('operator.manage')
    await picture(page, 'viewer-refused')
    await page.getByRole('button', { name: 'Log out' }).click()
  })

  it('of the role admin add an operator and create a token, which is shown once', async () => {
    await logIn(page, operator.url, { name: 'Root', token: TOKEN })
    await page.getByRole('link', { name: 'Operators' }).click()
    await page.getByLabel('Name').fill('Grace Hopper')
    await page.getByLabel('Role').selectOption('approver')
    await page.getByLabel('Reason').fill('joins the team')
    await page.getByRole('button', { name: 'Add' }).click()
    await page.waitForURL(`${operator.url}/operators/Grace%20Hopper`)
    const form = page.locator('form[action$="/tokens"]')
    await form.getByLabel('Label').fill('laptop')
    await form.getByLabel('Expires').fill('90d')
    await form.getByLabel('Reason').fill('first token')
    await form.getByRole('button', { name: 'Create' }).click()
    const token = await page.getByRole('status').locator('code').textContent()
    expect(token).toMatch(/^gatehouse_/)
    await picture(page, 'operator')
    await page.goto(`${operator.url}/operators`)
    await picture(page, 'operators')
    await page.goto(`${operator.url}/operators/Grace%20Hopper`)
    expect(await page.content()).not.toContain(token)
    const who = await operator.call('GET', '/v1/whoami', { headers: { authorization: `Bearer ${token}` } })
    expect(who.body).toMatchObject({ name: 'Grace Hopper', role: 'approver' })
    await page.goto(`${operator.url}/audit?by=people&action=operator`)
    expect(await page.locator('table').textContent()).toContain('operator.token.create')
    await picture(page, 'audit-of-people')
    await operator.call('POST', '/v1/operators/Grace%20Hopper/remove', { headers: bearer(), body: { reason: 'has left' } })
    await page.goto(`${operator.url}/operators/Grace%20Hopper`)
    await picture(page, 'operator-removed')
    expect(await page.getByRole('button', { name: 'Create' }).count()).toBe(0)
  })
})
