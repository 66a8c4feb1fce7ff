import { describe, expect, it, onTestFinished } from 'vitest'
import { createLogger } from '../../src/platform/logger.ts'
import { createReplayActions } from '../../src/replay/replay-actions.ts'
import { startReplayRunner } from '../../src/replay/replay-runner.ts'
import { advanceRun } from '../../src/replay/run-replay.ts'
import type { Pipeline } from '../saga/start-pipeline.ts'
import { completes, createWorld, eventually, type World } from '../saga/world.ts'
import { approveReplay, parts, planReplay, runToEnd } from './replays.ts'

const WAITING = { states: ['parked', 'dead'] as ('parked' | 'dead')[] }
const ADA = { by: 'ada', reason: 'incident 7: tested' }

/** Approvals whose accounts Paxos has refused, so that they are parked. It refuses them until `fix`. */
async function parkedApprovals(
  count: number,
  options: { concurrency?: number } = {},
): Promise<{
  world: World
  pipeline: Pipeline
  identityIds: string[]
  fix: () => void
}> {
  const world = await createWorld({ kind: 'postgres' })
  const pipeline = await world.start(options)
  const refusal = world.sandbox.faults.arm({ on: 'POST /identity/accounts', do: 'answer', status: 400 })
  const identityIds: string[] = []
  for (let made = 0; made < count; made += 1) {
    const event = await world.decided('approve')
    identityIds.push(event.identityId)
    await pipeline.accept(event)
  }
  await eventually(
    () => pipeline.inbox.count(),
    ({ parked }) => parked === count,
  )
  return { world, pipeline, identityIds, fix: () => world.sandbox.faults.disarm(refusal) }
}

describe('a replay run', () => {
  it('B1: reopens 1, 2, 5 customers and so on, each stage after the one before has had its whole effect', async () => {
    const { world, pipeline, identityIds, fix } = await parkedApprovals(9)
    fix()
    const plan = await planReplay(parts(pipeline), WAITING, 'ada')
    expect(plan.effects).toMatchObject({ accountsOpened: 9, notificationsFirst: 18, customers: 9, eventsWithoutEffect: 0 })
    await approveReplay(parts(pipeline), plan.id, ADA)
    const run = await runToEnd(parts(pipeline), plan.id)
    expect(run).toMatchObject({ state: 'finished', results: { ready: 9 }, compared: { asPlanned: 9, explained: 0, unexplained: 0 } })
    const { rows } = await pipeline.pool.query<{ stage: number; items: number }>(
      'SELECT stage, count(*)::int AS items FROM replay_item GROUP BY stage ORDER BY stage',
    )
    expect(rows.map(({ stage, items }) => [stage, items])).toEqual([
      [1, 1],
      [2, 2],
      [3, 5],
      [4, 1],
    ])
    for (const id of identityIds) expect(world.effectsOf(id)).toMatchObject({ accounts: 1, sends: 1 })
  })

  it('B1: stops by itself when the first stage meets the cause again, and continues after the cause was fixed', async () => {
    const { pipeline, fix } = await parkedApprovals(4)
    const plan = await planReplay(parts(pipeline), WAITING, 'ada')
    await approveReplay(parts(pipeline), plan.id, ADA)
    const stopped = await runToEnd(parts(pipeline), plan.id)
    expect(stopped).toMatchObject({ state: 'paused', stage: 1, results: { 'parked again': 1 }, progress: { waiting: 3, running: 0 } })
    expect(stopped.note).toMatch(/^stopped by itself in stage 1: 1 of 1 failed with EFFECT_REFUSED, which the plan did not predict/)
    expect(await pipeline.inbox.count()).toMatchObject({ parked: 4, accepted: 0 })
    fix()
    await createReplayActions(parts(pipeline)).steerReplay(plan.id, 'resume', ADA)
    const run = await runToEnd(parts(pipeline), plan.id)
    expect(run).toMatchObject({ state: 'finished', results: { ready: 3, 'parked again': 1 } })
    expect(run.compared).toEqual({ asPlanned: 3, explained: 1, unexplained: 0 })
    expect(run.items[0]?.difference).toMatch(/^EFFECT_REFUSED: /)
  })

  it('F12: tells running from done, and gives the result of each event', async () => {
    const { pipeline, fix } = await parkedApprovals(3)
    fix()
    await pipeline.queue.pause()
    const plan = await planReplay(parts(pipeline), WAITING, 'ada')
    await pipeline.pool.query('UPDATE inbox_event SET generation = 7 WHERE seq = 3')
    const approved = await approveReplay(parts(pipeline), plan.id, ADA)
    expect(approved).toMatchObject({ state: 'running', progress: { waiting: 2, running: 1, ended: 0 }, finishedAt: null })
    await advanceRun(parts(pipeline), plan.id)
    expect(await createReplayActions(parts(pipeline)).getReplay(plan.id)).toMatchObject({ state: 'running', stage: 1 })
    await pipeline.queue.resume()
    const run = await runToEnd(parts(pipeline), plan.id)
    expect(run).toMatchObject({ state: 'finished', results: { ready: 2, 'skipped: changed since the plan': 1 } })
    expect(run.progress).toEqual({ waiting: 0, waitingUnfinished: 0, running: 0, ended: 2, skipped: 1 })
  })

  it('F10: leaves completed events processed that Paxos no longer knows, and says so', async () => {
    const world = await createWorld({ kind: 'postgres' })
    const pipeline = await world.start()
    const event = await world.decided('approve')
    await pipeline.accept(event)
    await completes(pipeline)
    const plan = await planReplay(parts(pipeline), { states: ['processed'] }, 'ada')
    await pipeline.pool.query(`UPDATE replay_item SET verdict = 'would-move'`)
    world.sandbox.faults.arm({ on: 'GET /events/{id}', do: 'answer', status: 404 })
    await approveReplay(parts(pipeline), plan.id, ADA)
    await pipeline.pool.query('UPDATE inbox_event SET attempts = 4')
    const run = await eventually(
      async () => {
        await advanceRun(parts(pipeline), plan.id)
        return createReplayActions(parts(pipeline)).getReplay(plan.id)
      },
      (seen) => seen?.items[0]?.result !== 'reopened',
    )
    expect(run?.items[0]).toMatchObject({
      ...{ result: 'failed; the event stays processed', errorCode: 'EVENT_UNKNOWN_TO_PAXOS', eventState: 'processed' },
      difference: expect.stringContaining('EVENT_UNKNOWN_TO_PAXOS'),
    })
    expect(await pipeline.inbox.load('1')).toMatchObject({ state: 'processed', outcome: 'moved:ready' })
  })

  it('is paused, resumed and cancelled by an operator, and events that were not reopened stay as they were', async () => {
    const { pipeline, fix } = await parkedApprovals(4)
    fix()
    const { steerReplay } = createReplayActions(parts(pipeline))
    const plan = await planReplay(parts(pipeline), WAITING, 'ada')
    await approveReplay(parts(pipeline), plan.id, ADA)
    expect(await steerReplay(plan.id, 'pause', ADA)).toMatchObject({ state: 'paused', note: 'paused by ada: incident 7: tested' })
    await completes(pipeline)
    await advanceRun(parts(pipeline), plan.id)
    expect(await createReplayActions(parts(pipeline)).getReplay(plan.id)).toMatchObject({ state: 'paused', results: { ready: 1 } })
    await steerReplay(plan.id, 'resume', ADA)
    await advanceRun(parts(pipeline), plan.id)
    const cancelled = await steerReplay(plan.id, 'cancel', ADA)
    expect(cancelled).toMatchObject({ state: 'cancelled', results: { ready: 1, cancelled: 2 } })
    await completes(pipeline)
    await advanceRun(parts(pipeline), plan.id)
    expect(await createReplayActions(parts(pipeline)).getReplay(plan.id)).toMatchObject({ results: { ready: 2, cancelled: 2 } })
    expect(await pipeline.inbox.count()).toMatchObject({ parked: 2, processed: 2 })
    await expect(steerReplay(plan.id, 'resume', ADA)).rejects.toMatchObject({ code: 'REPLAY_STATE' })
  })

  it('B7, B15: continues in any process with a runner, also after the first process has gone', async () => {
    const { pipeline, fix } = await parkedApprovals(4)
    fix()
    const plan = await planReplay(parts(pipeline), WAITING, 'ada')
    await approveReplay(parts(pipeline), plan.id, ADA)
    const stop = startReplayRunner(parts(pipeline), createLogger({ level: 'silent' }))
    onTestFinished(() => stop())
    const { getReplay } = createReplayActions(parts(pipeline))
    const run = await eventually(
      () => getReplay(plan.id),
      (seen) => seen?.state === 'finished',
    )
    expect(run?.results).toEqual({ ready: 4 })
  })

  it('lists what has failed since its plan, and plans those events in one act', async () => {
    const { world, pipeline } = await parkedApprovals(2)
    const { planNewSince, getReplay } = createReplayActions(parts(pipeline))
    const plan = await planReplay(parts(pipeline), { ...WAITING, types: ['identity.approved'] }, 'ada')
    expect(plan.newSince).toBe(0)
    await pipeline.accept(await world.decided('approve'))
    await eventually(
      () => pipeline.inbox.count(),
      ({ parked }) => parked === 3,
    )
    expect((await getReplay(plan.id))?.newSince).toBe(1)
    const later = await planNewSince(plan.id, 'ada')
    expect(later.items.map(({ seq }) => seq)).toEqual(['3'])
    expect(later.filter).toMatchObject({ newSince: plan.id, types: ['identity.approved'] })
  })
})

describe('the approval of a replay', () => {
  it('needs a second person above the limit: the planner and another operator, or two others', async () => {
    const { pipeline } = await parkedApprovals(2, { concurrency: 5 })
    const strict = parts(pipeline, { secondPersonAbove: 1 })
    const plan = await planReplay(strict, WAITING, 'ada')
    expect(plan.needsSecond).toBe(true)
    expect(await approveReplay(strict, plan.id, ADA)).toMatchObject({ state: 'awaiting_second', approvedBy: 'ada' })
    expect(await pipeline.inbox.count()).toMatchObject({ parked: 2 })
    await expect(approveReplay(strict, plan.id, { ...ADA, reason: 'again' })).rejects.toMatchObject({ code: 'REPLAY_SECOND_PERSON' })
    const run = await approveReplay(strict, plan.id, { by: 'grace', reason: 'I agree' })
    expect(run).toMatchObject({ state: 'running', approvedBy: 'ada', secondBy: 'grace', secondReason: 'I agree' })
    const other = await planReplay(strict, { ...WAITING, limit: 1 }, 'ada')
    expect(other.needsSecond).toBe(false)
  })

  it('by an operator who is not the planner is the second person', async () => {
    const { pipeline } = await parkedApprovals(2)
    const strict = parts(pipeline, { secondPersonAbove: 1 })
    const plan = await planReplay(strict, WAITING, 'ada')
    expect(await approveReplay(strict, plan.id, { by: 'grace', reason: 'I agree' })).toMatchObject({
      state: 'running',
      approvedBy: 'grace',
    })
  })

  it('F31: is refused for a plan that has expired or was discarded', async () => {
    const { pipeline } = await parkedApprovals(1)
    const { steerReplay } = createReplayActions(parts(pipeline))
    const [old, unwanted] = [await planReplay(parts(pipeline), WAITING, 'ada'), await planReplay(parts(pipeline), WAITING, 'ada')]
    await pipeline.pool.query(`UPDATE replay SET expires_at = now() WHERE id = $1`, [old.id])
    expect(await createReplayActions(parts(pipeline)).getReplay(old.id)).toMatchObject({ state: 'planned', expired: true })
    await expect(approveReplay(parts(pipeline), old.id, ADA)).rejects.toMatchObject({ code: 'REPLAY_EXPIRED' })
    await steerReplay(unwanted.id, 'discard', ADA)
    await expect(approveReplay(parts(pipeline), unwanted.id, ADA)).rejects.toMatchObject({ code: 'REPLAY_STATE' })
    expect(await pipeline.inbox.count()).toMatchObject({ parked: 1 })
  })
})
