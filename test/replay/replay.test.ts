import { randomUUID } from 'node:crypto'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { readEvents } from '../../src/inbox/read-events.ts'
import { encodeCursor } from '../../src/platform/page.ts'
import { createPrisma } from '../../src/platform/postgres/prisma.ts'
import { MOST_COUNTED } from '../../src/replay/choose-events.ts'
import { listReplays } from '../../src/replay/list-replays.ts'
import { getReplay, type ReplayView } from '../../src/replay/read-replay.ts'
import type { ReplayFilter } from '../../src/replay/replay-filter.ts'
import { advanceRun } from '../../src/replay/run-replay.ts'
import { rebuildQueue } from '../../src/saga/rebuild-queue.ts'
import type { Pipeline } from '../saga/start-pipeline.ts'
import { completes, createWorld, eventually, reaches } from '../saga/world.ts'
import { forEachBackend } from '../support/queue-backends.ts'
import { holdLocks, sessionsWaiting } from '../support/row-locks.ts'
import { approveReplay, parts, planReplay, runToEnd } from './replays.ts'

const everything = { states: ['processed', 'parked', 'dead', 'accepted'] as ('processed' | 'parked' | 'dead' | 'accepted')[] }
const waiting = { states: ['parked', 'dead'] as ('parked' | 'dead')[] }
const approval = { by: 'ada', reason: 'incident 7: tested' }

forEachBackend((backend) => {
  describe('when everything is replayed twice', () => {
    it('no account, no notification and no ledger entry is added', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start()
      const events = await Promise.all([world.decided('approve'), world.decided('deny'), world.decided('approve')])
      for (const event of events) await pipeline.accept(event)
      await completes(pipeline)
      const ledger = await pipeline.pool.query('SELECT stream_id, entry_no, hash FROM ledger_entry ORDER BY 1, 2')
      for (const _ of [1, 2]) {
        const plan = await planReplay(parts(pipeline), everything, 'ada')
        expect(plan.counts).toEqual({ 'no-op': 3 })
        await pipeline.inbox.reopen(
          plan.items.map(({ seq }) => seq),
          { authority: 'machine' },
        ) // and even when the plan is ignored
        const { items } = await approveReplay(parts(pipeline), plan.id, approval)
        expect(items.map(({ result }) => result)).toEqual(Array(3).fill('nothing to do'))
        await pipeline.pool.query(`UPDATE inbox_event SET due_at = now() WHERE state = 'accepted'`)
        await completes(pipeline)
      }
      expect((await pipeline.pool.query('SELECT stream_id, entry_no, hash FROM ledger_entry ORDER BY 1, 2')).rows).toEqual(ledger.rows)
      for (const { identityId, type } of events) {
        expect(world.effectsOf(identityId)).toMatchObject({ accounts: type === 'identity.approved' ? 1 : 0, sends: 1 })
      }
    })
  })

  describe('when a parked event is replayed', () => {
    it('the plan says what it would do, the run does it once after approval, and both keep who and why', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start()
      const event = await world.decided('approve')
      const refusal = world.sandbox.faults.arm({ on: 'POST /identity/accounts', do: 'answer', status: 400 })
      await pipeline.accept(event)
      await eventually(
        () => pipeline.inbox.count(),
        ({ parked }) => parked === 1,
      )
      world.sandbox.faults.disarm(refusal)
      const plan = await planReplay(parts(pipeline), waiting, 'ada')
      expect(plan.items).toMatchObject([{ eventId: event.id, verdict: 'would-create-account', result: null, eventState: 'parked' }])
      expect(world.effectsOf(event.identityId).accounts).toBe(0) // a plan only reads
      expect(plan.effects).toMatchObject({ accountsOpened: 1, notificationsFirst: 2, eventsWithoutEffect: 0 })
      await approveReplay(parts(pipeline), plan.id, approval)
      const run = await runToEnd(parts(pipeline), plan.id)
      expect(run).toMatchObject({ state: 'finished', approvedBy: 'ada', reason: approval.reason, items: [{ result: 'ready' }] })
      expect(run.compared).toEqual({ asPlanned: 1, explained: 0, unexplained: 0 })
      await reaches(pipeline, event.identityId, 'ready')
      expect(world.effectsOf(event.identityId)).toMatchObject({ accounts: 1, sends: 1 })
    })

    it('a plan runs once, and skips events that have changed since', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start()
      await pipeline.accept({ id: randomUUID(), type: 'identity.approved' })
      await pipeline.pool.query('UPDATE inbox_event SET attempts = 4')
      await eventually(
        () => pipeline.inbox.count(),
        ({ parked }) => parked === 1,
      )
      const [first, second] = [await planReplay(parts(pipeline), waiting, 'ada'), await planReplay(parts(pipeline), waiting, 'bob')]
      expect(first.counts).toEqual({ 'would-park': 1 })
      await approveReplay(parts(pipeline), first.id, approval)
      const other = { by: 'bob', reason: 'incident 7: again' }
      await expect(approveReplay(parts(pipeline), first.id, other)).rejects.toMatchObject({ code: 'REPLAY_STATE', retry: 'never' })
      expect((await approveReplay(parts(pipeline), second.id, approval)).items).toMatchObject([
        { result: 'skipped: changed since the plan' },
      ])
    })

    it('an account that Paxos has already is adopted, and the plan says so', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start({ concurrency: 0 })
      const event = await world.decided('approve')
      const { identityId } = event
      await pipeline.paxos.accounts.create({ identityId, refId: `gatehouse-account-${identityId}`, type: 'BROKERAGE' })
      await pipeline.accept(event)
      const plan = await planReplay(parts(pipeline), everything, 'ada')
      expect(plan.items).toMatchObject([{ verdict: 'would-adopt-account' }])
    })
  })

  describe('when an onboarding is held', () => {
    it('it stays held until a replay may release holds, and then follows the live status', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start()
      const event = await world.decided('approve')
      await pipeline.accept(event)
      await reaches(pipeline, event.identityId, 'ready')
      const identity = world.sandbox.identities.get(event.identityId)
      if (!identity) throw new Error('no identity')
      world.sandbox.engine.set(identity, { checks: { sanctions_verification_status: 'DENIED' } })
      const denied = world.sandbox.events.all.at(-1)
      await pipeline.accept({ id: denied?.id ?? '', type: 'identity.denied' })
      await reaches(pipeline, event.identityId, 'held')
      const timid = await planReplay(parts(pipeline), everything, 'ada')
      expect(timid.counts).toEqual({ blocked: 2 })
      const { items } = await approveReplay(parts(pipeline), timid.id, approval)
      expect(items.map(({ result }) => result)).toEqual(Array(2).fill('skipped: blocked'))
      expect(await pipeline.inbox.load(items[0]!.seq)).toMatchObject({ state: 'processed', generation: 0 })
      world.sandbox.engine.set(identity, { checks: { sanctions_verification_status: 'APPROVED' } })
      const bold = await planReplay(parts(pipeline), { ...everything, eventIds: [denied?.id ?? ''], releaseHolds: true }, 'ada')
      expect(bold.items).toMatchObject([{ verdict: 'would-move', detail: 'to ready' }])
      await approveReplay(parts(pipeline), bold.id, approval)
      await reaches(pipeline, event.identityId, 'ready')
      expect(world.effectsOf(event.identityId)).toMatchObject({ accounts: 1, sends: 1 }) // the user was told before
    })
  })

  describe('when the queue is rebuilt', () => {
    it('the result shows before and after, and every event completes once', async () => {
      const world = await createWorld(backend)
      const receiver = await world.start({ concurrency: 0 })
      const events = await Promise.all(Array.from({ length: 10 }, () => world.decided('approve')))
      const [alone, ...together] = events
      await receiver.accept(alone!)
      await Promise.all(together.map((event) => receiver.accept(event)))
      await eventually(
        () => receiver.queue.counts(),
        ({ waiting }) => waiting === 2,
      )
      const rebuilt = { unfinished: 10, requeued: 10, jobs: 2 }
      const [lost, full] = [0, 2].map((waiting) => ({ waiting, active: 0, delayed: 0, paused: false }))
      expect(await rebuildQueue(receiver)).toEqual({ before: full, ...rebuilt, after: full })
      await receiver.queue.obliterate()
      expect(await rebuildQueue(receiver)).toEqual({ before: lost, ...rebuilt, after: full })
      const worker = await world.start()
      await completes(worker)
      for (const { identityId } of events) expect(world.effectsOf(identityId)).toMatchObject({ accounts: 1, sends: 1 })
    })
  })
})

describe('a plan', () => {
  /** Two approvals that no worker works on, received a month apart. */
  async function twoParked() {
    const world = await createWorld({ kind: 'postgres' })
    const pipeline = await world.start({ concurrency: 0 })
    for (const month of [1, 2]) {
      const event = await world.decided('approve')
      await pipeline.accept(event)
      await pipeline.pool.query(
        `UPDATE inbox_event SET state = 'parked', identity_id = $2, received_at = make_date(2026, $3, 1) WHERE event_id = $1`,
        [event.id, event.identityId, month],
      )
    }
    return pipeline
  }
  const seqs = ({ items }: ReplayView): string[] => items.map(({ seq }) => seq)

  it('selects events received from one time until before another', async () => {
    const pipeline = await twoParked()
    const [january, february, march] = [1, 2, 3].map((month) => new Date(`2026-0${month}-01T00:00:00Z`)) as [Date, Date, Date]
    const choose = async (filter: ReplayFilter) => seqs(await planReplay(parts(pipeline), filter, 'ada'))
    expect(await choose({ from: january, to: february })).toEqual(['1'])
    expect(await choose({ from: february, to: march })).toEqual(['2'])
    expect(await choose({ from: new Date(january.getTime() + 1) })).toEqual(['2'])
    expect(await choose(waiting)).toEqual(['1', '2'])
    expect(await choose({ types: ['identity.denied'] })).toEqual([])
    expect(await choose({ states: ['dead'] })).toEqual([])
    expect(await choose({ ...waiting, limit: 1 })).toEqual(['1'])
    expect(await choose({ ...waiting, limit: 100_000 })).toEqual(['1', '2'])
    await pipeline.pool.query(`UPDATE inbox_event SET received_at = now() + interval '1 hour' WHERE seq = 2`)
    expect(await choose(waiting)).toEqual(['1']) // later events are not included
    for (const limit of [0, 100_001]) await expect(choose({ ...waiting, limit })).rejects.toMatchObject({ code: 'USAGE' })
  })

  it('selects parked and dead events, and events of any state when ids, identities or holds are named', async () => {
    const pipeline = await twoParked()
    const { rows: named } = await pipeline.pool.query<{ event_id: string; identity_id: string }>(
      `INSERT INTO inbox_event (event_id, type, occurred_at, is_test, origin, state, received_at, identity_id)
       SELECT gen_random_uuid(), 'identity.approved', now(), false, 'webhook', state, now() - interval '1 min', first.identity_id
       FROM unnest(ARRAY['dead', 'processed', 'accepted']) AS state, (SELECT identity_id FROM inbox_event WHERE seq = 1) AS first
       ORDER BY array_position(ARRAY['dead', 'processed', 'accepted'], state) RETURNING event_id, identity_id`,
    )
    const choose = async (filter: ReplayFilter) => seqs(await planReplay(parts(pipeline), filter, 'ada'))
    expect(await choose(waiting)).toEqual(['1', '2', '3'])
    expect(await choose({ eventIds: named.map(({ event_id }) => event_id) })).toEqual(['3', '4', '5'])
    expect(await choose({ identityIds: [named[0]!.identity_id] })).toEqual(['1', '3', '4', '5'])
    expect(await choose({ types: ['identity.approved'], releaseHolds: true })).toEqual(['1', '2', '3', '4', '5'])
  })

  it('keeps its filter, and the end of its time range when none was given', async () => {
    const pipeline = await twoParked()
    const to = new Date('2026-01-15T00:00:00Z')
    expect((await planReplay(parts(pipeline), { ...waiting, limit: 7, to }, 'ada')).filter).toEqual({
      ...waiting,
      limit: 7,
      to: to.toISOString(),
    })
    expect((await planReplay(parts(pipeline), waiting, 'ada')).filter).toEqual({ ...waiting, to: expect.stringMatching(/^2\d{3}-.*Z$/) })
  })

  it('F66: is empty over an empty inbox, for any time range', async () => {
    const world = await createWorld({ kind: 'postgres' })
    const pipeline = await world.start({ concurrency: 0 })
    const [from, to] = [new Date('2026-01-01T00:00:00Z'), new Date('2026-02-01T00:00:00Z')]
    for (const window of [{ from }, { to }, { from, to }, {}]) {
      expect((await planReplay(parts(pipeline), { ...window, states: ['parked'] }, 'ada')).items).toEqual([])
      expect((await readEvents({ prisma: createPrisma(pipeline.pool), pool: pipeline.pool }).list({ ...window, limit: 9 })).items).toEqual(
        [],
      )
    }
  })

  it('F3: says that nothing is to be done for an event that moves no onboarding, also without an identity', async () => {
    const pipeline = await twoParked()
    const reader: Pipeline['reader'] = {
      ...pipeline.reader,
      event: async (...given) => ({ ...(await pipeline.reader.event(...given)), type: 'transfer.completed', identityId: null }),
    }
    const plan = await planReplay(parts(pipeline, { reader }), waiting, 'ada')
    expect(plan.counts).toEqual({ 'no-op': 2 })
  })

  it('includes events received just now, with any clock of this machine', async () => {
    const pipeline = await twoParked()
    await pipeline.pool.query('UPDATE inbox_event SET received_at = now()')
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 120_000 })
    onTestFinished(() => void vi.useRealTimers())
    expect(seqs(await planReplay(parts(pipeline), waiting, 'ada'))).toEqual(['1', '2'])
  })

  it('F2: reads its events together through the batching reader, and each customer once', async () => {
    const pipeline = await twoParked()
    await pipeline.pool.query(
      `INSERT INTO inbox_event (event_id, type, occurred_at, is_test, origin, state, received_at)
       SELECT gen_random_uuid(), 'identity.approved', now(), false, 'webhook', 'parked', now() - interval '1 min' FROM generate_series(1, 23)`,
    )
    let [reading, most, identities] = [0, 0, 0]
    const reader: Pipeline['reader'] = {
      ...pipeline.reader,
      event: async (...given) => {
        most = Math.max(most, ++reading)
        const { identityId: first } = (await pipeline.inbox.load('1'))!
        return pipeline.reader
          .event(...given)
          .then((event) => ({ ...event, identityId: first }))
          .finally(() => reading--)
      },
      identity: (...given) => {
        identities += 1
        return pipeline.reader.identity(...given)
      },
    }
    const plan = await planReplay(parts(pipeline, { reader }), waiting, 'ada')
    expect(plan.counts).toEqual({ 'would-create-account': 2, 'would-park': 23 })
    expect([most, identities]).toEqual([25, 1])
    expect(plan.effects).toMatchObject({ accountsOpened: 1, notificationsFirst: 2, customers: 1, eventsWithoutEffect: 24 })
  })

  it('reopens a parked event without effects so that it completes, and leaves a completed one', async () => {
    const world = await createWorld({ kind: 'postgres' })
    const pipeline = await world.start()
    for (const _ of [1, 2]) await pipeline.accept(await world.decided('approve'))
    await completes(pipeline)
    await pipeline.pool.query(`UPDATE inbox_event SET state = 'parked' WHERE seq = 2`)
    const plan = await planReplay(parts(pipeline), everything, 'ada')
    expect(plan.counts).toEqual({ 'no-op': 2 })
    await approveReplay(parts(pipeline), plan.id, approval)
    const { items } = await runToEnd(parts(pipeline), plan.id)
    expect(items.map(({ seq, result }) => [seq, result])).toEqual([
      ['1', 'nothing to do'],
      ['2', 'nothing to do'],
    ])
    await completes(pipeline)
    expect(await pipeline.inbox.load('1')).toMatchObject({ state: 'processed', generation: 0 })
    expect(await pipeline.inbox.load('2')).toMatchObject({ state: 'processed', generation: 1 })
  })

  it.each([
    { releaseHolds: true, authority: 'operator' },
    { releaseHolds: false, authority: 'machine' },
  ])('gives its events the authority to release holds when it says so: $releaseHolds', async ({ releaseHolds, authority }) => {
    const pipeline = await twoParked()
    const plan = await planReplay(parts(pipeline), { ...waiting, releaseHolds }, 'ada')
    await approveReplay(parts(pipeline), plan.id, approval)
    expect(await pipeline.inbox.load('1')).toMatchObject({ state: 'accepted', authority })
  })

  it('says how many events match when its limit took fewer, up to its own bound', async () => {
    const pipeline = await twoParked()
    const matched = async (filter: ReplayFilter) => (await planReplay(parts(pipeline), filter, 'ada')).matched
    expect(await matched({ ...waiting, limit: 2 })).toBeNull()
    expect(await matched({ ...waiting, limit: 1 })).toBe(2)
    expect(await matched({ limit: 1, from: new Date('2026-02-01T00:00:00Z') })).toBeNull()
    await pipeline.pool.query(
      `INSERT INTO inbox_event (event_id, type, occurred_at, is_test, origin, state, received_at)
       SELECT gen_random_uuid(), 'identity.approved', now(), false, 'webhook', 'parked', now() - interval '1 min' FROM generate_series(1, $1)`,
      [MOST_COUNTED],
    )
    const plan = await planReplay(parts(pipeline), { ...waiting, limit: 1 }, 'ada')
    expect([plan.matched, seqs(plan)]).toEqual([MOST_COUNTED + 1, ['1']])
  })

  it('is in the list of all plans, last planned first, with pages that also split plans of the same instant', async () => {
    const pipeline = await twoParked()
    const planned: ReplayView[] = []
    for (const by of ['ada', 'bob', 'eve', 'joe', 'zoe']) planned.push(await planReplay(parts(pipeline), { ...waiting, limit: 1 }, by))
    const newest = planned.at(-1)!.id
    await pipeline.pool.query(`UPDATE replay SET planned_at = '2026-01-01T00:00:00.123Z' WHERE id <> $1`, [newest])
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await listReplays(pipeline.pool, { limit: 2, cursor })
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor ?? undefined
      await planReplay(parts(pipeline), waiting, 'ada') // newer than everything on the pages
    } while (cursor)
    const [at, id] = ['2026-01-01T00:00:00.123Z', newest]
    for (const foreign of [[`x${at}`, id], [`${at}x`, id], [at, `x${id}`], [at, `${id}x`], [at]])
      await expect(listReplays(pipeline.pool, { limit: 2, cursor: encodeCursor(foreign) })).rejects.toMatchObject({ code: 'USAGE' })
    expect(seen[0]).toBe(newest)
    expect(seen.toSorted()).toEqual(planned.map(({ id }) => id).toSorted())
    await approveReplay(parts(pipeline), newest, approval)
    const { items } = await listReplays(pipeline.pool, { limit: 10 })
    expect(items.find(({ id }) => id === newest)).toMatchObject({
      ...{ state: 'running', plannedBy: 'zoe', approvedBy: 'ada', reason: approval.reason },
      ...{ events: 1, matched: 2, stage: 1 },
    })
    expect(items[0]).toMatchObject({ state: 'planned', approvedBy: null, reason: null, events: 2, matched: null })
  })

  it.each([
    ['ended differently', `UPDATE inbox_event SET state = 'dead' WHERE seq = 1`],
    ['was reopened', 'UPDATE inbox_event SET generation = 1 WHERE seq = 1'],
    [
      'has another onboarding',
      `INSERT INTO onboarding (identity_id, origin, state, version, entry_count, head_hash) SELECT identity_id, 'adopted', 'pending', 1, 0, '' FROM inbox_event WHERE seq = 1`,
    ],
  ])('skips an event that %s since', async (_what, sql) => {
    const pipeline = await twoParked()
    const plan = await planReplay(parts(pipeline), waiting, 'ada')
    await pipeline.pool.query(sql)
    expect((await getReplay(pipeline.pool, plan.id))?.changedSince).toBe(1)
    const { items } = await approveReplay(parts(pipeline), plan.id, approval)
    expect(items.map(({ result }) => result)).toEqual(['skipped: changed since the plan', 'reopened'])
    expect(await pipeline.inbox.load('2')).toMatchObject({ state: 'accepted', generation: 1, authority: 'machine' })
  })

  it('is approved once when two operators approve it at the same time', async () => {
    const world = await createWorld({ kind: 'postgres' })
    const pipeline = await world.start({ concurrency: 0 })
    await pipeline.accept(await world.decided('approve'))
    const plan = await planReplay(parts(pipeline), everything, 'ada')
    const release = await holdLocks(pipeline.pool, 'SELECT FROM replay FOR UPDATE')
    const runs = Promise.allSettled(['ada', 'grace'].map((by) => approveReplay(parts(pipeline), plan.id, { ...approval, by })))
    await eventually(
      () => sessionsWaiting(pipeline.pool),
      (sessions) => sessions === 2,
    )
    await release()
    const ended = await runs
    expect(ended.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(ended.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'REPLAY_STATE' } })
    expect((await pipeline.pool.query('SELECT generation FROM inbox_event')).rows).toEqual([{ generation: 1 }])
  })

  it('is approved once when it is approved twice with the same name and reason, since the first answer may have been lost', async () => {
    const pipeline = await twoParked()
    const plan = await planReplay(parts(pipeline), waiting, 'ada')
    for (const _ of [1, 2]) expect(await approveReplay(parts(pipeline), plan.id, approval)).toMatchObject({ state: 'running', stage: 1 })
    expect(await pipeline.inbox.load('1')).toMatchObject({ state: 'accepted', generation: 1 })
  })

  it('has done nothing when it is interrupted between reopening and recording it, and a runner continues', async () => {
    const pipeline = await twoParked()
    const plan = await planReplay(parts(pipeline), waiting, 'ada')
    const inbox: Pipeline['inbox'] = {
      ...pipeline.inbox,
      reopen: async (...given) => {
        await pipeline.inbox.reopen(...given)
        throw new Error('interrupted')
      },
    }
    const interrupted = await approveReplay(parts(pipeline, { inbox }), plan.id, approval)
    expect(interrupted).toMatchObject({ state: 'approved', approvedBy: 'ada', finishedAt: null })
    expect(interrupted.items.map(({ result, eventState }) => [result, eventState])).toEqual([
      [null, 'parked'],
      [null, 'parked'],
    ])
    const running = await eventually(
      async () => {
        await Promise.all([1, 2].map(() => advanceRun(parts(pipeline), plan.id)))
        return getReplay(pipeline.pool, plan.id)
      },
      (seen) => seen?.state === 'running', // once Postgres has ended the interrupted session
    )
    expect(running?.items.map(({ result }) => result)).toEqual(['reopened', null])
    expect(await pipeline.inbox.load('1')).toMatchObject({ state: 'accepted', generation: 1 })
  })

  it('cannot be run without a reason, nor when it does not exist', async () => {
    const pipeline = await twoParked()
    const plan = await planReplay(parts(pipeline), waiting, 'ada')
    await expect(approveReplay(parts(pipeline), plan.id, { by: 'ada', reason: ' ' })).rejects.toMatchObject({ code: 'USAGE' })
    await expect(approveReplay(parts(pipeline), randomUUID(), approval)).rejects.toMatchObject({ code: 'USAGE' })
    await expect(pipeline.pool.query(`UPDATE replay SET state = 'approved'`)).rejects.toMatchObject({
      constraint: 'replay_approval_is_named_and_reasoned',
    })
    expect(await pipeline.inbox.count()).toMatchObject({ parked: 2 })
  })

  it('loses nothing when it runs while the queue is away: the dispatcher finds the reopened events', async () => {
    const pipeline = await twoParked()
    const plan = await planReplay(parts(pipeline), waiting, 'ada')
    const queue = { ...pipeline.queue, add: () => Promise.reject(new Error('Redis is away')) }
    expect(await approveReplay(parts(pipeline, { queue }), plan.id, approval)).toMatchObject({ state: 'running' })
    expect(await pipeline.inbox.claimDue({ limit: 9 })).toHaveLength(1)
  })
})

describe('when the queue is rebuilt', () => {
  it('a failed event keeps the time of its next attempt, and a paused queue stays paused', async () => {
    const world = await createWorld({ kind: 'postgres' })
    const pipeline = await world.start({ concurrency: 0 })
    for (const _ of [1, 2]) await pipeline.accept(await world.decided('approve'))
    await pipeline.pool.query(`UPDATE inbox_event SET error_code = 'PAXOS_UNAVAILABLE', due_at = now() + interval '1 hour' WHERE seq = 1`)
    await pipeline.queue.pause()
    expect(await rebuildQueue(pipeline)).toMatchObject({ unfinished: 2, requeued: 1, after: { paused: true } })
  })

  it('events are queued in rounds, for any number of them', async () => {
    const world = await createWorld({ kind: 'postgres' })
    const pipeline = await world.start({ concurrency: 0 })
    await pipeline.pool.query(
      `INSERT INTO inbox_event (event_id, type, occurred_at, is_test, origin)
       SELECT gen_random_uuid(), 'identity.approved', now(), false, 'webhook' FROM generate_series(1, 2001)`,
    )
    const rounds: number[] = []
    const queue: Pipeline['queue'] = { ...pipeline.queue, add: async ({ length }) => rounds.push(length) }
    expect(await rebuildQueue({ ...pipeline, queue })).toMatchObject({ unfinished: 2001, requeued: 2001, jobs: 3 })
    expect(rounds).toEqual([2000, 1])
  })
})
