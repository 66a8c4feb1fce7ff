import { describe, expect, it } from 'vitest'
import { CONTINUE_CLOSING } from '../../src/domain/account/account-closing.ts'
import { startPipeline } from '../saga/start-pipeline.ts'
import { eventually, NOTICE_SECRET } from '../saga/world.ts'
import { forEachBackend, type TestBackend } from '../support/queue-backends.ts'
import { filledAtPaxos, withdrawManually } from '../tour/account-at-paxos.ts'
import { accountsOf } from '../tour/accounts-of.ts'
import { requestOf, TESTER, useCasesOf } from '../tour/trader.ts'
import { type Instant, instantsOn } from './instants.ts'
import { openStage } from './stage.ts'

const RECOVERED = { withinMs: 80_000 }

/** The writes of a closing that sells: its own, those of the sale, and the last call to Paxos. */
const INSTANTS: readonly Instant[] = [
  'before closingLedger.commit #1',
  'after closingLedger.commit #1',
  'before orderLedger.commit #1',
  'after orderLedger.commit #1',
  'before closingLedger.commit #2',
  'after closingLedger.commit #2',
  'during paxos.orders.create #1',
  'after paxos.orders.create #1',
  'before paxos.accounts.disable #1',
  'during paxos.accounts.disable #1',
  'after paxos.accounts.disable #1',
]

/** A customer with bitcoin and no cash, and a worker that dies at this instant while the account is closed. Resolves with what Paxos has at the end. */
async function closeAndCrash(backend: TestBackend, dieAt: Instant) {
  const stage = await openStage(backend)
  const api = await startPipeline({
    ...{ databaseUrl: stage.databaseUrl, backend: stage.backend, paxos: stage.sandbox, concurrency: 0 },
    notices: { url: 'http://127.0.0.1:9/', secret: NOTICE_SECRET },
  })
  try {
    const first = await stage.start()
    const event = await stage.decided()
    await stage.deliver(first, [event])
    const ready = await eventually(
      () => api.ledger.load(event.identityId),
      (seen) => seen?.onboarding.state === 'ready',
    )
    const accountId = ready?.onboarding.accountId ?? ''
    const trading = useCasesOf(api)
    const fund = () => trading.fundAccount({ accountId, idempotencyKey: 'fund', asset: 'USD', amount: '1000.00' }, TESTER)
    await eventually(fund, ({ deposit }) => deposit.state === 'completed')
    const request = requestOf({ side: 'BUY', market: 'BTCUSD', type: 'MARKET', quoteAmount: '250.00' })
    const { order } = await trading.placeOrder({ accountId, idempotencyKey: 'buy', request }, TESTER)
    await eventually(
      () => trading.getOrder(order.orderId),
      (seen) => seen?.settled === true,
    )
    await first.stop()
    withdrawManually(stage.sandbox, accountId, 'USD')

    const accounts = accountsOf(api)
    const child = await stage.start({ dieAt })
    const asked = accounts.closeAccount({ accountId, idempotencyKey: 'close', reason: 'the customer asked for it' }, TESTER)
    /** The person takes out the proceeds as soon as the closing asks for it. */
    const help = async () => {
      const closing = await accounts.getClosing(accountId).catch(() => null)
      if (closing?.state === 'waiting') {
        withdrawManually(stage.sandbox, accountId, 'USD')
        await api.inbox.setTimer({ streamId: closing.closingId, name: CONTINUE_CLOSING, dueAt: new Date() })
      }
      return closing
    }
    let died = false
    void child.died.then(() => {
      died = true
    })
    await eventually(help, () => died, RECOVERED)
    await stage.start()
    await asked
    await eventually(help, (closing) => closing?.state === 'closed', RECOVERED)
    const filled = filledAtPaxos(stage.sandbox, accountId)
    const [buy] = filled
    return { filled, bought: buy?.amount, disabled: stage.sandbox.accounts.get(accountId)?.userDisabled }
  } finally {
    await api.close()
    await stage.close()
  }
}

forEachBackend((backend) => {
  // Side by side: each mostly waits for the rescue of a job.
  describe('A8, A45: when the worker is killed', () => {
    it.concurrent.each(instantsOn(backend, INSTANTS))(
      '%s, everything is sold exactly once and the account is disabled',
      { timeout: 120_000 },
      async (dieAt) => {
        const { filled, bought, disabled } = await closeAndCrash(backend, dieAt)
        expect(filled).toEqual([
          { side: 'BUY', market: 'BTCUSD', amount: bought },
          { side: 'SELL', market: 'BTCUSD', amount: bought },
        ])
        expect(disabled).toBe(true)
      },
    )
  })
})
