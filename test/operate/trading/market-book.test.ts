import { describe, expect, it } from 'vitest'
import { createMarketBook } from '../../../src/operate/trading/market-book.ts'
import type { PaxosMarket } from '../../../src/paxos/markets.ts'

const BTCUSD = { market: 'BTCUSD' } as PaxosMarket // the book reads the name alone

describe('the market book', () => {
  it('serves the requests that come during a read with one further read, which begins after them', async () => {
    const answers: ((markets: PaxosMarket[]) => void)[] = []
    const requireMarket = createMarketBook(() => new Promise((resolve) => answers.push(resolve)))
    const first = requireMarket('BTCUSD')
    await expect.poll(() => answers.length).toBe(1)
    const during = Promise.all([requireMarket('BTCUSD'), requireMarket('BTCUSD'), requireMarket('BTCUSD')])
    answers[0]?.([BTCUSD])
    expect(await first).toBe(BTCUSD)
    await expect.poll(() => answers.length).toBe(2)
    answers[1]?.([BTCUSD])
    expect([await during, answers.length]).toEqual([[BTCUSD, BTCUSD, BTCUSD], 2])
  })

  it('refuses a market that Paxos does not list, and keeps no failed read', async () => {
    let reads = 0
    const requireMarket = createMarketBook(async () => {
      reads += 1
      if (reads === 1) throw new Error('away')
      return [BTCUSD]
    })
    await expect(requireMarket('BTCUSD')).rejects.toThrow('away')
    expect(await requireMarket('BTCUSD')).toBe(BTCUSD)
    await expect(requireMarket('NOPEUSD')).rejects.toMatchObject({ code: 'NO_SUCH_MARKET' })
  })
})
