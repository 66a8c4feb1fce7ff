import { describe, expect, it } from 'vitest'
import { forEachBackend } from '../support/queue-backends.ts'
import { type Instant, instantsOn } from './instants.ts'
import { openSandboxTrader, type SandboxTrader } from './sandbox-trader.ts'

/** Each write of an order, cut before, during and after. */
const ORDER: readonly Instant[] = [
  'before orderLedger.commit #1',
  'after orderLedger.commit #1',
  'before paxos.orders.create #1',
  'during paxos.orders.create #1',
  'after paxos.orders.create #1',
  'before orderLedger.commit #2',
  'after orderLedger.commit #2',
  'before notices.send #1',
  'during notices.send #1',
  'after notices.send #1',
]
/** A deposit has no ref_id: the balance tells. */
const DEPOSIT: readonly Instant[] = [
  'before depositLedger.commit #1',
  'after depositLedger.commit #1',
  'before paxos.deposits.fundSandbox #1',
  'during paxos.deposits.fundSandbox #1',
  'after paxos.deposits.fundSandbox #1',
  'before depositLedger.commit #2',
  'after depositLedger.commit #2',
  'before notices.send #1',
  'during notices.send #1',
  'after notices.send #1',
]

/** The execution of a quote is found in the profile's list, and by the 409. */
const QUOTE: readonly Instant[] = [
  'before quoteLedger.commit #1',
  'after quoteLedger.commit #1',
  'before paxos.quoteExecutions.create #1',
  'during paxos.quoteExecutions.create #1',
  'after paxos.quoteExecutions.create #1',
  'before quoteLedger.commit #2',
  'after quoteLedger.commit #2',
  'before paxos.quoteExecutions.get #1',
  'after paxos.quoteExecutions.get #1',
]

/** Deposit instructions are found by their ref_id. */
const INSTRUCTIONS: readonly Instant[] = [
  'before instructionsLedger.commit #1',
  'after instructionsLedger.commit #1',
  'before paxos.deposits.createInstructions #1',
  'during paxos.deposits.createInstructions #1',
  'after paxos.deposits.createInstructions #1',
  'before instructionsLedger.commit #2',
  'after instructionsLedger.commit #2',
]

/** A joint account is found by its ref_id among the accounts of its primary owner. */
const JOINT_ACCOUNT: readonly Instant[] = [
  'before accountLedger.commit #1',
  'after accountLedger.commit #1',
  'before paxos.accounts.create #1',
  'during paxos.accounts.create #1',
  'after paxos.accounts.create #1',
  'before accountLedger.commit #2',
  'after accountLedger.commit #2',
  'before accountLedger.commit #3',
  'after accountLedger.commit #3',
  'before notices.send #1',
  'during notices.send #1',
  'after notices.send #1',
]

/** A transfer requests nothing from Paxos: it is read, committed, and notified. */
const WIRE: readonly Instant[] = [
  'before paxos.transfers.get #1',
  'after paxos.transfers.get #1',
  'before transferLedger.commit #1',
  'after transferLedger.commit #1',
  'before notices.send #1',
  'during notices.send #1',
  'after notices.send #1',
  'after transferLedger.commit #2',
]

/** A wire that is sent by us has no ref_id: the list of transfers tells. */
const SENT_WIRE: readonly Instant[] = [
  'before wireLedger.commit #1',
  'after wireLedger.commit #1',
  'before paxos.deposits.sendWire #1',
  'during paxos.deposits.sendWire #1',
  'after paxos.deposits.sendWire #1',
  'before wireLedger.commit #2',
  'after wireLedger.commit #2',
]

forEachBackend((backend) => {
  const killedAt = (instants: readonly Instant[]) => it.concurrent.each(instantsOn(backend, instants))

  const withTrader = async (work: (trader: SandboxTrader) => Promise<void>): Promise<void> => {
    const trader = await openSandboxTrader(backend)
    try {
      await work(trader)
    } finally {
      await trader.close()
    }
  }

  // Side by side: each mostly waits for the rescue of a job.
  describe('A8, A12: when the worker is killed', () => {
    killedAt(ORDER)('%s, the order is placed exactly once and its money is proved', { timeout: 120_000 }, (dieAt) =>
      withTrader(async (trader) => {
        await trader.fund('10000.00')
        const { orderId } = await trader.placeAndCrash(dieAt)
        expect(await trader.ended(orderId)).toMatchObject({ state: 'filled', settled: true })
        expect(await trader.ordersAtPaxos(orderId)).toBe(1)
        expect(await trader.drift()).toEqual([])
      }),
    )

    killedAt(QUOTE)('%s, the quote is executed at most once and its money is proved', { timeout: 120_000 }, (dieAt) =>
      withTrader(async (trader) => {
        await trader.fund('10000.00')
        const { state, reason } = await trader.executeAndCrash(dieAt)
        // The crash may outlast the quote: then nothing was sent, and the execution says why.
        expect([state, reason]).toEqual(state === 'settled' ? ['settled', null] : ['rejected', 'quote-expired'])
        expect(await trader.balance('USD')).toBe(state === 'settled' ? '9750' : '10000')
        expect(await trader.executionsAtPaxos()).toBe(state === 'settled' ? 1 : 0)
        expect(await trader.drift()).toEqual([])
      }),
    )

    killedAt(INSTRUCTIONS)('%s, deposit instructions are made exactly once', { timeout: 120_000 }, (dieAt) =>
      withTrader(async (trader) => {
        expect(await trader.instructAndCrash(dieAt)).toMatchObject({ state: 'created' })
        expect(trader.instructionsAtPaxos()).toBe(1)
      }),
    )

    killedAt(JOINT_ACCOUNT)('A44: %s, a joint account is opened exactly once', { timeout: 120_000 }, (dieAt) =>
      withTrader(async (trader) => {
        const { account, atPaxos } = await trader.openJointAndCrash(dieAt)
        expect(account).toMatchObject({ state: 'opened', owners: [expect.any(String), expect.any(String)] })
        expect(atPaxos.map(({ id, profileId, owners }) => [id, profileId, owners])).toEqual([
          [account.accountId, account.profileId, account.owners],
        ])
        expect(trader.toldKeys(/^notice_account_opened_1_account-/)).toHaveLength(1)
        expect(await trader.sealed()).toBe(0)
      }),
    )

    killedAt(WIRE)('%s, a wire is credited exactly once and notified under one key', { timeout: 120_000 }, (dieAt) =>
      withTrader(async (trader) => {
        await trader.wireAndCrash('150.33', dieAt)
        expect(await trader.balance('USD')).toBe('120.33')
        expect(await trader.drift()).toEqual([])
        expect(trader.toldKeys(/^notice_deposit_completed_/)).toHaveLength(1)
      }),
    )

    killedAt(SENT_WIRE)('%s, the wire is sent exactly once and its money is proved', { timeout: 120_000 }, (dieAt) =>
      withTrader(async (trader) => {
        await trader.sendWireAndCrash('150.33', dieAt)
        expect(await trader.balance('USD')).toBe('120.33')
        expect(await trader.drift()).toEqual([])
        expect(trader.toldKeys(/^notice_deposit_completed_/)).toHaveLength(1)
      }),
    )

    killedAt(DEPOSIT)('%s, the deposit is made exactly once', { timeout: 120_000 }, (dieAt) =>
      withTrader(async (trader) => {
        await trader.fundAndCrash('10000.00', dieAt)
        expect(await trader.balance('USD')).toBe('10000')
        expect(await trader.drift()).toEqual([])
      }),
    )
  })
})
