import { describe, expect, it } from 'vitest'
import { RateLimits } from '../../../src/sandbox/api/rate-limits.ts'
import { SettingsSchema } from '../../../src/sandbox/control/sandbox-settings.ts'

const FIVE_MINUTES_MS = 300_000

function limits(knobs: object = {}): {
  admit: (operation: Parameters<RateLimits['admit']>[0]['operation'], nowMs: number, ip?: string) => boolean
} {
  const rateLimits = new RateLimits({ settings: SettingsSchema.parse(knobs) })
  return { admit: (operation, nowMs, ip = '10.0.0.1') => rateLimits.admit({ operation, ip, nowMs }) }
}

/** The number of calls at one instant that are admitted before the first refusal. */
function burst(admit: () => boolean): number {
  let count = 0
  while (admit()) count++
  return count
}

describe('the average over five minutes', () => {
  it.each([
    ['POST /oauth2/token', 1],
    ['GET /identity/identities/{id}', 10],
    ['GET /events/{id}', 50],
    ['POST /identity/accounts', 50],
  ] as const)('admits %s at %i calls per second, also all in one burst', (operation, perSecond) => {
    const { admit } = limits()
    expect(burst(() => admit(operation, 0))).toBe(perSecond * 300)
  })

  it('counts identity calls together, and every other endpoint by itself', () => {
    const { admit } = limits({ limitsPerSecond: { token: 1, identity: 0.01, general: 0.01 } })
    const three = [0, 1, 2]
    expect(three.map(() => admit('GET /events', 0))).toEqual([true, true, true])
    expect(three.map(() => admit('GET /profiles', 0))).toEqual([true, true, true])
    expect(admit('POST /identity/identities', 0)).toBe(true)
    expect(admit('GET /identity/identities', 0)).toBe(true)
    expect(admit('GET /identity/identities/{id}', 0)).toBe(true)
    expect(admit('POST /identity/identities', 0)).toBe(false)
  })
})

describe('a client above the average', () => {
  it('is locked out of everything for five minutes, by IP', () => {
    const { admit } = limits()
    burst(() => admit('POST /oauth2/token', 1000))
    expect(admit('GET /events', 1000)).toBe(false)
    expect(admit('GET /events', 1000, '10.0.0.2')).toBe(true)
    expect(admit('GET /events', 1000 + FIVE_MINUTES_MS - 1)).toBe(false)
    expect(admit('GET /events', 1000 + FIVE_MINUTES_MS)).toBe(true)
  })

  it('is locked out for a time divided by timeScale', () => {
    const { admit } = limits({ timeScale: 1000 })
    expect(burst(() => admit('GET /events', 1000))).toBe(15)
    expect(admit('GET /events', 1299)).toBe(false)
    expect(admit('GET /events', 1300)).toBe(true)
  })
})
