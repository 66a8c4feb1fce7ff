import { randomBytes, randomUUID } from 'node:crypto'
import type pg from 'pg'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createInbox, type Inbox } from '../../src/inbox/inbox.ts'
import { hashInput } from '../../src/platform/keyed-hash.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { createPool } from '../../src/platform/postgres/postgres.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'

const SECRET = randomBytes(32)
let database: TestDatabase
let pool: pg.Pool
let inbox: Inbox
beforeAll(async () => {
  database = await createTestDatabase()
  pool = createPool({ connectionString: database.url, max: 4, applicationName: 'commands test' })
  inbox = createInbox({ pool, connectionString: database.url, logger: createLogger({ level: 'silent' }), metrics: new Registry() })
})
afterAll(async () => {
  await inbox.close()
  await pool.end()
  await database.drop()
})

const ask = (idempotencyKey: string, input: object, streamId = `order_${randomUUID()}`) =>
  inbox.acceptCommand({
    kind: 'place-order',
    streamId,
    hashes: hashInput(SECRET, { purpose: 'place-order', idempotencyKey, input }),
    requestedBy: 'ada',
  })

describe('a command', () => {
  it('is one inbox row that is confirmed from the start and due to the dispatcher in 15 s', async () => {
    const { command, fresh } = await ask('key-1', { side: 'BUY' }, 'order_1')
    expect([fresh, command]).toEqual([
      true,
      expect.objectContaining({ kind: 'place-order', streamId: 'order_1', requestedBy: 'ada', state: 'running' }),
    ])
    expect(await inbox.load(command.event.seq)).toMatchObject({
      eventId: `gatehouse:command:${command.id}`,
      ...{ origin: 'command', type: 'place-order', streamId: 'order_1', trust: 'confirmed', state: 'accepted', deliveryCount: 0 },
    })
    expect(await inbox.claimDue({ limit: 10 })).toEqual([])
    expect(await inbox.findCommand(command.id)).toEqual(command)
  })

  it('that is repeated under the same key is the same one, and tells its state', async () => {
    const first = await ask('key-2', { side: 'BUY' })
    await inbox.complete({ seq: first.command.event.seq, generation: 0, state: 'processed', outcome: 'moved:open' })
    const again = await ask('key-2', { side: 'BUY' })
    expect(again).toEqual({ fresh: false, command: { ...first.command, state: 'done', outcome: 'moved:open' } })
  })

  it('that fifty callers request at once is committed once', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask('key-3', { side: 'BUY' })))
    expect(new Set(answers.map(({ command }) => command.id)).size).toBe(1)
    expect(answers.filter(({ fresh }) => fresh)).toHaveLength(1)
  })

  it('with other data under a known key is refused, and each differing field is named', async () => {
    await ask('key-4', { side: 'BUY', market: 'BTCUSD', person: { name: 'A', born: 1 } })
    await expect(ask('key-4', { side: 'SELL', person: { name: 'A', born: 2 }, more: [] })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
      fields: ['market', 'more', 'person.born', 'side'],
    })
  })

  it('F63: keeps neither the key nor any of the data in the clear', async () => {
    await ask('ada@example.com', { email: 'ada@example.com', ssn: '123-45-6789' })
    const { rows } = await pool.query<{ all: string }>(
      'SELECT c::text || i::text AS all FROM command AS c JOIN inbox_event AS i ON i.stream_id = c.stream_id',
    )
    const stored = rows.map((row) => row.all).join()
    for (const secret of ['ada@example.com', '123-45-6789', Buffer.from('ada@example.com').toString('hex')])
      expect(stored).not.toContain(secret)
  })
})

describe('a timer', () => {
  const rowOf = async (streamId: string) =>
    (
      await pool.query('SELECT event_id, type, origin, state, generation, outcome, due_at FROM inbox_event WHERE stream_id = $1', [
        streamId,
      ])
    ).rows

  it('that is set twice exists once, at its first time', async () => {
    const dueAt = new Date('2099-01-01T00:00:00Z')
    const timer = { streamId: 'order_2', name: 'poll-order', dueAt }
    await inbox.setTimer(timer)
    await inbox.setTimer({ ...timer, dueAt: new Date('2100-01-01T00:00:00Z') })
    expect(await rowOf('order_2')).toEqual([
      {
        event_id: 'gatehouse:timer:poll-order:order_2',
        type: 'poll-order',
        origin: 'timer',
        state: 'accepted',
        generation: 0,
        outcome: null,
        due_at: dueAt,
      },
    ])
  })

  it('is queued by the dispatcher at its time, and reopened when it is set after its end', async () => {
    const timer = { streamId: 'order_3', name: 'poll-order', dueAt: new Date(Date.now() - 1_000) }
    await inbox.setTimer(timer)
    const [due] = await inbox.claimDue({ limit: 10 })
    await inbox.complete({ seq: due?.seq ?? '', generation: 0, state: 'processed', outcome: 'moved:open' })
    expect(await inbox.claimDue({ limit: 10 })).toEqual([])
    await inbox.setTimer(timer)
    expect(await inbox.claimDue({ limit: 10 })).toEqual([{ ...due, generation: 1 }])
  })

  it('that has ended stays ended when it is set among others that are not to be reopened', async () => {
    const dueAt = new Date(Date.now() - 1_000)
    const [ended, fresh] = ['order_5', 'order_6'].map((streamId) => ({ streamId, name: 'poll-order', dueAt }))
    await inbox.setTimer(ended!)
    await inbox.cancelTimer(ended!)
    await inbox.setTimers([ended!, fresh!], { reopen: false })
    expect([await rowOf('order_5'), await rowOf('order_6')]).toMatchObject([[{ state: 'processed' }], [{ state: 'accepted' }]])
    await inbox.setTimers([ended!, fresh!])
    expect([await rowOf('order_5'), await rowOf('order_6')]).toMatchObject([[{ generation: 1 }], [{ generation: 0 }]])
    await inbox.setTimers([])
    for (const timer of [ended!, fresh!]) await inbox.cancelTimer(timer)
  })

  it('that is cancelled never comes due, and can be set again', async () => {
    const timer = { streamId: 'order_4', name: 'poll-order', dueAt: new Date(Date.now() - 1_000) }
    await inbox.setTimer(timer)
    await inbox.cancelTimer(timer)
    expect(await rowOf('order_4')).toMatchObject([{ state: 'processed', outcome: 'cancelled:no-longer-wanted' }])
    expect(await inbox.claimDue({ limit: 10 })).toEqual([])
    await inbox.setTimer(timer)
    expect(await rowOf('order_4')).toMatchObject([{ state: 'accepted', generation: 1, outcome: null }])
  })
})

it.each([
  ['command without a stream', `'command', NULL`],
  ['timer that is a hint', `'timer', 'order_9'`],
  ['webhook with a stream', `'webhook', 'order_9'`],
])('the database refuses a %s', async (_what, values) => {
  const insert = `INSERT INTO inbox_event (event_id, type, occurred_at, is_test, origin, stream_id) VALUES ('gatehouse:x', 't', now(), false, ${values})`
  await expect(pool.query(insert)).rejects.toMatchObject({ constraint: 'inbox_event_of_ours_names_its_stream' })
})
