import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { dismissEvents, readDismissals, restoreEvents } from '../../src/inbox/dismiss-events.ts'
import type { Pipeline } from '../saga/start-pipeline.ts'
import { createWorld } from '../saga/world.ts'
import { approveReplay, parts, planReplay } from './replays.ts'

const ADA = { by: 'ada', reason: 'forged, ticket 7' }

/** Events that Paxos does not know, one in each of these states. */
async function eventsIn(states: readonly string[]): Promise<Pipeline> {
  const world = await createWorld({ kind: 'postgres' })
  const pipeline = await world.start({ concurrency: 0 })
  for (const state of states)
    await pipeline.pool.query(
      `INSERT INTO inbox_event (event_id, type, occurred_at, is_test, origin, state, completed_at) VALUES ($1, 'identity.approved', now(), false, 'webhook', $2, now())`,
      [randomUUID(), state],
    )
  return pipeline
}

describe('events that cannot succeed', () => {
  it('F11: are dismissed when parked or dead, and return to that state', async () => {
    const pipeline = await eventsIn(['parked', 'dead', 'processed', 'accepted'])
    const { pool, inbox } = pipeline
    expect((await dismissEvents(pool, ['1', '2', '3', '4'], ADA)).toSorted()).toEqual(['1', '2'])
    expect(await dismissEvents(pool, ['1'], ADA)).toEqual([])
    expect(await inbox.count()).toMatchObject({ dismissed: 2, parked: 0, dead: 0, processed: 1, accepted: 1 })
    expect(await readDismissals(pool, [(await inbox.load('1'))?.eventId ?? ''])).toMatchObject({ size: 1 })
    expect((await restoreEvents(pool, ['1', '2', '3'])).toSorted()).toEqual(['1', '2'])
    expect(await inbox.count()).toMatchObject({ dismissed: 0, parked: 1, dead: 1 })
    expect(await readDismissals(pool, [(await inbox.load('1'))?.eventId ?? ''])).toMatchObject({ size: 0 })
    expect(await dismissEvents(pool, ['1'], { by: 'grace', reason: 'forged after all' })).toEqual(['1'])
    expect([...(await readDismissals(pool, [(await inbox.load('1'))?.eventId ?? ''])).values()]).toMatchObject([{ by: 'grace' }])
  })

  it('F11: are in no replay, and are not reopened by an earlier plan', async () => {
    const pipeline = await eventsIn(['parked', 'dead'])
    const plan = await planReplay(parts(pipeline), { states: ['parked', 'dead'] }, 'ada')
    await dismissEvents(pipeline.pool, ['1'], ADA)
    expect((await planReplay(parts(pipeline), { states: ['parked', 'dead'] }, 'ada')).items.map(({ seq }) => seq)).toEqual(['2'])
    expect(await pipeline.inbox.reopen(['1'], { authority: 'machine' })).toEqual([])
    const { items } = await approveReplay(parts(pipeline), plan.id, ADA)
    expect(items.map(({ result }) => result)).toEqual(['skipped: changed since the plan', 'reopened'])
  })

  it('F11: are dismissed together by a plan, which reads nothing from Paxos and skips changed events', async () => {
    const pipeline = await eventsIn(['parked', 'parked', 'dead', 'processed'])
    const away: Pipeline['reader'] = { ...pipeline.reader, event: () => Promise.reject(new Error('a dismissal must not call Paxos')) }
    const dismissing = parts(pipeline, { reader: away })
    const plan = await planReplay(dismissing, { states: ['parked', 'dead', 'processed'], action: 'dismiss' }, 'ada')
    expect(plan.counts).toEqual({ 'would-dismiss': 3, blocked: 1 })
    await pipeline.pool.query('UPDATE inbox_event SET generation = 1 WHERE seq = 2')
    const run = await approveReplay(dismissing, plan.id, { by: 'grace', reason: 'forged, all of them' })
    expect(run).toMatchObject({
      state: 'finished',
      results: { dismissed: 2, 'skipped: blocked': 1, 'skipped: changed since the plan': 1 },
      compared: { asPlanned: 2, explained: 0, unexplained: 0 },
    })
    const { rows } = await pipeline.pool.query('SELECT seq, dismissed_by, reason FROM event_dismissal ORDER BY seq')
    expect(rows).toEqual(['1', '3'].map((seq) => ({ seq, dismissed_by: 'grace', reason: 'forged, all of them' })))
  })
})
