import { describe, expect, it } from 'vitest'
import { CONTINUE_CLOSING } from '../../src/domain/account/account-closing.ts'
import { verifyLedger } from '../../src/ledger/verify-ledger.ts'
import { decimal } from '../../src/sandbox/money/decimal.ts'
import { createWorld, eventually } from '../saga/world.ts'
import { forEachBackend } from '../support/queue-backends.ts'
import { filledAtPaxos, withdrawManually } from './account-at-paxos.ts'
import { accountsOf } from './accounts-of.ts'
import { openTrader, TESTER } from './trader.ts'

const REASON = 'the customer asked for it, ticket 4711'

forEachBackend((backend) => {
  const open = async () => {
    const world = await createWorld(backend, { priceStepMs: 0, fillDelayMs: 1 })
    const pipeline = await world.start()
    const trader = await openTrader(world, pipeline)
    const { accountId } = trader
    const accounts = accountsOf(pipeline)
    const close = (idempotencyKey = 'close-1') => accounts.closeAccount({ accountId, idempotencyKey, reason: REASON }, TESTER)
    /** The closing once it is in this state. A person's act is looked at at once: the worker would look every 30 s. */
    const reaches = async (state: string) => {
      const look = async () => {
        const closing = await accounts.getClosing(accountId)
        if (closing.state === 'waiting' && state !== 'waiting')
          await pipeline.inbox.setTimer({ streamId: closing.closingId, name: CONTINUE_CLOSING, dueAt: new Date() })
        return closing
      }
      return eventually(look, (closing) => closing.state === state)
    }
    return { world, pipeline, trader, accounts, close, reaches, accountId }
  }

  describe('A45: closing an account', () => {
    it('cancels, sells, waits for the manual withdrawal, and disables the account, each once', async () => {
      const { world, pipeline, trader, close, reaches, accountId } = await open()
      const bought = await trader.place('buy', { side: 'BUY', market: 'BTCUSD', type: 'MARKET', quoteAmount: '250.00' })
      await trader.reaches(bought.orderId, 'filled')
      const resting = await trader.place('rest', { side: 'BUY', market: 'ETHUSD', type: 'LIMIT', baseAmount: '0.1', price: '1000.00' })
      await trader.reaches(resting.orderId, 'open')

      const asked = await Promise.all(Array.from({ length: 8 }, () => close())) // one request, repeated at once under its key
      expect(new Set(asked.map(({ closing }) => closing.closingId)).size).toBe(1)
      const waiting = await reaches('waiting')
      expect((await trader.useCases.getOrder(resting.orderId))?.state).toBe('cancelled')
      expect(await trader.balances()).toMatchObject({ BTC: '0' })
      const { USD: left } = await trader.balances()
      expect(waiting.blockedBy).toBe(
        `${left} USD is left: send it to the customer's bank manually at Paxos, then closing goes on by itself (Gatehouse sends no withdrawal).`,
      )
      const order = { accountId, idempotencyKey: 'late', request: bought }
      await expect(trader.useCases.placeOrder(order, TESTER)).rejects.toMatchObject({
        code: 'ACCOUNT_NOT_TRADABLE',
        message: expect.stringContaining(waiting.closingId),
      })
      expect(await trader.drift()).toEqual({})

      withdrawManually(world.sandbox, accountId, 'USD')
      expect((await reaches('closed')).blockedBy).toBeNull()
      expect(world.sandbox.accounts.get(accountId)?.userDisabled).toBe(true)
      expect(filledAtPaxos(world.sandbox, accountId).map(({ side }) => side)).toEqual(['BUY', 'SELL'])
      expect((await trader.useCases.getAccount(accountId)).closing?.state).toBe('closed')
      await expect(close('close-2')).rejects.toMatchObject({ code: 'CLOSING_EXISTS' })
      expect((await close()).created).toBe(false)
      expect((await verifyLedger(pipeline.pool)).faults).toEqual([])
    })

    it('names dust with the remedy, and goes on once a person has removed it', async () => {
      const { world, close, reaches, accountId } = await open()
      withdrawManually(world.sandbox, accountId, 'USD')
      const to = `available ${world.sandbox.accounts.get(accountId)?.profile?.id ?? ''}` as const
      world.sandbox.balances.post({ asset: 'BTC', amount: decimal('0.000000001'), from: 'outside', to, cause: 'dust' })
      await close()
      expect((await reaches('waiting')).blockedBy).toMatch(
        /^0\.000000001 BTC is left, which is dust: too small to sell .* Withdraw it manually/,
      )
      withdrawManually(world.sandbox, accountId, 'BTC')
      await reaches('closed')
    })

    it('can be stopped by a person while it waits, and begun again', async () => {
      const { trader, accounts, close, accountId, reaches } = await open()
      await expect(
        accounts.closeAccount({ accountId, idempotencyKey: 'k', reason: REASON }, { kind: 'api', name: 'app' }),
      ).rejects.toMatchObject({
        code: 'USAGE',
      })
      await close()
      await reaches('waiting')
      await expect(close('close-2')).rejects.toMatchObject({ code: 'CLOSING_EXISTS' })
      const stopped = await accounts.stopClosing({ accountId, reason: REASON }, TESTER)
      expect([stopped.state, stopped.blockedBy]).toEqual(['stopped', null])
      expect((await accounts.stopClosing({ accountId, reason: REASON }, TESTER)).state).toBe('stopped')
      const bought = await trader.place('buy', { side: 'BUY', market: 'BTCUSD', type: 'MARKET', quoteAmount: '250.00' })
      expect((await trader.reaches(bought.orderId, 'filled')).state).toBe('filled')
      expect((await close('close-2')).created).toBe(true)
      await expect(
        accounts.closeAccount({ accountId, idempotencyKey: 'close-2', reason: 'another reason, ticket 12' }, TESTER),
      ).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED', fields: ['reason'] })
    })

    it('begins once when two persons ask at once with different keys', async () => {
      const { close } = await open()
      const asked = await Promise.allSettled([close('one'), close('two'), close('three')])
      expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      for (const each of asked) if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'CLOSING_EXISTS' })
    })

    it('finds the account disabled after a lost answer', async () => {
      const { world, close, reaches, accountId } = await open()
      withdrawManually(world.sandbox, accountId, 'USD')
      world.sandbox.faults.arm({ on: 'PUT /identity/accounts', do: 'act-then-drop', next: 1 })
      await close()
      await reaches('closed')
      const calls = world.sandbox.story.of('call').filter(({ operation }) => operation === 'PUT /identity/accounts')
      expect(calls).toHaveLength(1)
    })
  })
})
