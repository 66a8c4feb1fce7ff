import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { rebuildQueue } from '../../src/replay/rebuild-queue.ts'
import { approveReplay, planReplay, type ReplayParts } from '../../src/replay/replay.ts'
import type { Pipeline } from '../saga/start-pipeline.ts'
import { createWorld, eventually, reaches, settles } from '../saga/world.ts'
import { forEachBackend } from '../support/queue-backends.ts'

const parts = (pipeline: Pipeline): ReplayParts => ({ ...pipeline, unknownIdentities: 'adopt', now: Date.now })
const everything = { states: ['processed', 'parked', 'dead', 'accepted'] as ('processed' | 'parked' | 'dead' | 'accepted')[] }
const approval = { by: 'ada', reason: 'incident 7: tested' }

forEachBackend((backend) => {
  describe('when everything is replayed twice', () => {
    it('changes nothing: no account, no notice, no entry in the ledger', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start()
      const events = await Promise.all([world.decided('approve'), world.decided('deny'), world.decided('approve')])
      for (const event of events) await pipeline.accept(event)
      await settles(pipeline)
      const ledger = await pipeline.pool.query('SELECT identity_id, entry_no, hash FROM ledger_entry ORDER BY 1, 2')
      for (const _ of [1, 2]) {
        const plan = await planReplay(parts(pipeline), everything, 'ada')
        expect(plan.counts).toEqual({ 'no-op': 3 })
        await pipeline.inbox.reopen(
          plan.items.map(({ seq }) => seq),
          { authority: 'machine' },
        ) // and even when the plan is not heeded
        await approveReplay(parts(pipeline), plan.id, approval)
        await pipeline.pool.query(`UPDATE inbox_event SET due_at = now() WHERE state = 'accepted'`)
        await settles(pipeline)
      }
      expect((await pipeline.pool.query('SELECT identity_id, entry_no, hash FROM ledger_entry ORDER BY 1, 2')).rows).toEqual(ledger.rows)
      for (const { identityId, type } of events) {
        expect(world.effectsOf(identityId)).toMatchObject({ accounts: type === 'identity.approved' ? 1 : 0, sends: 1 })
      }
    })
  })

  describe('when a parked event is replayed', () => {
    it('says what it would do, does it once approved, and keeps who and why', async () => {
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
      const plan = await planReplay(parts(pipeline), {}, 'ada')
      expect(plan.items).toMatchObject([{ eventId: event.id, verdict: 'would-create-account', result: null, eventState: 'parked' }])
      expect(world.effectsOf(event.identityId).accounts).toBe(0) // a plan only looks
      const run = await approveReplay(parts(pipeline), plan.id, approval)
      expect(run).toMatchObject({ state: 'finished', approvedBy: 'ada', reason: approval.reason, items: [{ result: 'reopened' }] })
      await reaches(pipeline, event.identityId, 'ready')
      expect(world.effectsOf(event.identityId)).toMatchObject({ accounts: 1, sends: 1 })
    })

    it('runs a plan once, and skips what has changed since it was made', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start()
      await pipeline.accept({ id: randomUUID(), type: 'identity.approved' })
      await pipeline.pool.query('UPDATE inbox_event SET attempts = 4')
      await eventually(
        () => pipeline.inbox.count(),
        ({ parked }) => parked === 1,
      )
      const [first, second] = [await planReplay(parts(pipeline), {}, 'ada'), await planReplay(parts(pipeline), {}, 'bob')]
      expect(first.counts).toEqual({ 'would-park': 1 })
      await approveReplay(parts(pipeline), first.id, approval)
      await expect(approveReplay(parts(pipeline), first.id, approval)).rejects.toMatchObject({ code: 'REPLAY_STATE' })
      expect((await approveReplay(parts(pipeline), second.id, approval)).items).toMatchObject([
        { result: 'skipped: changed since the plan' },
      ])
    })

    it('adopts what Paxos has already, and says so beforehand', async () => {
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
    it('stays so until a replay may release holds, and then follows the live status', async () => {
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
      world.sandbox.engine.set(identity, { checks: { sanctions_verification_status: 'APPROVED' } })
      const bold = await planReplay(parts(pipeline), { ...everything, eventIds: [denied?.id ?? ''], releaseHolds: true }, 'ada')
      expect(bold.items).toMatchObject([{ verdict: 'would-move', detail: 'to ready' }])
      await approveReplay(parts(pipeline), bold.id, approval)
      await reaches(pipeline, event.identityId, 'ready')
      expect(world.effectsOf(event.identityId)).toMatchObject({ accounts: 1, sends: 1 }) // the user was told before
    })
  })

  describe('when the queue is rebuilt', () => {
    it('shows before and after, and every event ends once', async () => {
      const world = await createWorld(backend)
      const receiver = await world.start({ concurrency: 0 })
      const events = await Promise.all(Array.from({ length: 10 }, () => world.decided('approve')))
      await Promise.all(events.map((event) => receiver.accept(event)))
      await eventually(
        () => receiver.queue.counts(),
        ({ waiting }) => waiting === 10,
      )
      expect(await rebuildQueue(receiver)).toMatchObject({ before: { waiting: 10 }, unfinished: 10, requeued: 10, after: { waiting: 10 } })
      const worker = await world.start()
      await settles(worker)
      for (const { identityId } of events) expect(world.effectsOf(identityId)).toMatchObject({ accounts: 1, sends: 1 })
    })
  })
})
