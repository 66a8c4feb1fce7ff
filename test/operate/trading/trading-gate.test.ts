import { describe, expect, it } from 'vitest'
import type { OrderSide } from '../../../src/domain/trade/order.ts'
import type { AccountRecord } from '../../../src/ledger/read-accounts.ts'
import { requireTradable } from '../../../src/operate/trading/trading-gate.ts'
import type { PaxosClient } from '../../../src/paxos/paxos-client.ts'

const ENDS_AT = '2026-03-31T12:00:00.000Z'

function trades(
  { status = 'APPROVED', controls = [] as string[], refresh = null as string | null, closing = null as string | null },
  { side, now = Date.parse(ENDS_AT) - 1 }: { side: OrderSide; now?: number },
): Promise<boolean> {
  const requirements = refresh === null ? [] : [{ type: 'KYC_REFRESH', status: 'PENDING', codes: [refresh], awaiting: 'CLIENT' }]
  const active = controls.map((type) => ({ id: type, type, setBy: 'CLIENT', reasonCode: 'OTHER' }))
  const identity = { id: 'identity', status, statusDetails: { requirements, controls: active } }
  const paxos = { identities: { get: async () => identity } } as unknown as PaxosClient // nothing else is asked
  const account = {
    ...{ accountId: 'account', identityId: 'identity', closing: closing === null ? null : { closingId: 'closing-1', state: closing } },
    owners: [{ identityId: 'identity', state: 'ready', refreshEndsAt: ENDS_AT }],
  } as unknown as AccountRecord // the fields that the gate reads
  return requireTradable(paxos, account, side, now).then(
    () => true,
    (error: { code: string }) => {
      if (error.code !== 'ACCOUNT_NOT_TRADABLE') throw error
      return false
    },
  )
}

/** What may be bought and sold: paxos/api.md 4.8, and 4.9 for controls (DORMANT makes the status DISABLED, which may sell). */
const TABLE: readonly [status: string, controls: string[], buys: boolean, sells: boolean][] = [
  ['APPROVED', [], true, true],
  ['APPROVED', ['SELL_ONLY'], false, true],
  ['DISABLED', ['SELL_ONLY'], false, true],
  ['DISABLED', ['DORMANT'], false, true],
  ['DISABLED', ['CLOSED'], false, true],
  ['APPROVED', ['FROZEN'], false, false],
  ['ERROR', ['FROZEN'], false, false],
  ['DISABLED', ['DORMANT', 'FROZEN'], false, false],
  ['APPROVED', ['A_NEW_ONE'], false, false],
  ['DISABLED', [], false, true],
  ['PENDING', [], false, false],
  ['DENIED', [], false, false],
  ['A_NEW_ONE', [], false, false],
]

describe('the order gate', () => {
  it.each(TABLE)('%s with %j: buys %s, sells %s', async (status, controls, buys, sells) => {
    expect(await trades({ status, controls }, { side: 'BUY' })).toBe(buys)
    expect(await trades({ status, controls }, { side: 'SELL' })).toBe(sells)
  })

  it.each([
    ['KYC_REFRESH_REQUIRED', -1, true],
    ['KYC_REFRESH_REQUIRED', 0, false],
    ['KYC_REFRESH_OVERDUE', -1, false],
    [null, 1, true],
  ])('A38: a refresh %s at %d ms from its end: buys %s, and always sells', async (refresh, ms, buys) => {
    const now = Date.parse(ENDS_AT) + ms
    expect(await trades({ refresh }, { side: 'BUY', now })).toBe(buys)
    expect(await trades({ refresh }, { side: 'SELL', now })).toBe(true)
  })

  it.each([
    ['cancelling', true],
    ['selling', true],
    ['waiting', true],
    ['finishing', false],
    ['closed', false],
  ])('A45: while a closing is %s: no buy, and a sale %s', async (closing, sells) => {
    expect(await trades({ closing }, { side: 'BUY' })).toBe(false)
    expect(await trades({ closing }, { side: 'SELL' })).toBe(sells)
  })
})
