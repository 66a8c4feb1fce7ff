import { randomUUID } from 'node:crypto'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sayState } from '../../src/operate/replay/say-replay.ts'
import { BudgetExhaustedError } from '../../src/paxos/paxos-errors.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { createReplayActions } from '../../src/replay/replay-actions.ts'
import { startReplayRunner } from '../../src/replay/replay-runner.ts'
import type { Pipeline } from '../saga/start-pipeline.ts'
import { completes, createWorld, eventually, reaches } from '../saga/world.ts'
import { approveReplay, parts, planReplay, runToEnd } from './replays.ts'

const ADA = { by: 'ada', reason: 'incident 7: tested' }

/** Parked approvals that Paxos still supports. */
async function parkedApprovals(count: number): Promise<Pipeline> {
  const world = await createWorld({ kind: 'postgres' })
  const pipeline = await world.start({ concurrency: 0 })
  for (let made = 0; made < count; made += 1) await pipeline.accept(await world.decided('approve'))
  await pipeline.pool.query(`UPDATE inbox_event SET state = 'parked', completed_at = now()`)
  return pipeline
}

describe('planning a replay', () => {
  it('F2: waits for the budget, says so meanwhile, and completes the plan', async () => {
    const pipeline = await parkedApprovals(3)
    let room = false
    const reader: Pipeline['reader'] = {
      ...pipeline.reader,
      identity: async (...given) => {
        if (!room) throw new BudgetExhaustedError({ endpointClass: 'identity', retryAfterMs: 10 })
        return pipeline.reader.identity(...given)
      },
    }
    const { planReplay: plan, continuePlan } = createReplayActions(parts(pipeline, { reader }))
    const started = await plan({ states: ['parked'] }, 'ada', { waitMs: 300 })
    expect(started).toMatchObject({ state: 'planning', events: 3, plannedItems: 0, effects: null, planHash: null })
    expect(started.note).toMatch(/^BUDGET_EXHAUSTED: /)
    await expect(approveReplay(parts(pipeline), started.id, ADA)).rejects.toMatchObject({ code: 'REPLAY_STATE' })
    room = true
    const planned = await continuePlan(started.id, { waitMs: 20_000 })
    expect(planned).toMatchObject({ state: 'planned', plannedItems: 3, note: null, effects: { accountsOpened: 3 } })
  })

  it('F2: continues in another process where it stopped, after the first one died', async () => {
    const pipeline = await parkedApprovals(3)
    const dead: Pipeline['reader'] = { ...pipeline.reader, event: () => Promise.reject(new Error('killed')) }
    await expect(createReplayActions(parts(pipeline, { reader: dead })).planReplay({ states: ['parked'] }, 'ada')).rejects.toThrow('killed')
    await pipeline.pool.query(`UPDATE replay SET lease_until = now() - interval '1 second'`)
    const stop = startReplayRunner(parts(pipeline), createLogger({ level: 'silent' }))
    onTestFinished(() => stop())
    const { rows } = await eventually(
      () => pipeline.pool.query<{ state: string; planned_items: number }>('SELECT state, planned_items FROM replay'),
      (seen) => seen.rows[0]?.state === 'planned',
    )
    expect(rows).toEqual([{ state: 'planned', planned_items: 3 }])
  })

  it('F2: answers at once and selects the events in the background, with progress', async () => {
    const pipeline = await parkedApprovals(1)
    await pipeline.pool.query(
      `INSERT INTO inbox_event (event_id, type, occurred_at, is_test, origin, state, completed_at)
       SELECT gen_random_uuid()::text, 'identity.approved', now(), false, 'webhook', 'dead', now() FROM generate_series(1, 12000)`,
    )
    const { planReplay: plan, getReplay } = createReplayActions(parts(pipeline, { secondPersonAbove: 25 }))
    const blocker = await pipeline.pool.connect()
    onTestFinished(() => blocker.release())
    await blocker.query('BEGIN; LOCK TABLE replay_item IN SHARE MODE') // so that no event can be frozen yet
    const started = await plan({ states: ['dead'], limit: 20_000, action: 'dismiss' }, 'ada', { waitMs: 200 })
    expect(started).toMatchObject({ state: 'planning', chosen: false, events: 0 })
    expect(sayState(started)).toBe('Planning: choosing the events, 0 so far')
    await blocker.query('COMMIT')
    await pipeline.pool.query(`UPDATE replay SET lease_until = now() - interval '1 second'`) // as if that process had died
    const stop = startReplayRunner(parts(pipeline, { secondPersonAbove: 25 }), createLogger({ level: 'silent' }))
    onTestFinished(() => stop())
    const done = await eventually(
      () => getReplay(started.id),
      (seen) => seen?.state === 'planned',
    )
    expect(done).toMatchObject({
      chosen: true,
      events: 12_000,
      plannedItems: 12_000,
      needsSecond: true,
      counts: { 'would-dismiss': 12_000 },
    })
  })

  it('F31: stops when it is discarded while its events are being selected', async () => {
    const pipeline = await parkedApprovals(2)
    const { planReplay: plan, steerReplay, getReplay } = createReplayActions(parts(pipeline))
    const started = await plan({ states: ['parked'] }, 'ada', { waitMs: 0 })
    await steerReplay(started.id, 'discard', { by: 'ada', reason: 'chosen too widely' })
    const stop = startReplayRunner(parts(pipeline), createLogger({ level: 'silent' }))
    await stop()
    expect(await getReplay(started.id)).toMatchObject({ state: 'discarded', planHash: null })
  })

  it('B16: freezes its events, with any later failures', async () => {
    const pipeline = await parkedApprovals(2)
    const plan = await planReplay(parts(pipeline), { states: ['parked'] }, 'ada')
    await pipeline.pool.query(
      `INSERT INTO inbox_event (event_id, type, occurred_at, is_test, origin, state, completed_at) VALUES ($1, 'identity.approved', now(), false, 'webhook', 'parked', now())`,
      [randomUUID()],
    )
    expect(await createReplayActions(parts(pipeline)).getReplay(plan.id)).toMatchObject({
      events: 2,
      counts: { 'would-create-account': 2 },
    })
  })

  it.each([{}, { limit: 5 }, { releaseHolds: true }])('refuses a filter that selects everything: %o', async (filter) => {
    const pipeline = await parkedApprovals(1)
    await expect(planReplay(parts(pipeline), filter, 'ada')).rejects.toThrow('states: name at least one of')
    expect((await pipeline.pool.query('SELECT FROM replay')).rowCount).toBe(0)
  })

  it('selects by the last error', async () => {
    const pipeline = await parkedApprovals(2)
    await pipeline.pool.query(`UPDATE inbox_event SET error_code = 'NOTICE_REFUSED' WHERE seq = 2`)
    const plan = await planReplay(parts(pipeline), { errorCodes: ['NOTICE_REFUSED'] }, 'ada')
    expect(plan.items.map(({ seq }) => seq)).toEqual(['2'])
  })
})

describe('the text of a plan', () => {
  it('F1, F13: counts the effects of a held customer by key, with the notification and the hold', async () => {
    const world = await createWorld({ kind: 'postgres' })
    const pipeline = await world.start({ unknownIdentities: 'hold' })
    const event = await world.decided('approve')
    await pipeline.accept(event)
    await reaches(pipeline, event.identityId, 'held')
    const second = randomUUID()
    await pipeline.pool.query(
      `INSERT INTO inbox_event (event_id, type, occurred_at, is_test, origin, state, trust, identity_id, completed_at)
       VALUES ($1, 'identity.approved', now(), false, 'webhook', 'parked', 'confirmed', $2, now())`,
      [second, event.identityId],
    )
    const reader: Pipeline['reader'] = {
      ...pipeline.reader,
      event: (id, ...more) => pipeline.reader.event(id === second ? event.id : id, ...more),
    }
    const holding = parts(pipeline, { reader })
    const plan = await planReplay(holding, { identityIds: [event.identityId], releaseHolds: true }, 'ada')
    expect(plan.counts).toEqual({ 'would-create-account': 2 })
    expect(plan.effects).toEqual({
      ...{ accountsOpened: 1, accountsAdopted: 0, accountsLookedUp: 0, notificationsFirst: 2, notificationsAgain: 0 },
      ...{
        holdsReleased: 1,
        ordersPlaced: 0,
        ordersCancelled: 0,
        depositsMade: 0,
        wiresSent: 0,
        membersChanged: 0,
        quotesExecuted: 0,
        instructionsCreated: 0,
        identitiesChanged: 0,
        customers: 1,
        eventsWithoutEffect: 1,
      },
    })
  })

  it('F15: says how often and why a notification was refused, and that it goes out again under its key', async () => {
    const world = await createWorld({ kind: 'postgres' })
    const pipeline = await world.start()
    world.notices.reply((response) => void response.writeHead(400).end())
    const event = await world.decided('deny')
    await pipeline.accept(event)
    await eventually(
      () => pipeline.inbox.load('1'),
      (row) => row?.errorCode === 'NOTICE_REFUSED',
    )
    await pipeline.queue.pause()
    await pipeline.pool.query(`UPDATE inbox_event SET state = 'dead', completed_at = now()`)
    await pipeline.pool.query(`UPDATE effect SET attempts = 12, lease_until = now()`)
    const plan = await planReplay(parts(pipeline), { states: ['dead'] }, 'ada')
    expect(plan.items[0]?.detail).toMatch(/^notice:denied:1 was refused 12 times \(400\); it would be sent again under the same key/)
    expect(plan.effects).toMatchObject({ notificationsFirst: 0, notificationsAgain: 1 })
    world.notices.reply((response) => void response.writeHead(204).end())
    await pipeline.queue.resume()
    await approveReplay(parts(pipeline), plan.id, ADA)
    expect(await runToEnd(parts(pipeline), plan.id)).toMatchObject({ results: { denied: 1 }, compared: { asPlanned: 1, unexplained: 0 } })
    await completes(pipeline)
  })
})
