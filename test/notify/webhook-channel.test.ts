import type { ServerResponse } from 'node:http'
import { Webhook, WebhookVerificationError } from 'standardwebhooks'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { NoticeChannel } from '../../src/notify/notice.ts'
import { createWebhookChannel } from '../../src/notify/webhook-channel.ts'
import { EVERY_NETWORK } from '../../src/platform/address-policy.ts'
import { startSilentServer } from '../support/silent-server.ts'
import { startNoticeReceiver } from './notice-receiver.ts'
import { documentsNotice, indiscreetNotice, readyNotice } from './notices.ts'

const SECRET = `whsec_${Buffer.from('a test secret of thirty-two byte').toString('base64')}`
const OTHER_SECRET = `whsec_${Buffer.from('another secret of thirty-two byt').toString('base64')}`

function channelTo(url: string, options: { timeoutMs?: number; now?: () => number } = {}): NoticeChannel {
  const channel = createWebhookChannel({ url, secret: SECRET, outgoing: EVERY_NETWORK, timeoutMs: 2_000, ...options })
  onTestFinished(() => channel.close())
  return channel
}

const asStrings = (headers: NodeJS.Dict<string | string[]>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))

describe('a notification by webhook', () => {
  it('arrives signed by the Standard Webhooks scheme, under its own key', async () => {
    const receiver = await startNoticeReceiver()
    expect(await channelTo(receiver.url).send(readyNotice)).toEqual({ status: 204 })
    const [delivery] = receiver.deliveries
    expect(delivery).toMatchObject({
      url: '/hooks/gatehouse?tenant=7',
      headers: { 'content-type': 'application/json', 'webhook-id': readyNotice.key },
    })
    expect(new Webhook(SECRET).verify(delivery!.body, asStrings(delivery!.headers))).toEqual({
      type: 'onboarding.ready',
      timestamp: '2026-03-02T09:15:41.500Z',
      data: readyNotice.data,
    })
  })

  it('c02: is sent to the configured address to the last byte, with its credentials', async () => {
    const receiver = await startNoticeReceiver()
    const base = new URL(receiver.url).origin
    const targets = ['/hooks/gatehouse/', '/hooks/gatehouse', '/a/../b/', '/%7Euser/?a=1&b=%20', '/?x', '/a//b//']
    for (const target of targets) await channelTo(`${base}${target}`).send(readyNotice)
    await channelTo(base).send(readyNotice)
    await channelTo(`${base.replace('://', '://us%40er:pa%3Ass@')}/in`).send(readyNotice)
    expect(receiver.deliveries.map(({ url }) => url)).toEqual([...targets, '/', '/in'])
    expect(receiver.deliveries.at(-1)?.headers.authorization).toBe(`Basic ${Buffer.from('us@er:pa:ss').toString('base64')}`)
  })

  it('F37: names its sender', async () => {
    const receiver = await startNoticeReceiver()
    await channelTo(receiver.url).send(readyNotice)
    expect(receiver.deliveries[0]?.headers['user-agent']).toMatch(/^Gatehouse-Webhooks\/\d/)
  })

  it('F59: allows the rest of an answer two seconds after the status, then closes the connection', async () => {
    const receiver = await startNoticeReceiver()
    let closedAfterMs = 0
    receiver.reply((response) => {
      const startedAt = performance.now()
      response.writeHead(200)
      const drip = setInterval(() => response.write('.'), 100)
      response.on('close', () => {
        clearInterval(drip)
        closedAfterMs = performance.now() - startedAt
      })
    })
    expect(await channelTo(receiver.url).send(readyNotice)).toEqual({ status: 200 })
    await vi.waitFor(() => expect(closedAfterMs).toBeGreaterThan(0), { timeout: 4_000 })
    expect(closedAfterMs).toBeGreaterThan(1_500)
    expect(closedAfterMs).toBeLessThan(3_500)
  })

  it('F59: opens no more connections than allowed', async () => {
    const receiver = await startNoticeReceiver()
    receiver.reply((response) => void setTimeout(() => response.writeHead(204).end(), 50))
    const channel = createWebhookChannel({ url: receiver.url, secret: SECRET, outgoing: EVERY_NETWORK, timeoutMs: 5_000, connections: 3 })
    onTestFinished(() => channel.close())
    await Promise.all(Array.from({ length: 20 }, () => channel.send(readyNotice)))
    expect(receiver.connections()).toBe(3)
  })

  it('does not verify with a changed body, a changed id or another secret', async () => {
    const receiver = await startNoticeReceiver()
    await channelTo(receiver.url).send(documentsNotice)
    const { body, headers } = receiver.deliveries[0]!
    const receivedHeaders = asStrings(headers)
    const verify = (secret: string, changedBody: string, changedHeaders: Record<string, string>) => () =>
      new Webhook(secret).verify(changedBody, changedHeaders)
    expect(verify(SECRET, body, receivedHeaders)).not.toThrow()
    expect(verify(SECRET, body.replace('PROOF_OF_FUNDS', 'NOTHING'), receivedHeaders)).toThrow(WebhookVerificationError)
    expect(verify(SECRET, body, { ...receivedHeaders, 'webhook-id': 'another' })).toThrow(WebhookVerificationError)
    expect(verify(OTHER_SECRET, body, receivedHeaders)).toThrow(WebhookVerificationError)
  })

  it('has the same id and body when it is repeated, with a new timestamp and a valid signature', async () => {
    const receiver = await startNoticeReceiver()
    let nowMs = Date.now() - 60_000
    const channel = channelTo(receiver.url, { now: () => nowMs })
    await channel.send(readyNotice)
    nowMs += 60_000
    await channel.send(readyNotice)
    const [first, second] = receiver.deliveries.map(({ headers, body }) => ({ headers: asStrings(headers), body }))
    expect(second!.headers['webhook-id']).toBe(first!.headers['webhook-id'])
    expect(second!.body).toBe(first!.body)
    expect(Number(second!.headers['webhook-timestamp'])).toBe(Number(first!.headers['webhook-timestamp']) + 60)
    expect(second!.headers['webhook-signature']).not.toBe(first!.headers['webhook-signature'])
    expect(() => new Webhook(SECRET).verify(second!.body, second!.headers)).not.toThrow()
  })

  it('carries no personal data', async () => {
    const receiver = await startNoticeReceiver()
    await channelTo(receiver.url).send(indiscreetNotice)
    expect(receiver.deliveries[0]!.body).not.toMatch(/Ada|person_details|email/)
  })

  it('keeps the connection for the next one', async () => {
    const receiver = await startNoticeReceiver()
    receiver.reply((response) => response.writeHead(200).end('thank you'))
    const channel = channelTo(receiver.url)
    await channel.send(readyNotice)
    await expect
      .poll(async () => {
        const before = receiver.connections()
        await channel.send(readyNotice)
        return receiver.connections() - before
      })
      .toBe(0)
  })
})

describe('when the receiver does not accept a notification', () => {
  it.each([
    [400, 'NOTICE_REFUSED', 'backoff'],
    [401, 'NOTICE_REFUSED', 'backoff'],
    [404, 'NOTICE_REFUSED', 'backoff'],
    [410, 'NOTICE_REFUSED', 'backoff'],
    [422, 'NOTICE_REFUSED', 'backoff'],
    [425, 'NOTICE_UNAVAILABLE', 'snooze'],
    [429, 'NOTICE_UNAVAILABLE', 'snooze'],
    [503, 'NOTICE_UNAVAILABLE', 'snooze'],
    [408, 'NOTICE_OUTCOME_UNKNOWN', 'ask-first'],
    [409, 'NOTICE_OUTCOME_UNKNOWN', 'ask-first'],
    [500, 'NOTICE_OUTCOME_UNKNOWN', 'ask-first'],
    [502, 'NOTICE_OUTCOME_UNKNOWN', 'ask-first'],
    [504, 'NOTICE_OUTCOME_UNKNOWN', 'ask-first'],
  ])('%i is %s', async (status, code, retry) => {
    const receiver = await startNoticeReceiver()
    receiver.reply((response) => response.writeHead(status).end())
    await expect(channelTo(receiver.url).send(readyNotice)).rejects.toMatchObject({ code, retry, status })
    expect(receiver.deliveries).toHaveLength(1)
  })

  it('a redirect is not followed, since the signature is for one receiver', async () => {
    const receiver = await startNoticeReceiver()
    receiver.reply((response) => response.writeHead(307, { location: receiver.url }).end())
    await expect(channelTo(receiver.url).send(readyNotice)).rejects.toMatchObject({ code: 'NOTICE_REFUSED', status: 307 })
    expect(receiver.deliveries).toHaveLength(1)
  })

  it.each([
    ['30', 30_000],
    ['864000', 3_600_000],
    ['Fri, 06 Mar 2026 09:16:00 GMT', 60_000],
    ['soon', undefined],
  ])('the error has the wait of Retry-After %s', async (header, retryAfterMs) => {
    const receiver = await startNoticeReceiver()
    receiver.reply((response) => response.writeHead(429, { 'retry-after': header }).end())
    const channel = channelTo(receiver.url, { now: () => Date.parse('2026-03-06T09:15:00Z') })
    await expect(channel.send(readyNotice)).rejects.toMatchObject({ code: 'NOTICE_UNAVAILABLE', retryAfterMs })
  })

  it('because the connection is refused, it was certainly not delivered', async () => {
    const receiver = await startNoticeReceiver()
    await receiver.stop()
    await expect(channelTo(receiver.url).send(readyNotice)).rejects.toMatchObject({
      code: 'NOTICE_UNAVAILABLE',
      retry: 'snooze',
      status: null,
    })
  })

  it.each<[string, (response: ServerResponse) => void]>([
    ['the connection was reset', (response) => response.socket?.resetAndDestroy()],
    ['the connection was closed', (response) => response.socket?.destroy()],
    ['no answer came in time', () => {}],
  ])('because %s, it may have been accepted', async (_, reply) => {
    const receiver = await startNoticeReceiver()
    receiver.reply(reply)
    const sent = channelTo(receiver.url, { timeoutMs: 150 }).send(readyNotice)
    await expect(sent).rejects.toMatchObject({ code: 'NOTICE_OUTCOME_UNKNOWN', retry: 'ask-first', status: null })
    expect(receiver.deliveries).toHaveLength(1)
  })

  it('because no connection was made in time, it was certainly not delivered', async () => {
    const sent = channelTo(`https://127.0.0.1:${await startSilentServer()}`, { timeoutMs: 150 }).send(readyNotice)
    await expect(sent).rejects.toMatchObject({ code: 'NOTICE_UNAVAILABLE', retry: 'snooze', status: null })
  })

  it('a connection whose answer does not end is dropped', async () => {
    const receiver = await startNoticeReceiver()
    const dropped = Promise.withResolvers<void>()
    receiver.reply((response) => {
      response.writeHead(200).on('close', dropped.resolve)
      const more = (): void => void (response.destroyed || response.write('x'.repeat(4_096), () => setImmediate(more)))
      more()
    })
    expect(await channelTo(receiver.url).send(readyNotice)).toEqual({ status: 200 })
    await dropped.promise
  })

  it('a 2xx counts as accepted even when its body is lost', async () => {
    const receiver = await startNoticeReceiver()
    receiver.reply((response) => response.writeHead(200, { 'content-length': '100' }).write('x', () => response.socket?.destroy()))
    expect(await channelTo(receiver.url).send(readyNotice)).toEqual({ status: 200 })
  })

  it('the error says what failed, and no secret', async () => {
    const receiver = await startNoticeReceiver()
    receiver.reply((response) => response.writeHead(401).end('no'))
    const error = (await channelTo(receiver.url)
      .send(readyNotice)
      .catch((caught: unknown) => caught)) as Error
    expect(error.message).toContain(`Notification ${readyNotice.key} (401)`)
    expect(error.message).not.toContain(SECRET)
  })
})

describe('when the channel closes', () => {
  it('it lets the delivery in progress end, and can close twice', async () => {
    const receiver = await startNoticeReceiver()
    const held: ServerResponse[] = []
    receiver.reply((response) => held.push(response))
    const channel = channelTo(receiver.url)
    const sent = channel.send(readyNotice)
    await expect.poll(() => held.length).toBe(1)
    const closed = channel.close()
    held[0]!.writeHead(204).end()
    expect(await sent).toEqual({ status: 204 })
    await closed
    await channel.close()
  })
})

describe('F37: a test notification', () => {
  it('arrives signed like any other, with a type of its own and no data', async () => {
    const receiver = await startNoticeReceiver()
    const channel = createWebhookChannel({ url: receiver.url, secret: SECRET, outgoing: EVERY_NETWORK, timeoutMs: 2_000 })
    onTestFinished(() => channel.close())
    const occurredAt = new Date('2026-03-02T09:15:41.500Z')
    expect(await channel.send({ key: 'test_1', kind: 'gatehouse.test', occurredAt, data: {} })).toEqual({ status: 204 })
    const [delivery] = receiver.deliveries
    expect(new Webhook(SECRET).verify(delivery!.body, asStrings(delivery!.headers))).toEqual({
      type: 'gatehouse.test',
      timestamp: occurredAt.toISOString(),
      data: {},
    })
  })
})
