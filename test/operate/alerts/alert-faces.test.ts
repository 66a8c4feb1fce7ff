import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWebhookAlerts } from '../../../src/alert/webhook-alerts.ts'
import { registerAlertCommands } from '../../../src/cli/alert-commands.ts'
import { NO_ALERTS } from '../../../src/operate/alerts/alerts.ts'
import { EVERY_NETWORK } from '../../../src/platform/address-policy.ts'
import { type NoticeReceiver, startNoticeReceiver } from '../../notify/notice-receiver.ts'
import { openPages } from '../open-pages.ts'
import { runCommand } from '../run-command.ts'
import { bearer, type Operator, startOperator } from '../start-operator.ts'

let operator: Operator
let receiver: NoticeReceiver
let status = 204
beforeAll(async () => {
  operator = await startOperator({
    alerts: {
      settings: NO_ALERTS.settings,
      configured: ['webhook'],
      openChannels: async () => [createWebhookAlerts({ url: receiver.url, secret: null, timeoutMs: 2_000, outgoing: EVERY_NETWORK })],
    },
  })
})
afterAll(() => operator.close())

async function receive(): Promise<void> {
  receiver = await startNoticeReceiver()
  receiver.reply((response) => void response.writeHead(status).end())
}

describe('a test of the channels for alerts', () => {
  it('B18: is sent by the API with the name of the operator in the audit, and is the last delivery on home', async () => {
    await receive()
    const { status: code, body } = await operator.call('POST', '/v1/alerts/test', { headers: bearer({ 'x-operator': 'Ada' }) })
    expect([code, body]).toEqual([200, { items: [{ channel: 'webhook', delivered: true, answer: '204', tookMs: expect.any(Number) }] }])
    expect(JSON.parse(receiver.deliveries[0]?.body ?? '')).toMatchObject({ type: 'gatehouse.alert_test', incidents: [] })
    const { body: home } = await operator.call('GET', '/v1/home')
    expect(home.alerts).toMatchObject([{ channel: 'webhook', configured: true, failingSince: null, lastDeliveredAt: expect.any(String) }])
    const { body: audit } = await operator.call('GET', '/v1/audit?action=alert')
    expect(audit.items).toMatchObject([
      { action: 'alert.test.done', operator: 'Ada', data: { webhook: '204' } },
      { action: 'alert.test', operator: 'Ada' },
    ])
  })

  it('B18: by a command exits with 1 when the channel does not accept it, and home shows the channel as a problem', async () => {
    await receive()
    status = 410
    expect(await runCommand(operator, registerAlertCommands, ['alert', 'test'])).toMatch(/^webhook: not accepted \(410\)/)
    expect(process.exitCode).toBe(1)
    process.exitCode = 0
    const { body: home } = await operator.call('GET', '/v1/home')
    expect(home.problems).toContainEqual(expect.objectContaining({ key: 'alert-channel-failing:webhook', page: '/alerts' }))
    expect(await runCommand(operator, registerAlertCommands, ['alert', 'list'])).toContain('accepts no message (410)')
  })

  it('B18: is a button of the page, which shows the answer', async () => {
    await receive()
    status = 204
    const pages = await openPages(operator)
    expect(await (await pages.get('/alerts')).text()).toContain('Send a test')
    expect(await (await pages.post('/alerts/test', {})).text()).toContain('accepted the test')
    const home = await (await pages.get('/')).text()
    expect(home).toContain('last delivered')
    expect(home).not.toContain('data-problem="alert-channel-failing"')
  })
})
