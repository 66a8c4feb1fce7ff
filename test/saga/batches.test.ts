import { describe, expect, it } from 'vitest'
import { forEachBackend } from '../support/queue-backends.ts'
import type { Pipeline } from './start-pipeline.ts'
import { createWorld, eventually, type World } from './world.ts'

/** Events that are committed together and so share a job. */
async function acceptTogether(world: World, pipeline: Pipeline, count: number) {
  const events = await Promise.all(Array.from({ length: count }, () => world.decided('approve')))
  await Promise.all(events.map((event) => pipeline.accept(event)))
  const batches = new Set((await rowsOf(pipeline)).map(({ batch }) => batch))
  expect([...batches]).toEqual([expect.any(String)])
  return events
}

const rowsOf = async ({ pool }: Pipeline) =>
  (
    await pool.query<{ event_id: string; seq: string; state: string; batch: string | null; attempts: number; strikes: number }>(
      'SELECT event_id, seq, state, batch, attempts, strikes FROM inbox_event ORDER BY seq',
    )
  ).rows

forEachBackend((backend) => {
  describe('events that were committed together', () => {
    it('complete independently: one that must wait returns alone and delays no other', async () => {
      const world = await createWorld(backend)
      const receiver = await world.start({ concurrency: 0 })
      const events = await acceptTogether(world, receiver, 5)
      world.sandbox.faults.arm({ on: 'POST /identity/accounts', do: 'answer', status: 503, next: 1 })
      const worker = await world.start()
      const rows = await eventually(
        () => rowsOf(worker),
        (all) => all.filter(({ state }) => state === 'processed').length === 4,
      )
      expect(rows.filter(({ batch }) => batch === null)).toMatchObject([{ state: 'accepted' }])
      await eventually(
        () => rowsOf(worker),
        (all) => all.every(({ state }) => state === 'processed'),
      )
      for (const { identityId } of events) expect(world.effectsOf(identityId)).toMatchObject({ accounts: 1, sends: 1 })
    })

    it('share one job when any dispatcher queues them again', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start({ concurrency: 0 })
      await acceptTogether(world, pipeline, 5)
      await eventually(
        () => pipeline.queue.counts(),
        ({ waiting }) => waiting === 1,
      )
      await pipeline.pool.query('UPDATE inbox_event SET due_at = now()')
      expect(await pipeline.queue.add(await pipeline.inbox.claimDue({ limit: 10 }))).toBe(1)
      expect(await pipeline.queue.counts()).toMatchObject({ waiting: 1 })
    })
  })
})

describe('a batch that was rescued from a dead worker', () => {
  it.each([0, 2])('skips the events that have left it meanwhile (%s rescues)', async (rescues) => {
    const world = await createWorld({ kind: 'postgres' })
    const pipeline = await world.start({ concurrency: 0 })
    const [left, stays] = await acceptTogether(world, pipeline, 2)
    const jobs = (await rowsOf(pipeline)).map(({ seq, batch, event_id }) => ({ event_id, job: { seq, generation: 0, batch } }))
    const jobOf = (eventId: string | undefined) => jobs.find(({ event_id }) => event_id === eventId)!.job
    await pipeline.inbox.complete({ ...jobOf(left?.id), state: 'accepted', attempts: 3, dueAt: new Date(Date.now() + 60_000) })
    for (const { job } of jobs) expect(await pipeline.handle(job, { rescues })).toEqual({ kind: 'done' })
    const rows = await rowsOf(pipeline)
    expect(rows.find(({ event_id }) => event_id === left?.id)).toMatchObject({ state: 'accepted', attempts: 3, strikes: 0 })
    expect(rows.find(({ event_id }) => event_id === stays?.id)).toMatchObject({ state: 'processed' })
    // The event's own job is not mistaken for the batch's, nor the reverse.
    expect(await pipeline.handle({ ...jobOf(left?.id), batch: null }, { rescues })).toEqual({ kind: 'done' })
    expect((await rowsOf(pipeline)).every(({ state }) => state === 'processed')).toBe(true)
    expect(world.effectsOf(left?.identityId ?? '')).toMatchObject({ accounts: 1, sends: 1 })
  })
})
