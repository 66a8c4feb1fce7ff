import type pg from 'pg'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createInbox, type Inbox } from '../../src/inbox/inbox.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { createPool } from '../../src/platform/postgres/postgres.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'
import { receivedEvent } from './received-event.ts'

let database: TestDatabase
let pool: pg.Pool
let inbox: Inbox

beforeAll(async () => {
  database = await createTestDatabase()
  pool = createPool({ connectionString: database.url, max: 8, applicationName: 'test' })
  inbox = createInbox({ pool, connectionString: database.url, logger: createLogger({ level: 'silent' }), metrics: new Registry() })
})
beforeEach(() => pool.query('TRUNCATE inbox_event RESTART IDENTITY'))
afterAll(async () => {
  await inbox.close()
  await pool.end()
  await database.drop()
})

/** Accepts `count` events, one after the other. Resolves with their ids. */
async function given(count: number): Promise<string[]> {
  const ids: string[] = []
  for (let i = 0; i < count; i += 1) {
    const event = receivedEvent()
    await inbox.accept(event)
    ids.push(event.eventId)
  }
  return ids
}

const evidence = { type: 'identity.approved', requiredDocuments: [] }

describe('when List Events shows an event', () => {
  it('stores the evidence of an unfinished event and leaves its attempts, its job and its due time unchanged', async () => {
    const [eventId] = await given(1)
    await pool.query(`UPDATE inbox_event SET attempts = 2, batch = 77, due_at = '2026-01-01T00:00:00Z'`)
    expect(await inbox.prove([{ eventId: eventId!, evidence }])).toEqual({ proven: 1, reopened: 0 })
    expect(await inbox.load('1')).toMatchObject({
      state: 'accepted',
      trust: 'confirmed',
      generation: 0,
      attempts: 2,
      batch: '77',
      dueAt: new Date('2026-01-01T00:00:00Z'),
      evidence,
    })
  })

  it('opens an event again that was parked as unknown to Paxos: due at once, with all attempts and a job of its own', async () => {
    const [eventId] = await given(1)
    await pool.query(
      `UPDATE inbox_event SET state = 'parked', error_code = 'EVENT_UNKNOWN_TO_PAXOS', attempts = 2, batch = 77,
         completed_at = now(), due_at = now() + interval '1 hour'`,
    )
    expect(await inbox.prove([{ eventId: eventId!, evidence }])).toEqual({ proven: 1, reopened: 1 })
    const row = await inbox.load('1')
    expect(row).toMatchObject({ state: 'accepted', trust: 'confirmed', generation: 1, attempts: 0, batch: null, completedAt: null })
    expect(await inbox.claimDue({ limit: 9 })).toEqual([{ seq: '1', generation: 1, batch: null }])
  })

  it.each([
    ['parked for another reason', `state = 'parked', error_code = 'POISON'`],
    ['processed', `state = 'processed', completed_at = now()`],
    ['already confirmed', `trust = 'confirmed'`],
  ])('writes nothing to an event that is %s', async (_case, set) => {
    const [eventId] = await given(1)
    await pool.query(`UPDATE inbox_event SET ${set}`)
    const before = await inbox.load('1')
    expect(await inbox.prove([{ eventId: eventId!, evidence }])).toEqual({ proven: 0, reopened: 0 })
    expect(await inbox.load('1')).toEqual(before)
  })
})

describe('when events wait for confirmation', () => {
  it('lists the oldest two thirds and the newest third, in order, when more wait than the limit', async () => {
    const ids = await given(8)
    expect((await inbox.waiting(6)).map(({ eventId }) => eventId)).toEqual([...ids.slice(0, 4), ...ids.slice(6)])
    expect((await inbox.waiting(9)).map(({ eventId }) => eventId)).toEqual(ids)
  })

  it('lists an event with its time and its evidence, and none that is finished or confirmed without a listing', async () => {
    const [hint, proven, , parked] = await given(4)
    await inbox.prove([{ eventId: proven!, evidence }])
    await pool.query(`UPDATE inbox_event SET trust = 'confirmed' WHERE seq = 3`)
    await pool.query(`UPDATE inbox_event SET state = 'parked' WHERE event_id = $1`, [parked])
    const { occurredAt } = receivedEvent()
    expect(await inbox.waiting(9)).toEqual([
      { eventId: hint, occurredAt, evidence: null },
      { eventId: proven, occurredAt, evidence },
    ])
  })
})

describe('when events get jobs of their own', () => {
  it('takes the named unfinished events out of their shared job, and no others', async () => {
    const [first, second] = await given(3)
    await pool.query('UPDATE inbox_event SET batch = 77')
    await inbox.complete({ seq: '2', state: 'processed' })
    expect(await inbox.splitFromBatches([first!, second!])).toEqual([{ seq: '1', generation: 0, batch: null }])
    expect(await Promise.all(['1', '2', '3'].map(async (seq) => (await inbox.load(seq))?.batch))).toEqual([null, '77', '77'])
  })
})
