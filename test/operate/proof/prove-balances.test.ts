import { describe, expect, it } from 'vitest'
import { Amount } from '../../../src/domain/money.ts'
import type { FlowRecord } from '../../../src/ledger/read-flows.ts'
import { type ProofParts, proveBalances } from '../../../src/operate/proof/prove-balances.ts'
import type { PaxosExecution } from '../../../src/paxos/executions.ts'
import type { PaxosTransfer } from '../../../src/paxos/transfers.ts'

const ACCOUNT = {
  accountId: 'a',
  identityId: 'i',
  profileId: 'p',
  refId: null,
  onboardingState: 'ready',
  openedAt: null,
  closing: null,
  accountKey: null,
  type: 'BROKERAGE',
  owners: [],
  members: [],
} as const

function flow(entryNo: number, asset: string, amount: string, over: Partial<FlowRecord> = {}): FlowRecord {
  const at = new Date(Date.UTC(2026, 2, 1, 12, 0, entryNo))
  return { streamId: 'order-1', entryNo, at, asset, amount: Amount.of(amount), because: 'execution', source: `x${entryNo}`, ...over }
}

function execution(id: string, second: number, amount: string, price = '2000'): PaxosExecution {
  const fees = { commission: null, commissionAsset: null, rebate: null, rebateAsset: null, grossTradeAmount: null }
  const at = `2026-03-01T12:00:0${second}Z`
  return { id, orderId: 'o', executedAt: at, market: 'ETHUSD', side: 'BUY', amount: Amount.of(amount), price: Amount.of(price), ...fees }
}

async function proof(
  flows: readonly FlowRecord[],
  balances: Record<string, [string, string]>,
  executions: readonly PaxosExecution[] = [],
  more: { transfers?: PaxosTransfer[]; takenOverAt?: Date } = {},
) {
  const items = Object.entries(balances).map(([asset, [available, trading]]) => ({
    asset,
    available: Amount.of(available),
    trading: Amount.of(trading),
  }))
  const paxos = {
    balances: { list: async () => items },
    executions: { listOfOrder: async () => [], listOfAccount: async () => [...executions] },
    transfers: { listOfProfile: async () => more.transfers ?? [] } as unknown as ProofParts['paxos']['transfers'], // the proof asks for nothing else
  }
  const takenOverAt = async () => more.takenOverAt ?? null
  const { assets } = await proveBalances({ paxos, flows: async () => [...flows], takenOverAt, now: () => 0 }, ACCOUNT)
  return JSON.parse(JSON.stringify(assets)) as {
    asset: string
    opening: string
    drift: string
    firstBreak: Record<string, string> | null
  }[]
}

function transfer(id: string, second: number, total: string, over: Partial<PaxosTransfer> = {}): PaxosTransfer {
  const at = `2026-03-01T12:00:0${second}Z`
  return {
    ...{ id, profileId: 'p', accountId: 'a', refId: null, amount: Amount.of(total), total: Amount.of(total), fee: Amount.zero },
    ...{ asset: 'USD', direction: 'CREDIT', type: 'WIRE_DEPOSIT', status: 'COMPLETED', memo: null, createdAt: at, updatedAt: at },
    ...over,
  }
}

const deposit = flow(1, 'USD', '10000', { because: 'deposit', source: 'd1' })

describe('the proof of balances', () => {
  it('A28: adds up to the balance, with funds held by orders', async () => {
    const flows = [deposit, flow(2, 'ETH', '1'), flow(3, 'USD', '-2000', { source: 'x2' })]
    expect(await proof(flows, { USD: ['7000', '1000'], ETH: ['1', '0'] })).toMatchObject([
      { asset: 'ETH', drift: '0', firstBreak: null },
      { asset: 'USD', drift: '0', firstBreak: null },
    ])
  })

  it.each([
    ['10000.00000001', '0.00000001'],
    ['9999.99999999', '-0.00000001'],
  ])('A30: shows drift with its sign, to the last unit (%s)', async (balance, drift) => {
    expect(await proof([deposit], { USD: [balance, '0'] })).toMatchObject([{ drift, firstBreak: { kind: 'unexplained' } }])
  })

  it('A27: compares the assets of both sides', async () => {
    const seen = await proof([deposit, flow(2, 'ETH', '1')], { USD: ['10000', '0'], BTC: ['0.5', '0'] })
    expect(seen.filter(({ drift }) => drift !== '0').map(({ asset, drift }) => [asset, drift])).toEqual([
      ['BTC', '0.5'],
      ['ETH', '-1'],
    ])
  })

  it('names the first of several movements at which both sides differ', async () => {
    const flows = [deposit, flow(2, 'ETH', '1', { source: 'x1' }), flow(4, 'ETH', '3', { source: 'x3' })]
    const executions = [execution('x1', 2, '1'), execution('x2', 3, '2'), execution('x3', 4, '4')]
    const eth = (await proof(flows, { USD: ['10000', '0'], ETH: ['7', '0'] }, executions)).find(({ asset }) => asset === 'ETH')
    expect(eth).toMatchObject({ drift: '3', firstBreak: { kind: 'missing-here', source: 'x2', at: '2026-03-01T12:00:03Z', amount: '2' } })
  })

  it('A26: names an execution that Paxos no longer has, and changes nothing', async () => {
    const flows = [flow(1, 'ETH', '1', { source: 'x1' }), flow(2, 'ETH', '2', { source: 'x2' })]
    const [eth] = await proof(flows, { ETH: ['1', '0'] }, [execution('x1', 1, '1')])
    expect(eth).toMatchObject({ drift: '-2', firstBreak: { kind: 'missing-at-paxos', entry: 'order-1#2', amount: '-2' } })
  })

  it('A28: names a transfer that only Paxos has', async () => {
    const seen = await proof([deposit], { USD: ['10120.33', '0'] }, [], { transfers: [transfer('t1', 5, '120.33')] })
    const firstBreak = { kind: 'missing-here', source: 't1', at: '2026-03-01T12:00:05Z', amount: '120.33' }
    expect(seen).toMatchObject([{ asset: 'USD', drift: '120.33', firstBreak }])
  })

  it('A32: names the entry of a deposit that Paxos took back after its end', async () => {
    const credited = flow(2, 'USD', '120.33', { because: 'transfer', source: 't1', streamId: 'transfer-1' })
    const back = transfer('t1', 7, '120.33', { status: 'FAILED' })
    const seen = await proof([deposit, credited], { USD: ['10000', '0'] }, [], { transfers: [back] })
    expect(seen).toMatchObject([{ drift: '-120.33', firstBreak: { kind: 'different-amount', entry: 'transfer-1#2', amount: '-120.33' } }])
  })

  it('A19: names the entry of an execution that Paxos annulled after the order was settled, the earliest first', async () => {
    const flows = [flow(1, 'ETH', '1', { source: 'x1' }), flow(2, 'ETH', '2', { source: 'x2' }), flow(3, 'ETH', '4', { source: 'x3' })]
    const [eth] = await proof(flows, { ETH: ['1', '0'] }, [execution('x1', 1, '1')])
    expect(eth).toMatchObject({ drift: '-6', firstBreak: { kind: 'missing-at-paxos', entry: 'order-1#2', source: 'x2', amount: '-2' } })
  })

  it('counts what an account held when Gatehouse took it over as its opening balance, and nothing later', async () => {
    const transfers = [transfer('old', 1, '500'), transfer('new', 9, '7')]
    const flows = [flow(8, 'USD', '40', { because: 'deposit', source: 'd1' })]
    const seen = await proof(flows, { USD: ['547', '0'] }, [], { transfers, takenOverAt: new Date('2026-03-01T12:00:05Z') })
    expect(seen).toMatchObject([{ opening: '500', drift: '7', firstBreak: { kind: 'missing-here', source: 'new', amount: '7' } }])
    const own = await proof(flows, { USD: ['547', '0'] }, [], { transfers })
    expect(own).toMatchObject([{ opening: '0', drift: '507', firstBreak: { source: 'old' } }])
  })

  it('takes USD for the quote asset of a market whose base begins with USD', async () => {
    const bought: PaxosExecution = { ...execution('x1', 1, '10', '1'), market: 'USDGUSD' }
    const flows = [flow(1, 'USDG', '10', { source: 'x1' }), flow(1, 'USD', '-10', { source: 'x1' }), flow(2, 'USD', '3', { source: 'x2' })]
    const usd = (await proof(flows, { USDG: ['10', '0'], USD: ['-10', '0'] }, [bought])).find(({ asset }) => asset === 'USD')
    expect(usd).toMatchObject({ firstBreak: { kind: 'missing-at-paxos', source: 'x2', amount: '-3' } })
  })
})
