import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { createTokenGuard, networkOf, type TokenGuard } from '../../../src/operate/access/token-guard.ts'

const TOKEN = 'operator-token-of-this-test'
const ENDED = 'a-token-that-was-revoked'
const RIGHT = { caller: { kind: 'operator', name: 'Ada', role: 'viewer', credential: { kind: 'bootstrap' } } } as const

interface Tried {
  guard: TokenGuard
  metrics: Registry
  warned: object[]
  recorded: object[]
  tick: (ms: number) => void
}

function start(): Tried {
  let at = 1_000_000
  const metrics = new Registry()
  const warned: object[] = []
  const recorded: object[] = []
  const guard = createTokenGuard({
    recognise: async (token) => (token === TOKEN ? RIGHT : token === ENDED ? { ended: 'Revoked.' } : null),
    metrics,
    warn: (seen) => warned.push(seen),
    record: (seen) => recorded.push(seen),
    now: () => at,
  })
  const tick = (ms: number): void => {
    at += ms
  }
  return { guard, metrics, warned, recorded, tick }
}

const from = (address: string) => ({ address, face: 'api' as const })

describe('F55: when wrong operator tokens are tried', () => {
  it('the guard refuses a network without a check after 60 in a minute, names the wait, and checks again after it', async () => {
    const { guard, tick } = start()
    for (let tried = 0; tried < 60; tried += 1) expect(await guard.check('wrong', from('203.0.113.7'))).toBe('wrong')
    expect(await guard.check(TOKEN, from('203.0.113.7'))).toEqual({ waitSeconds: 60 })
    expect(await guard.check(TOKEN, from('203.0.113.8'))).toEqual(RIGHT)
    tick(60_000)
    expect(await guard.check(TOKEN, from('203.0.113.7'))).toEqual(RIGHT)
  })

  it('the guard never locks out a network from which the right token came within the hour', async () => {
    const { guard } = start()
    expect(await guard.check(TOKEN, from('10.0.0.1'))).toEqual(RIGHT)
    for (let tried = 0; tried < 5_000; tried += 1) await guard.check('wrong', from('10.0.0.1'))
    expect(await guard.check('wrong', from('10.0.0.1'))).toEqual({ waitSeconds: 60 })
    expect(await guard.check(TOKEN, from('10.0.0.1'))).toEqual(RIGHT)
  })

  it('the guard limits wrong tokens of all networks together, and still accepts the right one', async () => {
    const { guard } = start()
    for (let tried = 0; tried < 600; tried += 1) expect(await guard.check('wrong', from(`10.0.${tried >> 8}.${tried & 255}`))).toBe('wrong')
    expect(await guard.check('wrong', from('203.0.113.9'))).toEqual({ waitSeconds: 60 })
    expect(await guard.check(TOKEN, from('203.0.113.9'))).toEqual(RIGHT)
  })

  it('the guard counts each, logs at most every 10 s and audits at most every minute, with number and origin', async () => {
    const { guard, metrics, warned, recorded, tick } = start()
    for (let second = 0; second < 61; second += 1) {
      for (let tried = 0; tried < 10; tried += 1) await guard.check('wrong', from('203.0.113.7'))
      tick(1_000)
    }
    expect(warned.length).toBe(7)
    expect(recorded).toEqual([
      { count: 1, face: 'api', network: '203.0.113.7' },
      { count: 600, face: 'api', network: '203.0.113.7' },
    ])
    const counted = await metrics.getSingleMetricAsString('gatehouse_operator_token_checks_total')
    expect(counted).toMatch(/result="limited"\} 5\d\d/)
  })

  it('the guard remembers at most ten thousand networks', async () => {
    const { guard } = start()
    const before = process.memoryUsage().heapUsed
    for (let tried = 0; tried < 100_000; tried += 1)
      await guard.check('wrong', from(`2001:db8:${(tried >> 8).toString(16)}:${(tried & 255).toString(16)}::1`))
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(50_000_000)
  })

  it('the guard says why a token has ended, counts it apart, and never takes it for a guess', async () => {
    const { guard, metrics, recorded } = start()
    for (let tried = 0; tried < 100; tried += 1) expect(await guard.check(ENDED, from('203.0.113.7'))).toEqual({ ended: 'Revoked.' })
    expect(recorded).toEqual([])
    expect(await metrics.getSingleMetricAsString('gatehouse_operator_token_checks_total')).toContain('result="ended"} 100')
  })

  it('the guard groups IPv6 senders by their first 64 bits, and takes an IPv4 sender whole', () => {
    expect(networkOf('::ffff:203.0.113.7')).toBe('203.0.113.7')
    expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64')
    expect(networkOf('2001:db8::1')).toBe('2001:db8:0:0::/64')
    expect(networkOf('::1')).toBe('0:0:0:0::/64')
  })
})
