import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Amount, least, parseAmount } from '../../src/domain/money.ts'

const DECIMALS = 8
/** `units` units of 10^-8, as a decimal string. */
function decimal(units: bigint): string {
  const digits = String(units < 0n ? -units : units).padStart(DECIMALS + 1, '0')
  return `${units < 0n ? '-' : ''}${digits.slice(0, -DECIMALS)}.${digits.slice(-DECIMALS)}`
}

describe('Amount', () => {
  it('A20: adds a million generated amounts exactly, as big integers do', () => {
    const random = seeded(20)
    let units = 0n
    let sum = Amount.zero
    for (let count = 0; count < 1_000_000; count += 1) {
      const next = random() - (1n << 31n)
      units += next
      sum = sum.plus(Amount.of(decimal(next)))
    }
    expect(sum.equals(Amount.of(decimal(units)))).toBe(true)
  })

  it('A20: multiplies, subtracts and compares as big integers do', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), (a, b) => {
        const [one, other] = [Amount.of(decimal(a)), Amount.of(decimal(b))]
        expect(one.minus(other).equals(Amount.of(decimal(a - b)))).toBe(true)
        expect(one.times(other).times(Amount.of('10000000000000000')).toString()).toBe(String(a * b))
        expect(one.compare(other)).toBe(a < b ? -1 : a > b ? 1 : 0)
      }),
    )
  })

  it('A20: adds 0.1 and 0.2 to 0.3, and keeps 0.0003', () => {
    expect(String(Amount.of('0.1').plus(Amount.of('0.2')))).toBe('0.3')
    expect(String(Amount.of('0.0003'))).toBe('0.0003')
  })

  it('A20: keeps a commission of 19 decimals', () => {
    const commission = '0.1234567890123456789'
    expect(JSON.stringify({ commission: Amount.of(commission) })).toBe(`{"commission":"${commission}"}`)
  })

  it('A31: throws when an operator compares or adds two amounts as if they were numbers', () => {
    const amount = Amount.of('1')
    expect(() => amount < Amount.of('2')).toThrow(TypeError)
    expect(() => Number(amount)).toThrow(TypeError)
  })

  it('reads an empty or missing field of Paxos as not applicable', () => {
    expect([Amount.answered(''), Amount.answered(null), Amount.answered(undefined)]).toEqual([null, null, null])
    expect(String(Amount.answered('0.00000000'))).toBe('0')
    expect(String(Amount.answered('.5'))).toBe('0.5')
    expect(() => Amount.answered('n/a')).toThrow(RangeError)
    expect(() => Amount.answered('1e3')).toThrow(RangeError)
    expect(() => Amount.answered('9'.repeat(61))).toThrow(RangeError)
  })

  it('rounds to a step in the requested direction', () => {
    const step = Amount.of('0.25')
    expect(String(Amount.of('10.30').toStep(step, 'down'))).toBe('10.25')
    expect(String(Amount.of('10.30').toStep(step, 'up'))).toBe('10.5')
    expect(Amount.of('10.5').isMultipleOf(step)).toBe(true)
    expect(Amount.of('10.51').isMultipleOf(step)).toBe(false)
    expect(String(Amount.of('1').dividedBy(Amount.of('3'), 8, 'down'))).toBe('0.33333333')
    expect(String(Amount.of('1').dividedBy(Amount.of('3'), 8, 'up'))).toBe('0.33333334')
    expect(() => Amount.of('1').dividedBy(Amount.zero, 2, 'up')).toThrow(RangeError)
    expect(String(Amount.of('1.005').round(2, 'down'))).toBe('1')
  })

  it('writes no exponent, no negative zero and no trailing zeros', () => {
    expect(String(Amount.of('0.00000001'))).toBe('0.00000001')
    expect(String(Amount.of('1000000000000000000000000000'))).toBe('1000000000000000000000000000')
    expect(String(Amount.of('0').negated())).toBe('0')
    expect(String(Amount.of('12.500'))).toBe('12.5')
    expect(String(Amount.of('-2.50').abs())).toBe('2.5')
    expect(String(least(Amount.of('2'), Amount.of('1')))).toBe('1')
    expect(String(Amount.sum([Amount.of('1.5'), Amount.of('2')]))).toBe('3.5')
  })
})

describe('parseAmount', () => {
  it.each([
    ['1e3', /exponent/],
    ['-1', /negative/],
    ['0', /zero/],
    ['0.00', /zero/],
    ['.5', /begins with a point/],
    ['0.123456789', /9 decimals; at most 8/],
    ['1.', /not a decimal/],
    ['', /not a decimal/],
    ['1,5', /not a decimal/],
    [' 1', /not a decimal/],
    ['0x10', /not a decimal/],
    ['９', /not a decimal/],
    ['9'.repeat(61), /not a decimal/],
    [12.5, /is a number; send a decimal string/],
    [null, /not a string/],
    [{}, /not a string/],
  ])('rejects %j with a sentence of its own', (value, message) => {
    expect(parseAmount(value, { decimals: 8 })).toMatch(message)
  })

  it.each(['1', '0.00000001', '10000.00', '007'])('accepts %s', (value) => {
    expect(String(parseAmount(value, { decimals: 8 }))).toBe(String(Amount.of(value)))
  })
})

/** 32-bit numbers that are the same in each run (xorshift). */
function seeded(seed: number): () => bigint {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return BigInt(state >>> 0)
  }
}
