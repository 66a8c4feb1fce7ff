import { describe, expect, it } from 'vitest'
import { verifyLedger } from '../../src/ledger/verify-ledger.ts'
import type { AccountRequest } from '../../src/operate/accounts/open-account.ts'
import type { Pipeline } from '../saga/start-pipeline.ts'
import { createWorld, eventually, reaches, type World } from '../saga/world.ts'
import { person } from '../sandbox/person.ts'
import { forEachBackend } from '../support/queue-backends.ts'
import { accountsOf } from './accounts-of.ts'
import { requestOf, TESTER, useCasesOf } from './trader.ts'

const BUY = { side: 'BUY', market: 'BTCUSD', type: 'MARKET', quoteAmount: '50.00' }
const JOINT = ['BENEFICIAL_OWNER'] as const

async function customer(world: World, pipeline: Pipeline): Promise<string> {
  const event = await world.decided('approve')
  await pipeline.accept(event)
  await reaches(pipeline, event.identityId, 'ready')
  return event.identityId
}

forEachBackend((backend) => {
  const open = async () => {
    const world = await createWorld(backend, { priceStepMs: 0, fillDelayMs: 1 })
    const pipeline = await world.start()
    const [first, second] = [await customer(world, pipeline), await customer(world, pipeline)]
    const accounts = accountsOf(pipeline)
    const request = (changes: Partial<AccountRequest> = {}): AccountRequest => {
      return {
        identityId: first,
        idempotencyKey: 'joint-1',
        type: 'BROKERAGE',
        members: [{ identityId: second, roles: JOINT }],
        ...changes,
      }
    }
    const freeze = async (identityId: string, verdict: 'error' | 'approve'): Promise<void> => {
      world.sandbox.engine.decide(world.sandbox.identities.get(identityId)!, verdict)
    }
    return { world, pipeline, accounts, first, second, request, freeze }
  }

  describe('a further account', () => {
    it('A44: is opened with two owners and a profile of its own, once, and the application is notified once', async () => {
      const { world, pipeline, accounts, first, second, request } = await open()
      const asked = request({ description: 'Ada and Grace', metadata: { branch: 'albany' } })
      const made = await Promise.all([accounts.openAccount(asked, TESTER), accounts.openAccount(asked, TESTER)])
      const { account } = made[0]!
      expect(account).toMatchObject({
        state: 'opened',
        owners: [first, second],
        members: [{ identityId: second, memberId: expect.any(String) }],
      })
      expect(made.map(({ created }) => created).filter(Boolean)).toHaveLength(1)
      expect(world.accountIds(first)).toHaveLength(2)
      const atPaxos = world.sandbox.accounts.get(account.accountId ?? '')
      expect(atPaxos).toMatchObject({ description: 'Ada and Grace', metadata: { branch: 'albany' }, profile: { id: account.profileId } })
      const told = () =>
        world.notices.deliveries.filter(({ headers }) => headers['webhook-id'] === `notice_account_opened_1_${account.accountKey}`)
      const [delivery] = await eventually(told, ({ length }) => length > 0)
      expect(JSON.parse(String(delivery?.body))).toMatchObject({
        type: 'account.opened',
        data: { accountId: account.accountId, owners: [first, second] },
      })
      expect(
        await eventually(
          () => pipeline.vault.open(account.accountKey),
          (left) => left === null,
        ),
      ).toBeNull()
      expect(await accounts.listAccounts(second)).toMatchObject([{ accountId: account.accountId }])
      expect((await verifyLedger(pipeline.pool)).faults).toEqual([])
    })

    it('refuses the same key with another type, member or description, naming the field (A7)', async () => {
      const { accounts, request } = await open()
      await accounts.openAccount(request(), TESTER)
      await expect(accounts.openAccount(request({ type: 'FINANCIAL_ADVISOR' }), TESTER)).rejects.toMatchObject({ fields: ['type'] })
      await expect(accounts.openAccount(request({ members: [] }), TESTER)).rejects.toMatchObject({ fields: ['members'] })
      await expect(accounts.openAccount(request({ description: 'other' }), TESTER)).rejects.toMatchObject({ fields: ['description'] })
    })

    it('A46: is refused before the call when Paxos could not open or correct it, naming every fault at once', async () => {
      const { world, pipeline, accounts, first, request } = await open()
      const { id: stranger } = await pipeline.paxos.identities.create({ ...person({ decision: 'never' }), ref_id: 'pending-1' })
      const members = [
        { identityId: stranger, roles: JOINT },
        { identityId: '00000000-0000-4000-8000-000000000000', roles: ['AUTHORIZED_USER'] as const },
        { identityId: first, roles: ['AUTHORIZED_USER'] as const },
      ]
      await expect(accounts.openAccount(request({ type: 'ROTH_IRA', members }), TESTER)).rejects.toMatchObject({
        code: 'ACCOUNT_NOT_POSSIBLE',
        errors: [
          { field: 'members.0.identityId', message: expect.stringContaining(stranger) },
          { field: 'members.0.roles', message: expect.stringContaining('ROTH_IRA has one owner') },
          { field: 'members.1.identityId', message: expect.stringContaining('is no identity at Paxos') },
          { field: 'members.2.roles', message: expect.stringContaining('primary owner') },
        ],
      })
      expect(world.accountIds(first)).toHaveLength(1)
      expect((await pipeline.pool.query('SELECT FROM account')).rowCount).toBe(0)
    })

    it('is rejected without a call when an owner is frozen between the request and the work on it', async () => {
      const { world, pipeline, first, second, request, freeze } = await open()
      await pipeline.queue.pause()
      const idle = accountsOf(pipeline)
      const asking = idle.openAccount(request(), TESTER)
      await eventually(
        async () => (await pipeline.pool.query('SELECT FROM account')).rowCount,
        (rows) => rows === 1,
      )
      await freeze(second, 'error')
      await pipeline.queue.resume()
      expect((await asking).account).toMatchObject({ state: 'rejected', reason: 'owner-not-approved' })
      expect(world.accountIds(first)).toHaveLength(1)
    })

    it('A44: does not trade while any owner is frozen, and trades again when the owner is approved', async () => {
      const { pipeline, accounts, second, request, freeze } = await open()
      const { account } = await accounts.openAccount(request(), TESTER)
      const accountId = account.accountId ?? ''
      const useCases = useCasesOf(pipeline)
      expect(await useCases.getAccount(account.accountKey)).toMatchObject({ accountId, standing: 'trades' })
      await useCases.fundAccount({ accountId, idempotencyKey: 'fund', asset: 'USD', amount: '1000.00' }, TESTER)
      const buy = (key: string) => useCases.placeOrder({ accountId, idempotencyKey: key, request: requestOf(BUY) }, TESTER)
      expect((await buy('one')).order.state).not.toBe('rejected')
      await freeze(second, 'error')
      await expect(buy('two')).rejects.toMatchObject({ code: 'ACCOUNT_NOT_TRADABLE', message: expect.stringContaining(second) })
      await pipeline.inbox.setTimer({ streamId: second, name: 'read-identity', dueAt: new Date(), identityId: second })
      await reaches(pipeline, second, 'frozen')
      expect(await useCases.getAccount(accountId)).toMatchObject({ standing: 'stopped' })
      await expect(buy('three')).rejects.toMatchObject({ message: expect.stringContaining('is frozen') })
      await freeze(second, 'approve')
      await pipeline.inbox.setTimer({ streamId: second, name: 'read-identity', dueAt: new Date(), identityId: second })
      await reaches(pipeline, second, 'ready')
      expect((await buy('four')).order.state).not.toBe('rejected')
    })

    it('is found under its ref_id after a lost answer, and not opened again', async () => {
      const { world, accounts, first, request } = await open()
      world.sandbox.faults.arm({ on: 'POST /identity/accounts', do: 'act-then-drop', next: 1 })
      await accounts.openAccount(request(), TESTER)
      const { account } = await eventually(
        () => accounts.openAccount(request(), TESTER),
        (seen) => seen.account.state === 'opened',
      )
      expect(world.accountIds(first).filter((id) => id === account.accountId)).toHaveLength(1)
      expect(world.accountIds(first)).toHaveLength(2)
    })
  })
})
