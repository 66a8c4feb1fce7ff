import Big from 'big.js'

/** Exact decimals. No JavaScript number is accepted, and no exponent is printed. Only a division is cut, at 30 decimals. */
const Exact = Big()
Exact.strict = true
Exact.NE = -1e6
Exact.PE = 1e6
Exact.DP = 30
Exact.RM = 0

export type Decimal = Big

/** An amount in a request (paxos/api.md 7, 8.1): digits and at most one point; no sign, no exponent. */
export const AMOUNT_PATTERN: RegExp = /^[0-9]*\.?[0-9]+$/

/** @throws Error for a text that is no decimal */
export function decimal(text: string): Decimal {
  return new Exact(text)
}

export const ZERO: Decimal = decimal('0')

/** Rounds towards zero. */
export function floorTo(value: Decimal, decimals: number): Decimal {
  return value.round(decimals, 0)
}

/** Rounds away from zero. */
export function ceilTo(value: Decimal, decimals: number): Decimal {
  return value.round(decimals, 3)
}

export function halfUpTo(value: Decimal, decimals: number): Decimal {
  return value.round(decimals, 1)
}

/** Digits after the point, without trailing zeros. */
export function decimalsOf(value: Decimal): number {
  return value.toFixed().split('.')[1]?.length ?? 0
}

export function smallerOf(one: Decimal, other: Decimal): Decimal {
  return one.lt(other) ? one : other
}
