import type { FurtherAccountRecord } from '../../src/ledger/read-accounts.ts'
import type { OrderStory, TradingUseCases } from '../../src/operate/trading/order-use-cases.ts'
import type { QuoteExecutionStory } from '../../src/operate/trading/quote-use-cases.ts'
import type { InstructionsStory } from '../../src/operate/trading/transfer-use-cases.ts'
import { type Pipeline, startPipeline } from '../saga/start-pipeline.ts'
import { eventually, NOTICE_SECRET } from '../saga/world.ts'
import type { TestBackend } from '../support/queue-backends.ts'
import { accountsOf } from '../tour/accounts-of.ts'
import { bankOf } from '../tour/bank.ts'
import { requestOf, TESTER, useCasesOf } from '../tour/trader.ts'
import type { Instant } from './instants.ts'
import { openStage, type Stage } from './stage.ts'

const BUY = { side: 'BUY', market: 'BTCUSD', type: 'MARKET', quoteAmount: '250.00' }
const RECOVERED = { withinMs: 80_000 }

/** A ready customer whose orders are requested here and worked on by processes that may be killed. */
export interface SandboxTrader {
  fund(amount: string): Promise<void>
  /** Requests a deposit while a worker runs that dies at this instant, then starts another worker. */
  fundAndCrash(amount: string, dieAt: Instant): Promise<void>
  /** The same for an order. */
  placeAndCrash(dieAt: Instant): Promise<{ orderId: string }>
  /** The same for the execution of a quote, until it has ended. */
  executeAndCrash(dieAt: Instant): Promise<QuoteExecutionStory>
  /** The same for deposit instructions, until Paxos has created or refused them. */
  instructAndCrash(dieAt: Instant): Promise<InstructionsStory>
  /** The same for a wire that follows instructions, until it and its event are completed. */
  wireAndCrash(amount: string, dieAt: Instant): Promise<void>
  /** The same for a wire that we send, until it, its transfer and their events are completed. */
  sendWireAndCrash(amount: string, dieAt: Instant): Promise<void>
  /** The same for a joint account with another customer, until Paxos has opened it and the application was notified. */
  openJointAndCrash(dieAt: Instant): Promise<{
    account: FurtherAccountRecord
    /** The accounts at Paxos under the keys of joint accounts. */
    atPaxos: { id: string; profileId: string; owners: string[] }[]
  }>
  /** Payloads that the vault keeps. */
  sealed(): Promise<number>
  instructionsAtPaxos(): number
  /** The distinct notification keys of this form. */
  toldKeys(form: RegExp): string[]
  executionsAtPaxos(): Promise<number>
  ended(orderId: string): Promise<OrderStory>
  ordersAtPaxos(orderId: string): Promise<number>
  balance(asset: string): Promise<string>
  drift(): Promise<string[]>
  close(): Promise<void>
}

export async function openSandboxTrader(backend: TestBackend): Promise<SandboxTrader> {
  const stage = await openStage(backend)
  /** The API's side, which requests and works on nothing. */
  const api = await startPipeline({
    databaseUrl: stage.databaseUrl,
    backend: stage.backend,
    paxos: stage.sandbox,
    notices: { url: 'http://127.0.0.1:9/', secret: NOTICE_SECRET },
    concurrency: 0,
  })
  const useCases = useCasesOf(api)
  const { accountId, identityId } = await openAccount(stage, api)
  const asset = async (name: string) => (await useCases.getBalances(accountId)).items.find((each) => each.asset === name)
  const deposit = (amount: string) => useCases.fundAccount({ accountId, idempotencyKey: 'fund', asset: 'USD', amount }, TESTER)
  const instruct = () =>
    useCases.requestInstructions({ accountId, idempotencyKey: 'wire-in', network: 'WIRE', routingNumberType: null }, TESTER)
  const instructed = async (): Promise<InstructionsStory> => {
    const { instructions } = await eventually(instruct, (seen) => !['submitting', 'unknown'].includes(seen.instructions.state), RECOVERED)
    return instructions
  }
  const funded = (amount: string) =>
    eventually(
      () => deposit(amount),
      (seen) => seen.deposit.state === 'completed',
      RECOVERED,
    )
  return {
    fund: async (amount) => {
      const child = await stage.start()
      await funded(amount)
      await child.stop()
    },
    fundAndCrash: async (amount, dieAt) => {
      await crashed(stage, dieAt, () => deposit(amount))
      await funded(amount)
    },
    placeAndCrash: async (dieAt) => {
      const place = () => useCases.placeOrder({ accountId, idempotencyKey: 'buy', request: requestOf(BUY) }, TESTER)
      return (await crashed(stage, dieAt, place)).order
    },
    executeAndCrash: async (dieAt) => {
      const quote = (await useCases.listQuotes('BTCUSD')).find(({ side }) => side === 'BUY')
      const asked = { accountId, idempotencyKey: 'held', quoteId: quote?.id ?? '', baseAmount: null, quoteAmount: '250.00' }
      const { execution } = await crashed(stage, dieAt, () => useCases.executeQuote(asked, TESTER))
      return executed(useCases, execution.executionId)
    },
    instructAndCrash: async (dieAt) => {
      await crashed(stage, dieAt, instruct)
      return instructed()
    },
    wireAndCrash: async (amount, dieAt) => {
      const first = await stage.start()
      await instruct()
      const instructions = await instructed()
      await first.stop()
      bankOf(stage.sandbox).wire(instructions, amount)
      const events = await eventually(
        () => bankOf(stage.sandbox).events(),
        ({ length }) => length === 2,
      )
      const child = await stage.start({ dieAt })
      await stage.deliver(child, events.slice(1))
      await child.died
      await stage.start()
      await eventually(
        () => stage.inbox(),
        (rows) => rows.every(({ state }) => state === 'processed'),
        RECOVERED,
      )
    },
    sendWireAndCrash: async (amount, dieAt) => {
      const child = await stage.start({ dieAt })
      await instruct()
      const { instructionsId } = await instructed()
      const send = () => useCases.sendWire({ instructionsId, idempotencyKey: 'send', asset: 'USD', amount }, TESTER)
      const asked = send()
      await child.died
      const survivor = await stage.start()
      await asked
      await eventually(send, ({ wire }) => wire.state === 'sent', RECOVERED)
      const events = await eventually(
        () => bankOf(stage.sandbox).events(),
        ({ length }) => length === 2,
      )
      await stage.deliver(survivor, events)
      await eventually(
        () => stage.inbox(),
        (rows) => rows.every(({ state }) => state === 'processed'),
        RECOVERED,
      )
    },
    openJointAndCrash: async (dieAt) => {
      const other = await openAccount(stage, api)
      const members = [{ identityId: other.identityId, roles: ['BENEFICIAL_OWNER'] as const }]
      const asked = { identityId, idempotencyKey: 'joint', type: 'BROKERAGE' as const, description: 'both of them', members }
      const ask = () => accountsOf(api).openAccount(asked, TESTER)
      await crashed(stage, dieAt, ask)
      const { account } = await eventually(ask, (seen) => seen.account.state === 'opened', RECOVERED)
      await eventually(
        () => stage.inbox(),
        (rows) => rows.every(({ state }) => state === 'processed'),
        RECOVERED,
      )
      const joint = stage.sandbox.accounts.all.filter(({ refId }) => refId?.startsWith('gatehouse-open-account-'))
      const ownersOf = (each: (typeof joint)[number]) => [each.identityId, ...each.members.map((member) => member.identity_id)]
      return { account, atPaxos: joint.map((each) => ({ id: each.id, profileId: each.profile?.id ?? '', owners: ownersOf(each) })) }
    },
    sealed: async () => Number((await stage.pool.query('SELECT count(*) FROM sealed_payload')).rows[0].count),
    instructionsAtPaxos: () => stage.sandbox.transfers.instructions.length,
    toldKeys: (form) => [...new Set(stage.sends.map(({ key }) => key).filter((key) => form.test(key)))],
    executionsAtPaxos: async () => {
      const { profileId } = await useCases.getAccount(accountId)
      return (await api.paxos.quoteExecutions.list(profileId, { createdFrom: new Date(0) })).length
    },
    ended: (orderId) => ended(useCases, orderId),
    ordersAtPaxos: async (orderId) => (await api.paxos.orders.list({ refIds: [`gatehouse-place-order-${orderId}`] })).orders.length,
    balance: async (name) => String((await asset(name))?.available ?? '0'),
    drift: async () => {
      const { assets } = await useCases.proveBalances(accountId)
      return assets.filter(({ drift }) => !drift.isZero()).map(({ asset: name, drift }) => `${drift} ${name}`)
    },
    close: async () => {
      await api.close()
      await stage.close()
    },
  }
}

/** A worker that dies at this instant during `ask`, then one that lives. */
async function crashed<T>(stage: Stage, dieAt: Instant, ask: () => Promise<T>): Promise<T> {
  const child = await stage.start({ dieAt })
  const asked = ask()
  await child.died
  await stage.start()
  return asked
}

async function openAccount(stage: Stage, api: Pipeline): Promise<{ accountId: string; identityId: string }> {
  const child = await stage.start()
  const event = await stage.decided()
  await stage.deliver(child, [event])
  const stored = await eventually(
    () => api.ledger.load(event.identityId),
    (seen) => seen?.onboarding.state === 'ready',
  )
  await child.stop()
  return { accountId: stored?.onboarding.accountId ?? '', identityId: event.identityId }
}

async function ended(useCases: TradingUseCases, orderId: string): Promise<OrderStory> {
  const order = await eventually(
    () => useCases.getOrder(orderId),
    (seen) => seen?.settled === true,
    RECOVERED,
  )
  if (!order) throw new Error('unreachable')
  return order
}

async function executed(useCases: TradingUseCases, executionId: string): Promise<QuoteExecutionStory> {
  const execution = await eventually(
    () => useCases.getQuoteExecution(executionId),
    (seen) => seen?.state === 'settled' || seen?.state === 'rejected',
    RECOVERED,
  )
  if (!execution) throw new Error('unreachable')
  return execution
}
