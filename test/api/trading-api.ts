import { type NoticeLog, startNoticeLog } from '../faults/notice-log.ts'
import { type Operator, type Reply, startOperator, TOKEN } from '../operate/start-operator.ts'
import { eventually, reaches } from '../saga/world.ts'

/** The operator API with a worker, and a ready customer with 10,000 USD. */
export interface TradingApi extends Operator {
  notices: NoticeLog
  accountId: string
  /** The account of another ready customer, without money. */
  openAccount(): Promise<string>
  /** An account at Paxos that is not ours. */
  foreignAccount(): Promise<string>
  /** One request for this account unless `path` says otherwise. `key` is its Idempotency-Key; without it the request has none. */
  ask(thing: 'orders' | 'quote-executions' | 'deposits', body: unknown, options?: { key?: string; accountId?: string }): Promise<Reply>
  /** The calls that the simulator has received until now, reads and writes apart. */
  upstream(): { reads: number; writes: number }
}

/** For `beforeAll`. `close` belongs into `afterAll`. Prices do not move. */
export async function startTradingApi(): Promise<TradingApi> {
  const notices = await startNoticeLog()
  const operator = await startOperator({ concurrency: 5, noticesUrl: notices.url, sandbox: { priceStepMs: 0, fillDelayMs: 1 } })
  const { sandbox } = operator
  let people = 0
  const openAccount = async (): Promise<string> => {
    people += 1
    const [event] = await sandbox.populate({ count: 1, refIdPrefix: `trader-${people}-`, decision: 'approve', deliver: false })
    if (!event?.identityId) throw new Error('the simulator made no identity')
    await operator.accept(event)
    const { onboarding } = await reaches(operator, event.identityId, 'ready')
    return onboarding.accountId ?? ''
  }
  const accountId = await openAccount()
  const ask: TradingApi['ask'] = (thing, body, { key, accountId: account = accountId } = {}) =>
    operator.call('POST', `/v1/accounts/${account}/${thing}`, {
      body,
      headers: { authorization: `Bearer ${TOKEN}`, ...(key === undefined ? {} : { 'idempotency-key': key }) },
    })
  const funded = await eventually(
    () => ask('deposits', { asset: 'USD', amount: '10000.00' }, { key: 'fund' }),
    ({ body }) => body.state === 'completed',
  )
  if (funded.status >= 300) throw new Error(`the deposit answers ${funded.status}`)
  return {
    ...operator,
    notices,
    accountId,
    openAccount,
    foreignAccount: async () => {
      people += 1
      const [event] = await sandbox.populate({ count: 1, refIdPrefix: `foreign-${people}-`, decision: 'approve', deliver: false })
      const asked = { identityId: event?.identityId ?? '', refId: `foreign-${people}`, type: 'BROKERAGE' } as const
      return (await operator.paxos.accounts.create(asked)).id
    },
    ask,
    upstream: () => {
      const calls = sandbox.story.of('call').filter(({ operation }) => operation !== 'POST /oauth2/token')
      const writes = calls.filter(({ operation }) => !operation.startsWith('GET ')).length
      return { reads: calls.length - writes, writes }
    },
    close: async () => {
      await operator.close()
      await notices.close()
    },
  }
}
