import { describe, expect, it } from 'vitest'
import type { AccountRecord } from '../../src/ledger/read-accounts.ts'
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
      const account: AccountRecord = {
        ...onboarding,
        accountId: onboarding.accountId ?? '',
        profileId: onboarding.profileId ?? '',
      } as never // as it is read
      const gate = (side: 'BUY' | 'SELL') => requireTradable(pipeline.paxos, { ...account, onboardingState: 'ready' }, side)
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
