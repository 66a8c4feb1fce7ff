import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { NoticeChannel } from '../../src/notify/notice.ts'
import { readNoticeHealth } from '../../src/notify/notice-health.ts'
import { watchChannel } from '../../src/notify/watched-channel.ts'
import { createWebhookChannel } from '../../src/notify/webhook-channel.ts'
import { EVERY_NETWORK } from '../../src/platform/address-policy.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'
import { type NoticeReceiver, startNoticeReceiver } from './notice-receiver.ts'
import { readyNotice } from './notices.ts'

let database: TestDatabase
let pool: pg.Pool
let lines: { level: number; msg: string; status?: number; failures?: number }[]
beforeAll(async () => {
  database = await createTestDatabase()
  pool = new pg.Pool({ connectionString: database.url, max: 2 })
})
beforeEach(async () => {
  lines = []
  await pool.query(
    'UPDATE notice_health SET failing_since = NULL, failures = 0, last_code = NULL, last_status = NULL, last_taken_at = NULL',
  )
})
afterAll(async () => {
  await pool.end()
  await database.drop()
})

const WARN = 40

/** A worker's channel to the application. `finish` waits until its observations are stored. */
function worker(receiver: NoticeReceiver): NoticeChannel {
  const logger = createLogger({ level: 'info', destination: { write: (line) => lines.push(JSON.parse(line)) } })
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  const channel = watchChannel(createWebhookChannel({ url: receiver.url, secret, outgoing: EVERY_NETWORK, timeoutMs: 2_000 }), {
    pool,
    logger,
  })
  onTestFinished(() => channel.close())
  return channel
}
const send = (channel: NoticeChannel): Promise<unknown> => channel.send(readyNotice).catch((error: { code: string }) => error.code)
const health = () => readNoticeHealth(pool)
const answer = (receiver: NoticeReceiver, status: number): void => receiver.reply((response) => void response.writeHead(status).end())

describe('F5: an application that refuses notifications', () => {
  it('is recorded in the log and in Postgres at its first refusal, once, with its status and start', async () => {
    const receiver = await startNoticeReceiver()
    answer(receiver, 400)
    const channel = worker(receiver)
    for (let n = 0; n < 20; n += 1) expect(await send(channel)).toBe('NOTICE_REFUSED')
    await channel.close()
    const { failingSince, failures, lastCode, lastStatus } = await health()
    expect({ failures: failures >= 1, lastCode, lastStatus }).toEqual({ failures: true, lastCode: 'NOTICE_REFUSED', lastStatus: 400 })
    expect(Date.now() - (failingSince?.getTime() ?? 0)).toBeLessThan(10_000)
    expect(lines.filter(({ level }) => level === WARN)).toMatchObject([
      { msg: expect.stringContaining('does not accept notifications'), status: 400 },
    ])
  })

  it('has recovered with the first notification that it accepts, which the log says too', async () => {
    const receiver = await startNoticeReceiver()
    const channel = worker(receiver)
    answer(receiver, 403)
    await send(channel)
    answer(receiver, 204)
    await send(channel)
    await channel.close()
    expect(await health()).toMatchObject({ failingSince: null, failures: 0, lastCode: null, lastTakenAt: expect.any(Date) })
    expect(lines.map(({ msg }) => msg)).toEqual([
      'the application does not accept notifications; Gatehouse retries them',
      'the application accepts notifications again',
    ])
  })

  it('has one streak over all workers, and a worker that starts meanwhile knows it', async () => {
    const receiver = await startNoticeReceiver()
    answer(receiver, 400)
    for (const channel of [worker(receiver), worker(receiver)]) {
      await send(channel)
      await channel.close()
    }
    expect((await health()).failures).toBe(2)
    expect(lines.filter(({ level }) => level === WARN)).toHaveLength(1)
  })

  it('differs from one that is away', async () => {
    const receiver = await startNoticeReceiver()
    answer(receiver, 503)
    const channel = worker(receiver)
    await send(channel)
    await channel.close()
    expect(await health()).toMatchObject({ lastCode: 'NOTICE_UNAVAILABLE', lastStatus: 503 })
  })
})

it('the channel still sends while Postgres does not answer', async () => {
  const receiver = await startNoticeReceiver()
  const away = new pg.Pool({ host: '127.0.0.1', port: 9 })
  const channel = watchChannel(
    createWebhookChannel({ url: receiver.url, secret: `whsec_${'A'.repeat(44)}`, outgoing: EVERY_NETWORK, timeoutMs: 2_000 }),
    {
      pool: away,
      logger: createLogger({ level: 'silent' }),
    },
  )
  expect(await channel.send(readyNotice)).toEqual({ status: 204 })
  await channel.close()
  await away.end()
})
