import Big from 'big.js'

/** Exact decimals: no JavaScript numbers in (`strict`), no exponents out, and no digit cut off unless a caller names how many to keep. */
const Decimal = Big()
Decimal.strict = true
Decimal.NE = -1e6
Decimal.PE = 1e6

/** Rounding of a result between two steps. `down` is towards zero. */
export type Rounding = 'down' | 'up'
const MODES: Record<Rounding, 0 | 3> = { down: 0, up: 3 }

/** Form of an amount in a request: digits, at most one point, a digit last (paxos/api.md 7 and 8.1). Gatehouse also wants a digit first. */
const REQUESTED = /^[0-9]+(\.[0-9]+)?$/
/** Form of an amount in an answer or a `numeric` column: also with a sign, and `.5`. */
const ANSWERED = /^-?[0-9]*\.?[0-9]+$/
/** Longer than any amount. A longer text is a mistake or an attack. */
const LONGEST = 60

/**
 * An exact decimal quantity of an asset. It is made from a decimal string and never a JavaScript number. `JSON.stringify` and `String`
 * return a decimal string. `<`, `>` and `+` on two amounts throw: use the methods.
 */
export class Amount {
  readonly #value: Big
  private constructor(value: Big) {
    this.#value = value
  }

  static readonly zero: Amount = new Amount(new Decimal('0'))

  /** A decimal from our own code or Postgres. @throws RangeError for any other text */
  static of(text: string): Amount {
    if (text.length > LONGEST || !ANSWERED.test(text)) throw new RangeError('not a decimal')
    return new Amount(new Decimal(text))
  }

  /**
   * A decimal in an answer of Paxos. Null for "", which means "not applicable" (paxos/api.md 8.1), and for an absent one.
   * @throws RangeError for a text that is no decimal
   */
  static answered(text: string | null | undefined): Amount | null {
    return text == null || text === '' ? null : Amount.of(text)
  }

  static sum(amounts: Iterable<Amount>): Amount {
    let total = Amount.zero
    for (const amount of amounts) total = total.plus(amount)
    return total
  }

  plus(other: Amount): Amount {
    return new Amount(this.#value.plus(other.#value))
  }
  minus(other: Amount): Amount {
    return new Amount(this.#value.minus(other.#value))
  }
  times(other: Amount): Amount {
    return new Amount(this.#value.times(other.#value))
  }
  negated(): Amount {
    return new Amount(this.#value.neg())
  }
  abs(): Amount {
    return new Amount(this.#value.abs())
  }

  /** The quotient with `decimals` decimals. @throws RangeError for a divisor of zero */
  dividedBy(divisor: Amount, decimals: number, rounding: Rounding): Amount {
    if (divisor.isZero()) throw new RangeError('division by zero')
    const Precise = Big()
    Precise.DP = decimals
    Precise.RM = MODES[rounding]
    return new Amount(new Decimal(new Precise(this.#value).div(divisor.#value)))
  }

  round(decimals: number, rounding: Rounding): Amount {
    return new Amount(this.#value.round(decimals, MODES[rounding]))
  }

  /** The nearest multiple of `step` in that direction. */
  toStep(step: Amount, rounding: Rounding): Amount {
    return this.dividedBy(step, 0, rounding).times(step)
  }
  isMultipleOf(step: Amount): boolean {
    return this.#value.mod(step.#value).eq(Decimal('0'))
  }

  /** Digits after the point, without trailing zeros: 1.50 has one. */
  decimals(): number {
    return this.toString().split('.')[1]?.length ?? 0
  }

  /** -1, 0 or 1: this is less than, equal to or greater than `other`. */
  compare(other: Amount): -1 | 0 | 1 {
    return this.#value.cmp(other.#value)
  }
  equals(other: Amount): boolean {
    return this.compare(other) === 0
  }
  lessThan(other: Amount): boolean {
    return this.compare(other) < 0
  }
  moreThan(other: Amount): boolean {
    return this.compare(other) > 0
  }
  isZero(): boolean {
    return this.compare(Amount.zero) === 0
  }
  isPositive(): boolean {
    return this.moreThan(Amount.zero)
  }
  isNegative(): boolean {
    return this.lessThan(Amount.zero)
  }

  /** Shortest form, no exponent: `0.00000001`, `1000`, `-2.5`. */
  toString(): string {
    return this.isZero() ? '0' : this.#value.toFixed()
  }
  toJSON(): string {
    return this.toString()
  }
  /** Operators would compare or add binary floats. @throws TypeError always */
  valueOf(): never {
    throw new TypeError('amounts are not numbers: use compare, plus, minus')
  }
}

/** The smaller of two. */
export function least(one: Amount, other: Amount): Amount {
  return one.lessThan(other) ? one : other
}

/**
 * Reads an amount of a request: a string of digits above zero with at most `decimals` decimals. Else returns a sentence that says what is
 * wrong and what to send, for a field that the caller names.
 */
export function parseAmount(value: unknown, { decimals }: { decimals: number }): Amount | string {
  if (typeof value === 'number') return 'is a number; send a decimal string, for example "12.50", because a number loses digits'
  if (typeof value !== 'string') return 'is not a string; send a decimal string, for example "12.50"'
  if (/^[0-9.]*e[+-]?[0-9]+$/i.test(value)) return 'has an exponent; write all digits, for example "1000" and not "1e3"'
  if (value.startsWith('-')) return 'is negative; send an amount above zero'
  if (value.startsWith('.')) return 'begins with a point; write a digit before it, for example "0.5"'
  if (value.length > LONGEST || !REQUESTED.test(value)) return 'is not a decimal; send digits and at most one point, for example "12.50"'
  const amount = Amount.of(value)
  if (!amount.isPositive()) return 'is zero; send an amount above zero'
  if (amount.decimals() > decimals) return `has ${amount.decimals()} decimals; at most ${decimals} are allowed`
  return amount
}
