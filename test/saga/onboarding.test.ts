import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { accountRefId } from '../../src/domain/onboarding/account-effect.ts'
import { verifyLedger } from '../../src/ledger/verify-ledger.ts'
import { forEachBackend } from '../support/queue-backends.ts'
import { completes, createWorld, eventually, reaches } from './world.ts'

forEachBackend((backend) => {
  describe('when an identity is approved', () => {
    it('the worker opens one account with its profile, tells the user once, and writes a ledger that verifies', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start()
      const event = await world.decided('approve')
      await pipeline.accept(event)
      const { onboarding, effects } = await reaches(pipeline, event.identityId, 'ready')
      const receipt = effects.find(({ step }) => step === 'account')?.receipt
      expect(receipt).toMatchObject({ kind: 'account', accountId: onboarding.accountId, profileId: onboarding.profileId })
      expect(world.accountIds(event.identityId)).toEqual([onboarding.accountId])
      expect(onboarding.profileId).not.toBeNull()
      expect(world.effectsOf(event.identityId)).toEqual({ accounts: 1, noticeKeys: [`notice_ready_1_${event.identityId}`], sends: 1 })
      const notified = world.notices.deliveries.map(({ body }) => (JSON.parse(String(body)) as { type: string }).type)
      expect(notified).toEqual(['account.opened', 'onboarding.ready'])
      await completes(pipeline)
      const row = await pipeline.pool.query('SELECT state, outcome, trust, identity_id FROM inbox_event')
      expect(row.rows).toEqual([{ state: 'processed', outcome: 'moved:ready', trust: 'confirmed', identity_id: event.identityId }])
      expect(await verifyLedger(pipeline.pool)).toMatchObject({ identities: 1, faults: [] })
    })

    it('the worker does nothing more for fifty deliveries and five other events of the same transition', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start()
      const event = await world.decided('approve')
      const twins = Array.from({ length: 5 }, () =>
        world.sandbox.events.emit({
          type: 'identity.approved',
          object: { old_summary_status: 'PENDING', new_summary_status: 'APPROVED' },
          identityId: event.identityId,
          deliver: false,
        }),
      )
      await Promise.all([...twins, ...Array.from({ length: 50 }, () => event)].map((each) => pipeline.accept(each)))
      await reaches(pipeline, event.identityId, 'ready')
      expect(await completes(pipeline)).toMatchObject({ processed: 6, duplicates: 49 })
      expect(world.effectsOf(event.identityId)).toMatchObject({ accounts: 1, sends: 1 })
    })

    it.each(['act-then-drop', 'act-then-silence', 'act-then-answer'] as const)(
      'the worker adopts the account when its creation ends in %s',
      async (fault) => {
        const world = await createWorld(backend)
        const pipeline = await world.start()
        const event = await world.decided('approve')
        world.sandbox.faults.arm({ on: 'POST /identity/accounts', do: fault, next: 1 })
        await pipeline.accept(event)
        const { effects } = await reaches(pipeline, event.identityId, 'ready')
        expect(effects.find(({ step }) => step === 'account')?.receipt).toMatchObject({ how: 'adopted' })
        expect(world.effectsOf(event.identityId)).toMatchObject({ accounts: 1, sends: 1 })
      },
    )

    it.each(['conflict', 'conflict-bare', 'return-existing'] as const)(
      'the worker adopts an account that exists under its key (%s)',
      async (accountConflict) => {
        const world = await createWorld(backend, { accountConflict })
        const pipeline = await world.start()
        const event = await world.decided('approve')
        // As after a restore from an old backup: Paxos has the account, the ledger does not.
        const { identityId } = event
        const account = await pipeline.paxos.accounts.create({ identityId, refId: accountRefId(identityId), type: 'BROKERAGE' })
        await pipeline.accept(event)
        expect((await reaches(pipeline, identityId, 'ready')).onboarding.accountId).toBe(account.id)
        expect(world.effectsOf(identityId)).toMatchObject({ accounts: 1, sends: 1 })
      },
    )

    it('the customer is ready only after a late profile has come', async () => {
      const world = await createWorld(backend, { profileIdArrives: 'late', profileIdDelayMs: 1_200 })
      const pipeline = await world.start()
      const event = await world.decided('approve')
      await pipeline.accept(event)
      expect((await reaches(pipeline, event.identityId, 'ready')).onboarding.profileId).not.toBeNull()
      expect(world.effectsOf(event.identityId)).toMatchObject({ accounts: 1, sends: 1 })
    })

    it('a notification whose answer was lost is sent again under the same key', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start()
      const event = await world.decided('approve')
      world.notices.reply((response) => {
        response.socket?.destroy()
        world.notices.reply((next) => next.writeHead(204).end())
      })
      await pipeline.accept(event)
      await reaches(pipeline, event.identityId, 'ready')
      const sent = world.notices.deliveries.map(({ headers }) => String(headers['webhook-id']).replace(`_${event.identityId}`, ''))
      expect(sent).toEqual(['notice_account_opened_1', 'notice_account_opened_1', 'notice_ready_1'])
    })
  })

  describe('when Paxos decides otherwise', () => {
    it('the worker tells the user of a denial and opens nothing', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start()
      const event = await world.decided('deny')
      await pipeline.accept(event)
      await reaches(pipeline, event.identityId, 'denied')
      await completes(pipeline)
      expect(world.effectsOf(event.identityId)).toEqual({ accounts: 0, noticeKeys: [`notice_denied_1_${event.identityId}`], sends: 1 })
    })

    it('the worker holds a ready customer whom Paxos denies, and sends no notification', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start()
      const event = await world.decided('approve')
      await pipeline.accept(event)
      await reaches(pipeline, event.identityId, 'ready')
      const identity = world.sandbox.identities.get(event.identityId)
      if (identity) world.sandbox.engine.set(identity, { checks: { sanctions_verification_status: 'DENIED' } })
      const denied = world.sandbox.events.all.at(-1)
      await pipeline.accept({ id: denied?.id ?? '', type: 'identity.denied' })
      const held = await reaches(pipeline, event.identityId, 'held')
      expect(held.onboarding).toMatchObject({ heldFrom: 'ready', heldReason: 'denied-after-approved' })
      expect(world.effectsOf(event.identityId)).toMatchObject({ accounts: 1, sends: 1 })
    })

    it('the worker records an account whose answer was lost, although the identity is disabled by now', async () => {
      const world = await createWorld(backend)
      const event = await world.decided('approve')
      const { identityId } = event
      world.sandbox.faults.arm({ on: 'POST /identity/accounts', do: 'act-then-drop', next: 1 })
      world.sandbox.faults.arm({ on: 'GET /identity/accounts', do: 'answer', status: 503, next: 1 })
      const pipeline = await world.start()
      await pipeline.accept(event)
      const opened = () => world.effectsOf(identityId).accounts
      await eventually(opened, (accounts) => accounts === 1)
      const identity = world.sandbox.identities.get(identityId)
      if (identity) world.sandbox.engine.set(identity, { adminDisabled: true })
      await pipeline.accept({ id: world.sandbox.events.all.at(-1)?.id ?? '', type: 'identity.disabled' })
      await reaches(pipeline, identityId, 'disabled')
      await completes(pipeline)
      const { onboarding } = await reaches(pipeline, identityId, 'disabled')
      expect(world.effectsOf(identityId)).toEqual({ accounts: 1, noticeKeys: [`notice_disabled_1_${identityId}`], sends: 1 })
      expect(onboarding).toMatchObject({ accountId: expect.any(String), profileId: expect.any(String) })
    })

    it('F39: the worker reactivates a customer whom Paxos disabled and re-enabled, with the existing account', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start()
      const event = await world.decided('approve')
      const { identityId } = event
      await pipeline.accept(event)
      const before = await reaches(pipeline, identityId, 'ready')
      const identity = world.sandbox.identities.get(identityId)
      if (!identity) throw new Error('the simulator has no such identity')
      world.sandbox.engine.set(identity, { adminDisabled: true })
      await pipeline.accept({ id: world.sandbox.events.all.at(-1)?.id ?? '', type: 'identity.disabled' })
      await reaches(pipeline, identityId, 'disabled')
      await completes(pipeline)
      world.sandbox.engine.set(identity, { adminDisabled: false })
      await pipeline.accept({ id: world.sandbox.events.all.at(-1)?.id ?? '', type: 'identity.approved' })
      const after = await reaches(pipeline, identityId, 'ready')
      await completes(pipeline)
      expect(after.onboarding.accountId).toBe(before.onboarding.accountId)
      expect(world.effectsOf(identityId)).toEqual({
        accounts: 1,
        noticeKeys: [`notice_disabled_1_${identityId}`, `notice_reactivated_1_${identityId}`, `notice_ready_1_${identityId}`],
        sends: 3,
      })
    })

    it('the worker holds an identity that Gatehouse did not create, when told to', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start({ unknownIdentities: 'hold' })
      const event = await world.decided('approve')
      await pipeline.accept(event)
      expect((await reaches(pipeline, event.identityId, 'held')).onboarding.heldReason).toBe('unknown-identity')
      await completes(pipeline)
      expect(world.effectsOf(event.identityId)).toMatchObject({ accounts: 0, sends: 0 })
    })
  })

  describe('when a webhook is false', () => {
    it('the worker parks an event that Paxos does not know, without any effect', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start()
      await pipeline.accept({ id: randomUUID(), type: 'identity.approved' })
      await pipeline.pool.query('UPDATE inbox_event SET attempts = 4') // four reads by now; each waits longer than the one before
      await eventually(
        () => pipeline.inbox.count(),
        ({ parked }) => parked === 1,
      )
      const { rows } = await pipeline.pool.query('SELECT error_code FROM inbox_event')
      expect(rows).toEqual([{ error_code: 'EVENT_UNKNOWN_TO_PAXOS' }])
      expect(world.sandbox.story.read({ after: 0, limit: 100, kind: 'account-created' })).toEqual([])
    })

    it('a forged "approved" with the id of a real event of a denied identity opens nothing', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start()
      const event = await world.decided('deny')
      await pipeline.accept({ id: event.id, type: 'identity.approved' })
      await reaches(pipeline, event.identityId, 'denied')
      await completes(pipeline)
      expect(world.effectsOf(event.identityId).accounts).toBe(0)
    })

    it('an approval that Paxos has revoked since opens nothing', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start()
      const event = await world.decided('approve')
      const identity = world.sandbox.identities.get(event.identityId)
      if (identity) world.sandbox.engine.set(identity, { adminDisabled: true })
      await pipeline.accept(event)
      await reaches(pipeline, event.identityId, 'disabled')
      await completes(pipeline)
      expect(world.effectsOf(event.identityId).accounts).toBe(0)
    })

    it('a test event stays untouched and is never read at Paxos', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start()
      expect(await pipeline.accept({ id: randomUUID(), type: 'identity.approved' }, { isTest: true })).toBe('test')
      const real = await world.decided('approve')
      await pipeline.accept(real)
      await reaches(pipeline, real.identityId, 'ready')
      expect(
        world.sandbox.story
          .read({ after: 0, limit: 100, kind: 'call' })
          .filter((call) => 'operation' in call && call.operation === 'GET /events/{id}'),
      ).toHaveLength(1)
    })

    it('events of unknown types are kept', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start()
      const unknown = world.sandbox.events.emit({ type: 'statement.published', object: {}, identityId: null, deliver: false })
      await pipeline.accept(unknown)
      expect(await completes(pipeline)).toMatchObject({ processed: 1 })
    })

    it('a decision takes effect although a forged delivery announced it as a harmless type', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start()
      const event = await world.decided('approve')
      await pipeline.accept({ id: event.id, type: 'transfer.crypto_deposit.completed' })
      expect(await pipeline.accept(event)).toBe('duplicate')
      await reaches(pipeline, event.identityId, 'ready')
    })
  })

  describe('when a store or Paxos fails', () => {
    it('every accepted event completes although the queue lost everything', async () => {
      const world = await createWorld(backend)
      const receiver = await world.start({ concurrency: 0 })
      const events = await Promise.all(Array.from({ length: 20 }, () => world.decided('approve')))
      await Promise.all(events.map((event) => receiver.accept(event)))
      await eventually(
        () => receiver.queue.counts(),
        ({ waiting }) => waiting === 2,
      )
      await receiver.queue.obliterate()
      await receiver.pool.query('UPDATE inbox_event SET due_at = now()') // the 15 s until due_at are over
      const worker = await world.start()
      expect(await completes(worker)).toMatchObject({ processed: 20 })
      for (const { identityId } of events) expect(world.effectsOf(identityId)).toMatchObject({ accounts: 1, sends: 1 })
    })

    it('an outage of Postgres does not count as the death of the process that worked on an event', async () => {
      const world = await createWorld(backend)
      let loads = 0
      let away = true
      const pipeline = await world.start({
        concurrency: 0,
        decorate: (name, part) => {
          if (name !== 'inbox') return part
          // The strike is committed before Postgres goes: every second read of the event fails.
          return new Proxy(part, {
            get: (target, property) => {
              const value: unknown = Reflect.get(target, property)
              if (property !== 'load' || typeof value !== 'function') return value
              return (...args: unknown[]) => {
                loads += 1
                if (away && loads % 2 === 0) return Promise.reject(Object.assign(new Error('gone'), { code: 'ECONNREFUSED' }))
                return Reflect.apply(value, target, args)
              }
            },
          })
        },
      })
      const event = await world.decided('approve')
      await pipeline.accept(event)
      const { rows } = await pipeline.pool.query<{ seq: string }>('SELECT seq FROM inbox_event')
      const job = { seq: rows[0]?.seq ?? '', generation: 0 }
      for (let outages = 0; outages < 5; outages += 1) await expect(pipeline.handle(job, { rescues: 2 })).rejects.toThrow('gone')
      away = false
      await pipeline.handle(job, { rescues: 2 })
      expect((await pipeline.pool.query('SELECT state, error_code FROM inbox_event')).rows).toEqual([
        { state: 'processed', error_code: null },
      ])
    })

    it('an outage of Paxos spends no attempt, and the event continues when it is over', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start()
      const event = await world.decided('approve')
      const fault = world.sandbox.faults.arm({ on: 'GET /events/{id}', do: 'answer', status: 500 })
      await pipeline.accept(event)
      const failed = await eventually(
        async () =>
          (await pipeline.pool.query<{ attempts: number; error_code: string | null }>('SELECT attempts, error_code FROM inbox_event'))
            .rows[0],
        (row) => row?.error_code !== null,
      )
      expect(failed).toEqual({ attempts: 0, error_code: 'PAXOS_UNAVAILABLE' })
      world.sandbox.faults.disarm(fault)
      await reaches(pipeline, event.identityId, 'ready')
    })
  })
})
