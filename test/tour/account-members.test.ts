import { describe, expect, it } from 'vitest'
import { verifyLedger } from '../../src/ledger/verify-ledger.ts'
import { createWorld, eventually, reaches } from '../saga/world.ts'
import { person } from '../sandbox/person.ts'
import { forEachBackend } from '../support/queue-backends.ts'
import { accountsOf } from './accounts-of.ts'
import { requestOf, TESTER, useCasesOf } from './trader.ts'

const USER = ['AUTHORIZED_USER'] as const
const OWNER = ['BENEFICIAL_OWNER'] as const

forEachBackend((backend) => {
  const open = async () => {
    const world = await createWorld(backend, { priceStepMs: 0, fillDelayMs: 1 })
    const pipeline = await world.start()
    const customer = async () => {
      const event = await world.decided('approve')
      await pipeline.accept(event)
      const { onboarding } = await reaches(pipeline, event.identityId, 'ready')
      return { identityId: event.identityId, accountId: onboarding.accountId ?? '' }
    }
    const [{ identityId: owner, accountId }, { identityId: other }] = [await customer(), await customer()]
    const accounts = accountsOf(pipeline)
    const add = (roles: typeof USER | typeof OWNER, idempotencyKey = 'add-1') =>
      accounts.addAccountMembers({ accountId, idempotencyKey, members: [{ identityId: other, roles }] }, TESTER)
    const atPaxos = () => world.sandbox.accounts.get(accountId)?.members ?? []
    return { world, pipeline, accounts, useCases: useCasesOf(pipeline), owner, other, accountId, add, atPaxos }
  }

  describe('the members of an account', () => {
    it('are added once, listed with their ids, and removed', async () => {
      const { pipeline, accounts, useCases, other, accountId, add, atPaxos } = await open()
      const [one, two] = await Promise.all([add(USER), add(USER)])
      expect([one.change.state, two.change.state]).toEqual(['done', 'done'])
      const { members } = await useCases.getAccount(accountId)
      expect(members).toEqual([{ identityId: other, roles: USER, memberId: atPaxos()[0]?.id }])
      const memberId = members[0]?.memberId ?? ''
      expect((await accounts.removeAccountMember({ accountId, memberId }, TESTER)).change.state).toBe('done')
      expect((await accounts.removeAccountMember({ accountId, memberId }, TESTER)).created).toBe(false)
      expect(atPaxos()).toEqual([])
      expect((await useCases.getAccount(accountId)).members).toEqual([])
      expect((await verifyLedger(pipeline.pool)).faults).toEqual([])
    })

    it('A44: with a second owner the account trades only while both owners may', async () => {
      const { world, useCases, other, owner, accountId, add } = await open()
      await add(OWNER)
      expect(await useCases.getAccount(accountId)).toMatchObject({
        owners: [
          { identityId: owner, state: 'ready' },
          { identityId: other, state: 'ready' },
        ],
        standing: 'trades',
      })
      world.sandbox.engine.decide(world.sandbox.identities.get(other)!, 'error')
      const request = requestOf({ side: 'BUY', market: 'BTCUSD', type: 'MARKET', quoteAmount: '50.00' })
      await expect(useCases.placeOrder({ accountId, idempotencyKey: 'buy', request }, TESTER)).rejects.toMatchObject({
        code: 'ACCOUNT_NOT_TRADABLE',
        message: expect.stringContaining(other),
      })
    })

    it('are refused before the call, with every fault named: not approved, a member already, the primary owner', async () => {
      const { pipeline, accounts, other, owner, accountId, add, atPaxos } = await open()
      await add(USER)
      const { id: pending } = await pipeline.paxos.identities.create({ ...person({ decision: 'never' }), ref_id: 'pending-1' })
      const members = [pending, other, owner].map((identityId) => ({ identityId, roles: OWNER }))
      await expect(accounts.addAccountMembers({ accountId, idempotencyKey: 'add-2', members }, TESTER)).rejects.toMatchObject({
        code: 'ACCOUNT_NOT_POSSIBLE',
        errors: [
          { field: 'members.0.identityId', message: expect.stringContaining(pending) },
          { field: 'members.1.identityId', message: expect.stringContaining('is a member already') },
          { field: 'members.2.identityId', message: expect.stringContaining('is a member already') },
        ],
      })
      expect(atPaxos()).toHaveLength(1)
      await expect(add(OWNER)).rejects.toMatchObject({ fields: ['members'] })
    })

    it('keep the last owner: its removal is refused before the call, and so is an unknown membership', async () => {
      const { world, accounts, owner, accountId } = await open()
      await expect(accounts.removeAccountMember({ accountId, memberId: owner }, TESTER)).rejects.toMatchObject({ code: 'LAST_OWNER' })
      await expect(accounts.removeAccountMember({ accountId, memberId: 'unknown' }, TESTER)).rejects.toMatchObject({
        code: 'MEMBERSHIP_UNKNOWN',
      })
      expect(world.sandbox.story.of('call').filter(({ operation }) => operation.startsWith('DELETE'))).toEqual([])
    })

    it('are found at Paxos after a lost answer, and neither added nor removed twice', async () => {
      const { world, accounts, useCases, accountId, add, atPaxos } = await open()
      world.sandbox.faults.arm({ on: 'POST /identity/account-members', do: 'act-then-drop', next: 1 })
      await add(USER)
      await eventually(
        () => add(USER),
        ({ change }) => change.state === 'done',
      )
      expect(atPaxos()).toHaveLength(1)
      const memberId = (await useCases.getAccount(accountId)).members[0]?.memberId ?? ''
      world.sandbox.faults.arm({ on: 'DELETE /identity/account-members/{id}', do: 'act-then-drop', next: 1 })
      const remove = () => accounts.removeAccountMember({ accountId, memberId }, TESTER)
      await remove()
      await eventually(remove, ({ change }) => change.state === 'done')
      expect(atPaxos()).toEqual([])
    })
  })
})
