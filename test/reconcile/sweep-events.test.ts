import { describe, expect, it, onTestFinished } from 'vitest'
import { createLogger } from '../../src/platform/logger.ts'
import { createPool } from '../../src/platform/postgres/postgres.ts'
import { scheduleSweeps } from '../../src/queue/sweep-schedule.ts'
import { type SweepParts, sweepEvents } from '../../src/reconcile/sweep-events.ts'
import type { Pipeline } from '../saga/start-pipeline.ts'
import { completes, createWorld, eventually, reaches } from '../saga/world.ts'
import { forEachBackend } from '../support/queue-backends.ts'

const logger = createLogger({ level: 'silent' })
/** A clock that is `aheadMs` ahead, so that what happened just now is older than the lag. */
const parts = (pipeline: Pipeline, aheadMs = 60_000): SweepParts => ({ ...pipeline, logger, now: () => Date.now() + aheadMs })

forEachBackend((backend) => {
  describe('when webhooks were lost', () => {
    it('the sweep finds each missing event once, which then goes the way of any event', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start()
      const [arrived, lost] = [await world.decided('approve'), await world.decided('approve')]
      await pipeline.accept(arrived)
      await completes(pipeline)
      expect(await sweepEvents(parts(pipeline))).toMatchObject({ listed: 2, recovered: 1 })
      await reaches(pipeline, lost.identityId, 'ready')
      expect(world.effectsOf(lost.identityId)).toMatchObject({ accounts: 1, sends: 1 })
      const { rows } = await pipeline.pool.query('SELECT origin, delivery_count FROM inbox_event WHERE event_id = $1', [lost.id])
      expect(rows).toEqual([{ origin: 'sweep', delivery_count: 0 }])
    })

    it('the sweep does nothing twice when the webhook still comes, or the window is swept again', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start()
      const event = await world.decided('approve')
      await Promise.all([sweepEvents(parts(pipeline)), pipeline.accept(event)])
      await reaches(pipeline, event.identityId, 'ready')
      await completes(pipeline)
      const written = async () => (await pipeline.pool.query('SELECT xmin, inbox_event.* FROM inbox_event')).rows
      const before = await written()
      expect(await sweepEvents(parts(pipeline, 61_000))).toMatchObject({ listed: 1, recovered: 0 })
      expect(await written()).toEqual(before) // a known event is not even written again
      expect(world.effectsOf(event.identityId)).toMatchObject({ accounts: 1, sends: 1 })
    })

    it('the sweep finds an event that a forger with our key has called a test', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start({ concurrency: 0 })
      const event = await world.decided('approve')
      expect(await pipeline.accept(event, { isTest: true })).toBe('test')
      expect(await sweepEvents(parts(pipeline))).toMatchObject({ listed: 1 })
      const { rows } = await pipeline.pool.query('SELECT state, is_test FROM inbox_event WHERE event_id = $1', [event.id])
      expect(rows).toEqual([{ state: 'accepted', is_test: false }]) // the dispatcher queues it
    })

    it('the sweep covers a silence of days, over many pages', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start({ concurrency: 0 })
      await sweepEvents(parts(pipeline, 0)) // the last sweep before the silence
      await world.sandbox.populate({ count: 450, refIdPrefix: 'silent-', decision: 'approve', deliver: false })
      expect(await sweepEvents(parts(pipeline, 3 * 24 * 3_600_000))).toMatchObject({ listed: 450, recovered: 450 })
    })
  })

  describe('when a sweep fails halfway', () => {
    it('A47: the watermark stays, so that the next sweep covers its window too', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start({ concurrency: 0 })
      await world.sandbox.populate({ count: 250, refIdPrefix: 'half-', decision: 'approve', deliver: false })
      const pages = parts(pipeline)
      let calls = 0
      const failing: SweepParts = {
        ...pages,
        paxos: {
          ...pages.paxos,
          events: {
            ...pages.paxos.events,
            list: (options) => (++calls === 2 ? Promise.reject(new Error('cut')) : pages.paxos.events.list(options)),
          },
        },
      }
      await expect(sweepEvents(failing)).rejects.toThrow('cut')
      expect((await pipeline.pool.query('SELECT count(*)::int AS windows FROM sweep_window')).rows).toEqual([{ windows: 0 }])
      expect(await sweepEvents(pages)).toMatchObject({ listed: 250, recovered: 150 })
    })
  })

  describe('when two machines sweep at once', () => {
    it('only one of them does', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start({ concurrency: 0 })
      await world.decided('approve')
      world.sandbox.faults.arm({ on: 'GET /events', do: 'latency', ms: 300, next: 1 })
      const sweeps = await Promise.all([sweepEvents(parts(pipeline)), sweepEvents(parts(pipeline))])
      expect(sweeps.filter((window) => window === null)).toHaveLength(1)
    })

    it('the other may sweep when the first has ended, well or badly', async () => {
      const world = await createWorld(backend)
      const one = await world.start({ concurrency: 0 })
      const pool = createPool({ connectionString: world.databaseUrl, max: 2, applicationName: 'another machine' })
      onTestFinished(() => pool.end())
      const other = { ...parts(one), pool }
      await sweepEvents(parts(one))
      expect(await sweepEvents(other)).not.toBeNull()
      world.sandbox.faults.arm({ on: 'GET /events', do: 'answer', status: 400, next: 1 })
      await expect(sweepEvents(parts(one))).rejects.toThrow()
      expect(await sweepEvents(other)).not.toBeNull()
    })
  })

  describe('the schedule', () => {
    it('sweeps once per period over all machines, and survives the loss of the queue', async () => {
      const world = await createWorld(backend)
      let sweeps = 0
      const start = (): (() => Promise<void>) => scheduleSweeps(world.backend, { everySeconds: 1, sweep: async () => sweeps++, logger })
      const stops = [start(), start()]
      onTestFinished(async () => void (await Promise.all(stops.map((stop) => stop()))))
      const startedAt = Date.now()
      await eventually(
        () => sweeps,
        (count) => count >= 3,
      )
      expect(sweeps).toBeLessThanOrEqual(2 + (Date.now() - startedAt) / 1_000)
    })
  })
})

describe('an event that was parked as unknown to Paxos', () => {
  const park = (pipeline: Pipeline, eventId: string, agoMinutes: number) =>
    pipeline.pool.query(
      `UPDATE inbox_event SET state = 'parked', error_code = 'EVENT_UNKNOWN_TO_PAXOS', attempts = 5, completed_at = now() - make_interval(mins => $2)
       WHERE event_id = $1`,
      [eventId, agoMinutes],
    )
  const rowOf = async (pipeline: Pipeline, eventId: string) =>
    (await pipeline.pool.query('SELECT state, trust, generation, attempts, evidence FROM inbox_event WHERE event_id = $1', [eventId]))
      .rows[0]

  it('F53: is reopened by a sweep in which Paxos lists it, without a second confirmation', async () => {
    const world = await createWorld({ kind: 'postgres' })
    const receiving = await world.start({ concurrency: 0 })
    const event = await world.decided('approve')
    await receiving.accept(event)
    await park(receiving, event.id, 0)
    await sweepEvents(parts(receiving))
    expect(await rowOf(receiving, event.id)).toMatchObject({
      state: 'accepted',
      trust: 'confirmed',
      generation: 1,
      attempts: 0,
      evidence: { type: 'identity.approved', identityId: event.identityId },
    })
    const pipeline = await world.start()
    await reaches(pipeline, event.identityId, 'ready')
    expect(world.sandbox.story.of('call').filter(({ operation }) => operation === 'GET /events/{id}')).toEqual([])
  })

  it('F53: is reopened by a later delivery, at most every five minutes', async () => {
    const world = await createWorld({ kind: 'postgres' })
    const pipeline = await world.start({ concurrency: 0 })
    const event = await world.decided('approve')
    await pipeline.accept(event)
    await park(pipeline, event.id, 4)
    expect(await pipeline.accept(event)).toBe('duplicate')
    expect(await rowOf(pipeline, event.id)).toMatchObject({ state: 'parked' })
    await park(pipeline, event.id, 6)
    expect(await pipeline.accept(event)).toBe('duplicate')
    expect(await rowOf(pipeline, event.id)).toMatchObject({ state: 'accepted', trust: 'hint', generation: 1, attempts: 0 })
    await park(pipeline, event.id, 6)
    expect(await pipeline.accept(event, { isTest: true })).toBe('duplicate')
    expect(await rowOf(pipeline, event.id)).toMatchObject({ state: 'parked' })
  })

  it('F53: stays parked when it was parked for another reason', async () => {
    const world = await createWorld({ kind: 'postgres' })
    const pipeline = await world.start({ concurrency: 0 })
    const event = await world.decided('approve')
    await pipeline.accept(event)
    await park(pipeline, event.id, 6)
    await pipeline.pool.query(`UPDATE inbox_event SET error_code = 'POISON'`)
    await pipeline.accept(event)
    await sweepEvents(parts(pipeline))
    expect(await rowOf(pipeline, event.id)).toMatchObject({ state: 'parked', generation: 0 })
  })
})

describe('the window of a sweep', () => {
  const windows = async ({ pool }: Pipeline): Promise<number> => (await pool.query('SELECT FROM sweep_window')).rowCount ?? 0
  const HOUR_MS = 3_600_000

  it('leaves recent events that may still arrive to the next one, which includes them', async () => {
    const world = await createWorld({ kind: 'postgres' })
    const pipeline = await world.start({ concurrency: 0 })
    await world.decided('approve')
    expect(await sweepEvents(parts(pipeline, 0))).toMatchObject({ listed: 0 })
    expect(await sweepEvents(parts(pipeline))).toMatchObject({ listed: 1, recovered: 1 })
  })

  it('starts an hour back when it is the first, and otherwise ten minutes before the end of the last one', async () => {
    const world = await createWorld({ kind: 'postgres' })
    const pipeline = await world.start({ concurrency: 0 })
    await world.decided('approve')
    const now = Date.now()
    const sweepAt = (at: number) => sweepEvents({ ...parts(pipeline), now: () => at })
    const first = await sweepAt(now + 2 * HOUR_MS)
    expect(first).toMatchObject({ listed: 0 }) // it happened before Gatehouse was installed
    expect((first?.toAt.getTime() ?? 0) - (first?.fromAt.getTime() ?? 0)).toBe(HOUR_MS)
    const second = await sweepAt(now + 3 * HOUR_MS)
    expect(second?.fromAt.getTime()).toBe((first?.toAt.getTime() ?? 0) - HOUR_MS / 6)
    expect((await sweepAt(now + 4 * HOUR_MS))?.fromAt.getTime()).toBe((second?.toAt.getTime() ?? 0) - HOUR_MS / 6)
  })

  it('is empty when the clock was set back to before the last sweep', async () => {
    const world = await createWorld({ kind: 'postgres' })
    const pipeline = await world.start({ concurrency: 0 })
    const now = Date.now()
    await sweepEvents({ ...parts(pipeline), now: () => now })
    for (const back of [HOUR_MS / 6, HOUR_MS]) expect(await sweepEvents({ ...parts(pipeline), now: () => now - back })).toBeNull()
    expect(await windows(pipeline)).toBe(1)
  })

  it('A48: is incomplete, and so not recorded, when a cursor repeats', async () => {
    const world = await createWorld({ kind: 'postgres' })
    const pipeline = await world.start({ concurrency: 0 })
    await world.decided('approve')
    let pages = 0
    const events: SweepParts['paxos']['events'] = {
      ...pipeline.paxos.events,
      list: async (options) => {
        if (++pages > 5) throw new Error('it goes round')
        return { ...(await pipeline.paxos.events.list({ ...options, cursor: null })), nextCursor: 'again' }
      },
    }
    await expect(sweepEvents({ ...parts(pipeline), paxos: { ...pipeline.paxos, events } })).rejects.toThrow('a cursor was repeated')
    expect(await windows(pipeline)).toBe(0)
    expect(pages).toBe(2)
  })

  it('F68: is read to its end although one event has an invalid id', async () => {
    const world = await createWorld({ kind: 'postgres' })
    const pipeline = await world.start({ concurrency: 0 })
    await world.decided('approve')
    const events: SweepParts['paxos']['events'] = {
      ...pipeline.paxos.events,
      list: async (options) => {
        const page = await pipeline.paxos.events.list(options)
        return { ...page, oddRows: 1, events: [{ ...page.events[0]!, id: 'not-a-uuid' }, ...page.events] }
      },
    }
    const lines: string[] = []
    const warnings = createLogger({ level: 'warn', destination: { write: (line) => lines.push(JSON.parse(line)) } })
    const swept = await sweepEvents({ ...parts(pipeline), logger: warnings, paxos: { ...pipeline.paxos, events } })
    expect(swept).toMatchObject({ listed: 1, recovered: 1 })
    expect(lines).toContainEqual(expect.objectContaining({ setAside: 2, listed: 1 }))
    expect(await windows(pipeline)).toBe(1)
  })

  it('causes a warning for events that no webhook had brought, and none for an event that a webhook brings at that moment', async () => {
    const world = await createWorld({ kind: 'postgres' })
    const pipeline = await world.start({ concurrency: 0 })
    const lines: string[] = []
    const warnings = createLogger({ level: 'warn', destination: { write: (line) => lines.push(JSON.parse(line)) } })
    const event = await world.decided('approve')
    const inbox: SweepParts['inbox'] = {
      ...pipeline.inbox,
      accept: async (found) => {
        await pipeline.accept(event)
        return pipeline.inbox.accept(found)
      },
    }
    expect(await sweepEvents({ ...parts(pipeline), inbox, logger: warnings })).toMatchObject({ listed: 1, recovered: 0 })
    expect(lines).toEqual([])
    await world.decided('approve')
    await sweepEvents({ ...parts(pipeline, 61_000), logger: warnings })
    expect(lines).toMatchObject([{ listed: 2, recovered: 1 }])
  })
})

describe('when the sweeping worker goes silent', () => {
  it('another worker may sweep after two minutes, and the first stores nothing more and records no window', async () => {
    const world = await createWorld({ kind: 'postgres' })
    const pipeline = await world.start({ concurrency: 0 })
    await world.decided('approve')
    const swept = parts(pipeline)
    const events: typeof swept.paxos.events = {
      ...swept.paxos.events,
      list: async (options) => {
        await pipeline.pool.query(`UPDATE sweep_claim SET held_until = held_until - interval '121 seconds'`)
        expect(await sweepEvents(parts(pipeline))).toMatchObject({ listed: 1 })
        await pipeline.pool.query(`UPDATE sweep_claim SET held_until = now() + interval '1 minute', holder = gen_random_uuid()`)
        return swept.paxos.events.list(options)
      },
    }
    await expect(sweepEvents({ ...swept, paxos: { ...swept.paxos, events } })).rejects.toMatchObject({ code: 'SWEEP_CLAIM_LOST' })
    expect((await pipeline.pool.query('SELECT FROM sweep_window')).rowCount).toBe(1)
  })

  it('no other worker may sweep before that', async () => {
    const world = await createWorld({ kind: 'postgres' })
    const pipeline = await world.start({ concurrency: 0 })
    await pipeline.pool.query(`UPDATE sweep_claim SET held_until = now() + interval '1 second', holder = gen_random_uuid()`)
    expect(await sweepEvents(parts(pipeline))).toBeNull()
  })

  it('the claim holds no session: its statements may use different connections, as behind PgBouncer', async () => {
    const world = await createWorld({ kind: 'postgres' })
    const pipeline = await world.start({ concurrency: 0 })
    await sweepEvents(parts(pipeline))
    const { rows } = await pipeline.pool.query(`SELECT FROM pg_locks WHERE locktype = 'advisory' AND database =
      (SELECT oid FROM pg_database WHERE datname = current_database())`)
    expect(rows).toEqual([])
  })

  it('c07: its window is recorded even when the rows were copied without their sequence', async () => {
    const world = await createWorld({ kind: 'postgres' })
    const pipeline = await world.start({ concurrency: 0 })
    await sweepEvents(parts(pipeline))
    await pipeline.pool.query('ALTER SEQUENCE sweep_window_id_seq RESTART WITH 1')
    expect(await sweepEvents(parts(pipeline, 61_000))).not.toBeNull()
  })
})
