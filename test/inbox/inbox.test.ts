import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createInbox, type Inbox, type InboxRow } from '../../src/inbox/inbox.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { createPool } from '../../src/platform/postgres/postgres.ts'
import { holdLocks, sessionsWaiting } from '../support/row-locks.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { receivedEvent } from './received-event.ts'

let database: Awaited<ReturnType<typeof createTestDatabase>>
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

/** Accepts `count` events and resolves with their rows, oldest first. `set` is SQL that moves them to the wanted state. */
async function given(count: number, set?: string): Promise<InboxRow[]> {
  for (let i = 0; i < count; i += 1) await inbox.accept(receivedEvent())
  if (set) await pool.query(`UPDATE inbox_event SET ${set}`)
  const { rows } = await pool.query<{ seq: string }>('SELECT seq FROM inbox_event ORDER BY seq')
  return Promise.all(rows.map(async ({ seq }) => (await inbox.load(seq))!))
}

async function givenOne(set?: string): Promise<InboxRow> {
  return (await given(1, set))[0]!
}

describe('when an event is loaded', () => {
  it('it comes with everything that is stored of it', async () => {
    const event = receivedEvent({ type: 'identity.denied' })
    await inbox.accept(event)
    expect(await inbox.load('1')).toEqual({
      seq: '1',
      eventId: event.eventId,
      type: 'identity.denied',
      occurredAt: event.occurredAt,
      isTest: false,
      origin: 'webhook',
      bodySha256: Buffer.from(event.bodySha256!, 'hex'),
      receivedAt: expect.any(Date),
      deliveryCount: 1,
      trust: 'hint',
      state: 'accepted',
      outcome: null,
      identityId: null,
      attempts: 0,
      unknownOutcomes: 0,
      strikes: 0,
      generation: 0,
      authority: 'machine',
      dueAt: expect.any(Date),
      errorCode: null,
      errorDetail: null,
      causeStatus: null,
      completedAt: null,
      batch: null,
      evidence: null,
      keySlot: null,
      streamId: null,
      traceparent: null,
    } satisfies InboxRow)
  })

  it('each of many callers gets its own row, and null for an unknown one', async () => {
    const rows = await given(5)
    const loaded = await Promise.all(['3', '99', '1', '3'].map(inbox.load))
    expect(loaded).toEqual([rows[2], null, rows[0], rows[2]])
  })
})

describe('when work on an event ends', () => {
  it.each(['processed', 'parked', 'dead'] as const)('the event is %s with its outcome, and no longer due', async (state) => {
    const row = await givenOne(`due_at = now() - interval '1 minute', error_code = 'OLD', error_detail = 'old'`)
    const identityId = randomUUID()
    expect(await inbox.complete({ seq: row.seq, state, outcome: 'moved:ready', trust: 'confirmed', identityId, attempts: 2 })).toBe(true)
    expect(await inbox.load(row.seq)).toMatchObject({
      state,
      outcome: 'moved:ready',
      trust: 'confirmed',
      identityId,
      attempts: 2,
      errorCode: null,
      errorDetail: null,
      completedAt: expect.any(Date),
    })
    expect(await inbox.claimDue({ limit: 10 })).toEqual([])
  })

  it('a failed try keeps the fields that it leaves out, and says what failed and when it is due again', async () => {
    const row = await givenOne(`trust = 'confirmed', identity_id = gen_random_uuid(), attempts = 3`)
    const dueAt = new Date('2027-01-01T00:00:00.000Z')
    await inbox.complete({ seq: row.seq, state: 'accepted', trust: 'hint', dueAt, errorCode: 'PAXOS_DOWN', errorDetail: 'no answer' })
    expect(await inbox.load(row.seq)).toEqual({ ...row, dueAt, errorCode: 'PAXOS_DOWN', errorDetail: 'no answer' })
  })

  it('unknown outcomes are counted, and the count stays when none is given', async () => {
    const row = await givenOne('unknown_outcomes = 3')
    await inbox.complete({ seq: row.seq, state: 'accepted', unknownOutcomes: 4, dueAt: new Date() })
    expect(await inbox.load(row.seq)).toMatchObject({ unknownOutcomes: 4 })
    await inbox.complete({ seq: row.seq, state: 'accepted', dueAt: new Date() })
    expect(await inbox.load(row.seq)).toMatchObject({ unknownOutcomes: 4 })
  })

  it('a try that reports its end voids the strikes, and one that condemns keeps them', async () => {
    const [survivor, condemned] = await given(2, 'strikes = 2')
    await inbox.complete({ seq: survivor!.seq, state: 'accepted', errorCode: 'PAXOS_UNAVAILABLE', dueAt: new Date() })
    await inbox.complete({ seq: condemned!.seq, state: 'parked', errorCode: 'POISON' })
    expect(await inbox.load(survivor!.seq)).toMatchObject({ state: 'accepted', strikes: 0 })
    expect(await inbox.load(condemned!.seq)).toMatchObject({ state: 'parked', strikes: 2 })
  })

  it('an event that completes without a new outcome keeps the last one', async () => {
    const row = await givenOne("outcome = 'moved:ready'") // reopened by a replay
    await inbox.complete({ seq: row.seq, state: 'parked', errorCode: 'EVENT_UNKNOWN' })
    expect(await inbox.load(row.seq)).toMatchObject({ state: 'parked', outcome: 'moved:ready' })
  })

  it('many events complete at once, each with its own end', async () => {
    const rows = await given(30)
    const completed = await Promise.all(
      rows.map(({ seq }, i) => inbox.complete({ seq, state: i % 2 === 0 ? 'processed' : 'parked', outcome: `outcome ${i}` })),
    )
    expect(completed).toEqual(Array(30).fill(true))
    const after = await Promise.all(rows.map(({ seq }) => inbox.load(seq)))
    expect(after.map((row) => [row?.state, row?.outcome])).toEqual(
      rows.map((_, i) => [i % 2 === 0 ? 'processed' : 'parked', `outcome ${i}`]),
    )
  })

  it('a finished event does not change, and a late worker learns that', async () => {
    const row = await givenOne(`state = 'processed', outcome = 'moved:ready', completed_at = now()`)
    expect(await inbox.complete({ seq: row.seq, state: 'dead', errorCode: 'LATE' })).toBe(false)
    expect(await inbox.load(row.seq)).toEqual(row)
  })

  it('an event that was reopened meanwhile does not change when the worker names the earlier generation', async () => {
    const row = await givenOne(`generation = 1`)
    expect(await inbox.complete({ seq: row.seq, generation: 0, state: 'dead', errorCode: 'LATE' })).toBe(false)
    expect(await inbox.complete({ seq: row.seq, generation: 1, state: 'processed' })).toBe(true)
  })

  it.each(['completed', 'reopened'])(
    'rows are locked in the order of their event ids when many are %s, as in accepting, so that none deadlocks',
    async (how) => {
      const ids = Array.from({ length: 10 }, () => randomUUID()).sort()
      for (const eventId of ids.toReversed()) await inbox.accept(receivedEvent({ eventId })) // so seq runs against the ids
      const rows = await given(0)
      const release = await holdLocks(pool, 'SELECT FROM inbox_event WHERE event_id = $1 FOR UPDATE', [ids[0]])
      const seqs = rows.map(({ seq }) => seq)
      const done =
        how === 'completed'
          ? Promise.all(seqs.map((seq) => inbox.complete({ seq, state: 'processed' })))
          : inbox.reopen(seqs, { authority: 'machine' })
      await vi.waitFor(async () => expect(await sessionsWaiting(pool)).toBe(1), { timeout: 20_000 })
      // It waits for the first row and has locked none of the others.
      expect((await pool.query('SELECT FROM inbox_event WHERE event_id <> $1 FOR UPDATE NOWAIT', [ids[0]])).rowCount).toBe(9)
      await release()
      expect(await done).toHaveLength(10)
    },
  )
})

describe('when the dispatcher claims', () => {
  it('it gets unfinished due events, the longest due first, and not again for a minute', async () => {
    const rows = await given(3)
    await pool.query(`UPDATE inbox_event SET due_at = now() - make_interval(secs => seq)`)
    await pool.query(`UPDATE inbox_event SET generation = 4, batch = NULL WHERE seq = 3`)
    expect(await inbox.claimDue({ limit: 2 })).toEqual([
      { seq: '3', generation: 4, batch: null },
      { seq: '2', generation: 0, batch: null },
    ])
    expect(await inbox.claimDue({ limit: 2 })).toEqual([{ seq: '1', generation: 0, batch: null }])
    expect(await inbox.claimDue({ limit: 2 })).toEqual([])
    const dueIn = (await inbox.load(rows[0]!.seq))!.dueAt.getTime() - Date.now()
    expect(dueIn).toBeGreaterThan(50_000)
    expect(dueIn).toBeLessThan(70_000)
  })

  it('it learns which events share a job, until one returns or is reopened and gets its own', async () => {
    await given(4)
    await pool.query(`UPDATE inbox_event SET batch = 77, due_at = now() - interval '1 minute'`)
    await inbox.complete({ seq: '2', generation: 0, state: 'accepted', errorCode: 'E', dueAt: new Date(0) })
    await inbox.complete({ seq: '3', generation: 0, state: 'processed' })
    await inbox.reopen(['4'], { authority: 'machine' })
    expect(await inbox.load('3')).toMatchObject({ batch: '77' })
    expect((await inbox.claimDue({ limit: 9 })).toSorted((one, other) => Number(one.seq) - Number(other.seq))).toEqual([
      { seq: '1', generation: 0, batch: '77' },
      { seq: '2', generation: 0, batch: null },
      { seq: '4', generation: 1, batch: null },
    ])
  })

  it('it skips events that were accepted just now, are finished or inert', async () => {
    await given(1)
    expect(await inbox.claimDue({ limit: 10 })).toEqual([])
    await pool.query(`UPDATE inbox_event SET state = 'parked', due_at = now() - interval '1 hour'`)
    await inbox.accept(receivedEvent({ isTest: true }))
    await pool.query(`UPDATE inbox_event SET due_at = now() - interval '1 hour'`)
    expect(await inbox.claimDue({ limit: 10 })).toEqual([])
  })

  it('two dispatchers never get the same event', async () => {
    await given(60, `due_at = now() - interval '1 second'`)
    const claims = await Promise.all(Array.from({ length: 6 }, () => inbox.claimDue({ limit: 10 })))
    const seqs = claims.flat().map(({ seq }) => seq)
    expect(seqs).toHaveLength(60)
    expect(new Set(seqs).size).toBe(60)
  })

  it('an event that a transaction has locked does not delay it', async () => {
    const [held] = await given(2, `due_at = now() - interval '1 second'`)
    const release = await holdLocks(pool, 'SELECT FROM inbox_event WHERE seq = $1 FOR UPDATE', [held!.seq])
    expect(await inbox.claimDue({ limit: 10 })).toEqual([{ seq: '2', generation: 0, batch: null }])
    await release()
  })
})

describe('when an operator replays', () => {
  it.each(['parked', 'dead', 'processed'])('a %s event is reopened: due, with all attempts, under a new generation', async (state) => {
    const row = await givenOne(
      `state = '${state}', completed_at = now(), attempts = 8, unknown_outcomes = 9, strikes = 2, generation = 1, due_at = now() + interval '1 day', error_code = 'E'`,
    )
    expect(await inbox.reopen([row.seq], { authority: 'operator' })).toEqual([{ seq: row.seq, generation: 2, batch: null }])
    expect(await inbox.load(row.seq)).toMatchObject({
      state: 'accepted',
      attempts: 0,
      unknownOutcomes: 0,
      strikes: 0,
      generation: 2,
      authority: 'operator',
      completedAt: null,
      errorCode: 'E',
    })
    expect(await inbox.claimDue({ limit: 10 })).toEqual([{ seq: row.seq, generation: 2, batch: null }])
  })

  it('a reopened event leaves its shared job and gets its own', async () => {
    const [row] = await given(1, 'batch = 77')
    await expect(pool.query('UPDATE inbox_event SET generation = 1')).rejects.toMatchObject({
      constraint: 'inbox_event_reopened_is_alone',
    })
    expect(await inbox.reopen([row!.seq], { authority: 'machine' })).toEqual([{ seq: row!.seq, generation: 1, batch: null }])
  })

  it('test events stay inert', async () => {
    await inbox.accept(receivedEvent({ isTest: true }))
    expect(await inbox.reopen(['1', '77'], { authority: 'operator' })).toEqual([])
    expect(await inbox.load('1')).toMatchObject({ state: 'test', generation: 0 })
  })
})

describe('when a suspect runs alone next', () => {
  it('one more strike is counted', async () => {
    const { seq } = await givenOne()
    expect([await inbox.recordStrike(seq), await inbox.recordStrike(seq)]).toEqual([1, 2])
    expect(await inbox.recordStrike('77')).toBe(0)
  })
})

describe('when the inbox is counted', () => {
  it('events count by state, and deliveries beyond the first count as duplicates', async () => {
    expect(await inbox.count()).toEqual({ accepted: 0, processed: 0, parked: 0, dead: 0, test: 0, dismissed: 0, duplicates: 0 })
    const events = Array.from({ length: 4 }, () => receivedEvent())
    for (const event of [...events, events[0]!, events[0]!, events[1]!]) await inbox.accept(event)
    await inbox.accept(receivedEvent({ isTest: true }))
    await inbox.accept(receivedEvent({ origin: 'sweep', bodySha256: null }))
    await inbox.complete({ seq: '1', state: 'processed' })
    await inbox.complete({ seq: '2', state: 'parked' })
    await inbox.complete({ seq: '3', state: 'dead' })
    expect(await inbox.count()).toEqual({ accepted: 2, processed: 1, parked: 1, dead: 1, test: 1, dismissed: 0, duplicates: 3 })
  })
})

describe('when the inbox closes', () => {
  it('it completes accepted work first, and accepts nothing more', async () => {
    const closing = createInbox({
      pool,
      connectionString: database.url,
      logger: createLogger({ level: 'silent' }),
      metrics: new Registry(),
    })
    const { seq } = await givenOne()
    const ended: string[] = []
    await Promise.all([
      closing.accept(receivedEvent()).then(() => ended.push('accepted')),
      closing.load(seq).then(() => ended.push('loaded')),
      closing.complete({ seq, state: 'processed' }).then(() => ended.push('completed')),
      closing.close().then(() => ended.push('closed')),
    ])
    expect(ended.at(-1)).toBe('closed')
    const late = [() => closing.accept(receivedEvent()), () => closing.load(seq), () => closing.complete({ seq, state: 'dead' })]
    for (const take of late) await expect(take()).rejects.toMatchObject({ code: 'WAITING_ROOM_FULL' })
  })
})
