import { describe, expect, it } from 'vitest'
import { type ClosingSnapshot, openClosing, SELL_HOLDINGS, stopClosing } from '../../../src/domain/account/account-closing.ts'
import { CLOSING_RULES } from '../../../src/domain/account/closing-rules.ts'
import type { ClosingSeen } from '../../../src/domain/account/plan-closing.ts'
import { type Draft, recordReceipt } from '../../../src/domain/effect.ts'
import { Amount } from '../../../src/domain/money.ts'
import { draftOf } from '../../../src/domain/stream.ts'
import type { MarketRules } from '../../../src/domain/trade/preview-order.ts'

const MACHINE = { attempts: 0, authority: 'machine', replayed: false, fresh: false } as const
const ID = `closing-${'a'.repeat(32)}`
const MARKET: MarketRules = {
  ...{ market: 'BTCUSD', baseAsset: 'BTC', quoteAsset: 'USD', tickRate: null, minQuoteAmount: null, maxQuoteAmount: null },
  ...{ minBaseAmount: Amount.of('0.0001'), maxBaseAmount: Amount.of('5'), buy: { available: true, reason: null } },
  sell: { available: true, reason: null },
}

const opened = (): Draft<ClosingSnapshot> =>
  draftOf<ClosingSnapshot>(openClosing({ closingId: ID, accountId: 'account', identityId: 'identity', profileId: 'profile' }, 0))

/** The account has these available amounts and nothing under way. */
function holding(
  available: Record<string, string>,
  more: Partial<ClosingSeen> & { market?: Partial<MarketRules>; trading?: string } = {},
): ClosingSeen {
  const { market, trading = '0', ...seen } = more
  const balances = Object.entries(available).map(([asset, text]) => ({ asset, available: Amount.of(text), trading: Amount.of(trading) }))
  return { unfinished: [], ends: [], holdings: { balances, markets: [{ ...MARKET, ...market }] }, stopped: null, now: 1_000, ...seen }
}

function decide(draft: Draft<ClosingSnapshot>, seen: ClosingSeen): Draft<ClosingSnapshot> {
  const decided = CLOSING_RULES.decide(draft, seen, MACHINE)
  if (decided.kind !== 'decided') throw new Error('unreachable')
  return draftOf<ClosingSnapshot>(decided.draft)
}

/** The round's orders are on record. */
function placed(draft: Draft<ClosingSnapshot>): Draft<ClosingSnapshot> {
  const effect = draft.effects.find(({ kind, state }) => kind === SELL_HOLDINGS && state === 'intended')
  if (!effect) throw new Error('no round is open')
  const receipt = { kind: 'sales-placed', orders: JSON.stringify({ BTC: `order-${effect.number}` }) }
  return draftOf<ClosingSnapshot>(CLOSING_RULES.afterReceipt(recordReceipt(draft, effect.step, receipt), effect, receipt))
}

describe('A45: the closing of an account', () => {
  it('cancels each open order once, and waits while anything is under way', () => {
    const unfinished = [
      { kind: 'order', id: 'order-1', state: 'open' },
      { kind: 'transfer', id: 'transfer-1', state: 'pending' },
    ] as const
    const first = decide(opened(), { ...holding({}), unfinished, holdings: null })
    expect(first.closing).toMatchObject({ state: 'cancelling', cancels: ['order-1'] })
    expect(first.closing.blocks.map(({ detail }) => detail)).toEqual(['order order-1 open', 'transfer transfer-1 pending'])
    const again = decide(first, { ...holding({}), unfinished, holdings: null })
    expect(again.effects.map(({ step }) => step)).toEqual(['request-cancellations'])
  })

  it('never decides a second sale while the orders of a round are not all on record', () => {
    const selling = decide(opened(), holding({ BTC: '1.5', USD: '3' }))
    expect(selling.closing).toMatchObject({ state: 'selling', round: 1, sales: [{ asset: 'BTC', amount: '1.5', market: 'BTCUSD' }] })
    const again = decide(selling, holding({ BTC: '2.5' }))
    expect(again.closing).toEqual(selling.closing)
    expect(again.effects.map(({ key }) => key)).toEqual([`gatehouse-sell-holdings-${ID}`])
  })

  it('gives each round a key of its own, made from the id and the number of the round', () => {
    const one = placed(decide(opened(), holding({ BTC: '7' })))
    expect(one.closing.sales).toMatchObject([{ amount: '5', orderId: 'order-1' }]) // the market's largest
    const ends = [{ asset: 'BTC', state: 'filled', reason: null, filled: true }] as const
    const two = decide(one, holding({ BTC: '2' }, { ends }))
    expect(two.closing).toMatchObject({ round: 2, sales: [{ amount: '2', orderId: null }] })
    expect(two.effects.map(({ key }) => key)).toEqual([`gatehouse-sell-holdings-${ID}`, `gatehouse-sell-holdings.2-${ID}`])
  })

  it('waits longer after each refused sale, and halves one that was too large', () => {
    const refused = [{ asset: 'BTC', state: 'rejected', reason: 'notional-value-too-large', filled: false }] as const
    const one = placed(decide(opened(), holding({ BTC: '4' })))
    const resting = decide(one, holding({ BTC: '4' }, { ends: refused, now: 60_999 }))
    expect(resting.closing).toMatchObject({ state: 'waiting', round: 1, blocks: [{ kind: 'sale-refused', amount: '4' }] })
    const two = placed(decide(resting, holding({ BTC: '4' }, { ends: refused, now: 61_000 })))
    expect(two.closing).toMatchObject({ round: 2, refusals: 1, sales: [{ amount: '2' }] })
    expect(decide(two, holding({ BTC: '4' }, { ends: refused, now: 61_000 + 119_999 })).closing.state).toBe('waiting')
    expect(decide(two, holding({ BTC: '4' }, { ends: refused, now: 61_000 + 120_000 })).closing).toMatchObject({ round: 3, refusals: 2 })
  })

  it.each([
    ['cash', holding({ USD: '0.5' }), { amount: '0.5', asset: 'USD' }],
    ['dust', holding({ BTC: '0.00000001' }), { detail: 'BTCUSD 0.0001' }],
    ['no-market', holding({ XYZ: '1' }), { asset: 'XYZ' }],
    [
      'market-closed',
      holding({ BTC: '1' }, { market: { sell: { available: false, reason: 'TRADING_SUSPENDED' } } }),
      { detail: 'BTCUSD TRADING_SUSPENDED' },
    ],
    ['owner-stopped', holding({ BTC: '1' }, { stopped: { identityId: 'other', state: 'frozen' } }), { detail: 'other frozen' }],
    ['owes', holding({ USD: '-5' }), { amount: '-5' }],
    ['foreign-order', holding({ BTC: '0' }, { trading: '1' }), { amount: '1' }],
  ])('waits and names %s', (kind, seen, block) => {
    const waiting = decide(opened(), seen)
    expect(waiting.closing).toMatchObject({ state: 'waiting', round: 0, blocks: [{ kind, ...block }] })
    expect(waiting.effects).toEqual([])
  })

  it('disables the empty account, and waits again when money arrived meanwhile', () => {
    const finishing = decide(opened(), holding({ USD: '0', BTC: '0' }))
    expect(finishing.closing.state).toBe('finishing')
    const [effect] = finishing.effects
    const notEmpty = { kind: 'account-not-empty' }
    const waiting = draftOf<ClosingSnapshot>(
      CLOSING_RULES.afterReceipt(recordReceipt(finishing, effect!.step, notEmpty), effect!, notEmpty),
    )
    expect(waiting.closing.state).toBe('waiting')
    expect(decide(waiting, holding({})).effects.map(({ step }) => step)).toEqual(['disable-account', 'disable-account:2'])
  })

  it('is stopped only while nothing irreversible is under way', () => {
    expect(stopClosing(opened())?.closing.state).toBe('stopped')
    expect(stopClosing(decide(opened(), holding({ USD: '1' })))?.closing.state).toBe('stopped')
    expect(stopClosing(decide(opened(), holding({ BTC: '1' })))).toBeNull()
    expect(stopClosing(decide(opened(), holding({})))).toBeNull()
    const stopped = draftOf<ClosingSnapshot>(stopClosing(opened())!)
    expect(CLOSING_RULES.decide(stopped, holding({ BTC: '1' }), MACHINE)).toMatchObject({
      outcome: { kind: 'ignored', because: 'already-stopped' },
    })
  })
})
