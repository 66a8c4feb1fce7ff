import { afterEach, describe, expect, it, vi } from 'vitest'
import { createWorld, eventually, reaches, type World } from '../saga/world.ts'
import { forEachBackend } from '../support/queue-backends.ts'
import { checkHistory } from './history-checker.ts'
import { openStage } from './stage.ts'

describe.concurrent.each([
  { does: 'kills its process', settings: {} },
  { does: 'blocks the event loop of its process', settings: { standstillMs: 3_000 } },
])('when an event $does every time', ({ settings }) => {
  forEachBackend((backend) => {
    it('it is parked with its evidence, and the events in progress beside it are not', { timeout: 300_000 }, async ({ onTestFinished }) => {
      const stage = await openStage(backend)
      onTestFinished(() => stage.close())
      const poison = await stage.decided()
      const others = await Promise.all(Array.from({ length: 10 }, () => stage.decided()))
      // The others have calls in progress whenever the process dies, and are still there when it starts again.
      const slow = stage.sandbox.faults.arm({ on: 'GET /identity/identities/{id}', do: 'latency', ms: 1_500 })
      const deaths: number[] = []
      const accepted: string[] = []
      for (let parked = false; !parked; ) {
        const child = await stage.start({ poison: poison.id, ...settings })
        if (deaths.length === 0) accepted.push(...(await stage.deliver(child, [...others, poison])))
        let died: number | null = null
        void child.died.then((at) => {
          died = at
        })
        await eventually(
          async () => ({ died, rows: await stage.inbox() }),
          (seen) => seen.died !== null || seen.rows.some(({ state }) => state === 'parked'),
          { withinMs: 120_000 },
        )
        if (died !== null) deaths.push(died)
        else parked = true
      }
      stage.sandbox.faults.disarm(slow)
      const rows = await eventually(
        () => stage.inbox(),
        (all) => all.every(({ state }) => state !== 'accepted'),
        { withinMs: 120_000 },
      )
      expect(rows.filter(({ state }) => state !== 'processed')).toEqual([
        {
          event_id: poison.id,
          state: 'parked',
          error_code: 'POISON',
          error_detail: 'the process died 3 times while it processed this event, the last time with no other event',
          strikes: 3,
        },
      ])
      expect(deaths).toHaveLength(5)
      const verdict = await checkHistory({ story: stage.sandbox.story, sends: stage.sends, pool: stage.pool, accepted, deaths })
      expect(verdict).toMatchObject({ ended: 10, accounts: 10, notices: 10 })
      expect(verdict.faults).toEqual([`not ended: event ${poison.id} is parked (POISON)`])
    })
  })
})

describe.concurrent('when an event blocks the event loop', () => {
  forEachBackend((backend) => {
    it('the process ends with a log line, so that it is started again, and nothing is lost or doubled', { timeout: 240_000 }, async ({
      onTestFinished,
    }) => {
      const stage = await openStage(backend)
      onTestFinished(() => stage.close())
      const poison = await stage.decided()
      const others = await Promise.all(Array.from({ length: 5 }, () => stage.decided()))
      const blocked = await stage.start({ poison: poison.id, standstillMs: 4_000 })
      const accepted = await stage.deliver(blocked, [...others, poison])
      expect(accepted).toContain(others[0]?.id) // the last one is unknown: its answer may not have been sent any more
      const diedAt = await blocked.died
      expect(blocked.complaint()).toContain('the event loop has not turned for 4 s')
      await stage.start()
      const rows = await eventually(
        () => stage.inbox(),
        (all) => all.every(({ state }) => state === 'processed'),
        { withinMs: 150_000 },
      )
      expect(rows).toHaveLength(6)
      const all = rows.map((row) => row.event_id)
      const { story, pool } = { story: stage.sandbox.story, pool: stage.pool }
      const verdict = await checkHistory({ story, sends: stage.sends, pool, accepted: all, deaths: [diedAt] })
      expect(verdict).toMatchObject({ faults: [], ended: 6, accounts: 6 })
    })
  })
})

/** A pipeline whose handler the test calls as the queue would. */
async function handlerOf(
  world: World,
  { spoil = () => undefined, concurrency = 20 }: { spoil?: (eventId: string) => unknown; concurrency?: number } = {},
) {
  const pipeline = await world.start({
    concurrency,
    decorate: (name, part) => {
      if (name !== 'reader') return part
      return new Proxy(part, {
        get: (target, property) => {
          const value: unknown = Reflect.get(target, property)
          if (property !== 'event' || typeof value !== 'function') return value
          return async (...args: unknown[]) => (await spoil(String(args[0]))) ?? value(...args)
        },
      })
    },
  })
  const row = async (eventId: string) =>
    (
      await pipeline.pool.query('SELECT seq, state, attempts, strikes, error_code, error_detail FROM inbox_event WHERE event_id = $1', [
        eventId,
      ])
    ).rows[0]
  return { pipeline, handle: pipeline.handle, row }
}

describe('when a suspect survives', () => {
  it('an outage of Paxos of any length does not park it', async () => {
    const world = await createWorld({ kind: 'postgres' })
    const { pipeline, handle, row } = await handlerOf(world)
    await pipeline.queue.pause()
    const event = await world.decided('approve')
    await pipeline.accept(event)
    const { seq } = await row(event.id)
    const outage = world.sandbox.faults.arm({ on: 'GET /events/{id}', do: 'answer', status: 500 })
    for (let tries = 0; tries < 8; tries += 1) expect(await handle({ seq, generation: 0 }, { rescues: 2 })).toMatchObject({ kind: 'later' })
    expect(await row(event.id)).toMatchObject({ state: 'accepted', strikes: 0 })
    world.sandbox.faults.disarm(outage)
    await pipeline.queue.resume()
    await reaches(pipeline, event.identityId, 'ready')
  })
})

describe('when a handler throws a value that cannot be recorded', () => {
  const circular: Record<string, unknown> = {}
  circular.self = circular
  const throwing = {
    toString: () => {
      throw new Error('no text either')
    },
  }
  it.each([
    ['a circular object', circular, 'UNKNOWN', '[object Object]'],
    ['undefined', undefined, 'UNKNOWN', 'undefined'],
    ['an object that has no text', throwing, 'UNKNOWN', 'something that cannot be printed was thrown'],
    ['an error with a zero byte', new Error('not\0text'), 'Error', 'nottext'],
    ['an error cut within a character', new Error(`${'x'.repeat(499)}\u{1f600}`), 'Error', `${'x'.repeat(499)}\ufffd`],
  ])('%s: its event is tried again, dead with its evidence after all attempts, and others proceed', async (_name, thrown, code, detail) => {
    const world = await createWorld({ kind: 'postgres' })
    const event = await world.decided('approve')
    const { pipeline, row } = await handlerOf(world, { spoil: (id) => (id === event.id ? Promise.reject(thrown) : undefined) })
    await pipeline.accept(event)
    const other = await world.decided('approve')
    await pipeline.accept(other)
    await reaches(pipeline, other.identityId, 'ready')
    const tried = await eventually(
      () => row(event.id),
      ({ attempts }) => attempts > 0,
    )
    expect(tried).toMatchObject({ state: 'accepted', error_code: code, error_detail: detail })
    await pipeline.pool.query('UPDATE inbox_event SET attempts = 11 WHERE event_id = $1', [event.id]) // each waits longer than the one before
    const dead = await eventually(
      () => row(event.id),
      ({ state }) => state === 'dead',
    )
    expect(dead).toMatchObject({ attempts: 12, error_code: code, error_detail: detail })
  })
})

describe('when a handler never returns', () => {
  afterEach(() => {
    vi.useRealTimers()
  })
  it('the worker leaves it after two minutes, which spends an attempt, and others proceed', async () => {
    const world = await createWorld({ kind: 'postgres' })
    const event = await world.decided('approve')
    const hangs = Promise.withResolvers<void>()
    const spoil = (id: string): unknown => {
      if (id !== event.id) return undefined
      hangs.resolve()
      return new Promise<never>(() => {})
    }
    const { pipeline, handle, row } = await handlerOf(world, { spoil, concurrency: 0 })
    await pipeline.accept(event)
    const { seq } = await row(event.id)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const outcome = handle({ seq, generation: 0 }, { rescues: 0 })
    await hangs.promise
    vi.advanceTimersByTime(120_000)
    vi.useRealTimers()
    expect(await outcome).toMatchObject({ kind: 'later' })
    expect(await row(event.id)).toMatchObject({ state: 'accepted', attempts: 1, error_code: 'JOB_TIMED_OUT' })
    const other = await world.decided('approve')
    await pipeline.accept(other)
    expect(await handle({ seq: (await row(other.id)).seq, generation: 0 }, { rescues: 0 })).toEqual({ kind: 'done' })
  })
})
