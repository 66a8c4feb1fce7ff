import { describe, expect, it } from 'vitest'
import { expiryObstacles } from '../../../src/domain/trade/expiry-obstacles.ts'
import { limitSell } from './sample-order.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')

describe('the end of a new order', () => {
  it.each([
    ['is open', null],
    ['is more than 10 s away', new Date(NOW + 10_001).toISOString()],
  ])('is no obstacle when it %s', (_, expiresAt) => {
    expect(expiryObstacles({ ...limitSell, expiresAt }, NOW)).toEqual([])
  })

  it.each([10_000, 0, -60_000])('is refused %i ms from now', (afterMs) => {
    expect(expiryObstacles({ ...limitSell, expiresAt: new Date(NOW + afterMs).toISOString() }, NOW)).toEqual([
      { limit: 'shortest-time-in-force', field: 'expiresAt', message: 'must be more than 10 s from now', nearest: null },
    ])
  })
})
