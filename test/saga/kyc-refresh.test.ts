import { describe, expect, it } from 'vitest'
import { REMINDER_DAYS, reminderTimer } from '../../src/domain/onboarding/refresh-reminder.ts'
import { findAccount } from '../../src/ledger/read-accounts.ts'
import { requireTradable } from '../../src/operate/trading/trading-gate.ts'
import type { Identity } from '../../src/sandbox/world/identity.ts'
import { forEachBackend } from '../support/queue-backends.ts'
import { createWorld, eventually, reaches } from './world.ts'

/** Thirty days pass in 0.3 s. */
const TIME_SCALE = 8_640_000

forEachBackend((backend) => {
  describe('when Paxos renews what it knows of a customer', () => {
    const ready = async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start()
      const { identityId, ...event } = await world.decided('approve')
      await pipeline.accept(event)
      const { onboarding } = await reaches(pipeline, identityId, 'ready')
      const identity = world.sandbox.identities.get(identityId) as Identity // it was just decided
      const told = () => world.notices.deliveries.map(({ body }) => JSON.parse(body) as { type: string; data: Record<string, unknown> })
      /** Brings every event of this type, and waits until the application was told of the refresh. */
      const hears = async (what: 'started' | 'expired' | 'completed') => {
        const found = await eventually(
          () => world.sandbox.events.all.filter(({ type }) => type === `identity.kyc_refresh.${what}`),
          ({ length }) => length > 0,
        )
        for (const each of found) await pipeline.accept(each)
        return eventually(told, (notices) => notices.some(({ type }) => type === `kyc_refresh.${what}`))
      }
      const gate = async (side: 'BUY' | 'SELL', now?: number) => {
        const account = await findAccount(pipeline.pool, String(onboarding.accountId))
        await requireTradable(pipeline.paxos, account!, side, now)
      }
      const expires = async () => {
        world.sandbox.settings.timeScale = TIME_SCALE
        world.sandbox.kycRefreshes.start(identity, { force: true })
        await hears('expired')
      }
      return { world, pipeline, identity, identityId, onboarding, told, hears, expires, gate }
    }

    it('A38: tells the application that it started, that its time is over and that it was completed, each once', async () => {
      const { world, identity, onboarding, told, hears, expires } = await ready()
      world.sandbox.kycRefreshes.start(identity)
      await hears('started')
      await expires()
      world.sandbox.kycRefreshes.complete(identity, new Date().toISOString())
      await hears('completed')
      const refreshes = told().filter(({ type }) => type.startsWith('kyc_refresh.'))
      expect(refreshes.map(({ type }) => type)).toEqual(['kyc_refresh.started', 'kyc_refresh.expired', 'kyc_refresh.completed'])
      const { identityId, accountId, profileId } = onboarding
      expect(refreshes[0]?.data).toMatchObject({ identityId, accountId, profileId })
    })

    it('A38: refuses to buy while the refresh is overdue, though Paxos still says APPROVED, and lets the customer sell', async () => {
      const { world, identity, expires, gate } = await ready()
      await gate('BUY')
      world.sandbox.kycRefreshes.start(identity)
      await gate('BUY')
      await expires()
      expect(identity.status).toBe('APPROVED')
      await expect(gate('BUY')).rejects.toMatchObject({
        code: 'ACCOUNT_NOT_TRADABLE',
        message: expect.stringContaining('KYC refresh is overdue'),
      })
      await gate('SELL')
      world.sandbox.kycRefreshes.complete(identity, new Date().toISOString())
      await gate('BUY')
    })

    it('A38: refuses to buy from the end on, with its date, before Paxos says that the refresh is overdue', async () => {
      const { world, identity, hears, gate } = await ready()
      world.sandbox.kycRefreshes.start(identity)
      await hears('started')
      const endsAt = identity.kycRefresh?.dueAtMs ?? 0
      await gate('BUY', endsAt - 1_000)
      await expect(gate('BUY', endsAt + 1_000)).rejects.toMatchObject({
        code: 'ACCOUNT_NOT_TRADABLE',
        message: expect.stringContaining(`overdue since ${new Date(endsAt).toISOString().slice(0, 10)}`),
      })
      await gate('SELL', endsAt + 1_000)
      world.sandbox.kycRefreshes.complete(identity, new Date().toISOString())
      await gate('BUY', endsAt + 1_000)
    })

    it('A38: reminds the application once under one key, and cancels the later reminders when the refresh is completed', async () => {
      const { world, pipeline, identity, identityId, told, hears } = await ready()
      world.sandbox.kycRefreshes.start(identity, { days: 14 + 3 / 86_400 })
      await hears('started')
      const reminders = () => told().filter(({ type }) => type === 'kyc_refresh.reminder')
      await eventually(reminders, ({ length }) => length === 1)
      expect(reminders()[0]?.data).toMatchObject({
        identityId,
        daysLeft: 14,
        endsAt: new Date(identity.kycRefresh?.dueAtMs ?? 0).toISOString(),
      })
      for (const days of REMINDER_DAYS)
        await pipeline.inbox.setTimer({ streamId: identityId, name: reminderTimer(days), dueAt: new Date(), identityId })
      await pipeline.accept(world.sandbox.events.all.findLast(({ type }) => type === 'identity.kyc_refresh.started')!)
      world.sandbox.kycRefreshes.complete(identity, new Date().toISOString())
      await hears('completed')
      const timers = () => pipeline.pool.query("SELECT state FROM inbox_event WHERE type LIKE 'remind-kyc-refresh-%'")
      await eventually(timers, ({ rows }) => rows.length === 3 && rows.every(({ state }) => state === 'processed'))
      expect(reminders()).toHaveLength(1)
      const keys = world.notices.deliveries.map(({ headers }) => String(headers['webhook-id']))
      expect(keys.filter((key) => key.includes('reminder'))).toEqual([`notice_kyc_refresh_reminder_1_${identityId}`])
      expect((await pipeline.ledger.load(identityId))?.onboarding.kycRefresh).toBeNull()
    })

    it('tells the application of a restriction that leaves the state alone', async () => {
      const { world, pipeline, identity, told } = await ready()
      world.sandbox.engine.addControl(identity, { type: 'SELL_ONLY', setBy: 'CLIENT', reasonCode: 'OTHER', reason: null })
      const events = world.sandbox.events.all.filter(({ type }) => /identity\.(control|disabled)/.test(type))
      for (const event of events) await pipeline.accept(event)
      await eventually(told, (all) => all.some(({ type }) => type === 'onboarding.disabled'))
      world.sandbox.engine.addControl(identity, { type: 'DORMANT', setBy: 'PAXOS', reasonCode: 'INACTIVITY', reason: null })
      await pipeline.accept(world.sandbox.events.all.findLast(({ type }) => type === 'identity.control.created')!)
      const changed = await eventually(
        () => told().filter(({ type }) => type === 'onboarding.controls_changed'),
        ({ length }) => length === 1,
      )
      expect(changed[0]?.data.controls).toEqual(['DORMANT', 'SELL_ONLY'])
    })

    it('is shown as outstanding, in codes, until it is completed', async () => {
      const { world, pipeline, identity, identityId, hears } = await ready()
      world.sandbox.kycRefreshes.start(identity)
      await hears('started')
      const details = async () => (await pipeline.ledger.load(identityId))?.onboarding.statusDetails
      expect((await details())?.requirements).toMatchObject([{ type: 'KYC_REFRESH', codes: ['KYC_REFRESH_REQUIRED'], awaiting: 'CLIENT' }])
      world.sandbox.kycRefreshes.complete(identity, new Date().toISOString())
      await hears('completed')
      expect(await details()).toBeNull()
    })
  })
})
