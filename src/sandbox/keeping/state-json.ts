import { decimal } from '../money/decimal.ts'

/** JSON of records with bigints and decimals: `{"$n":"5"}` and `{"$d":"1.5"}`. It does not take sets and maps. */
export function toStateJson(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, key, shown: unknown) {
    const held = this[key] // a decimal has a toJSON, so `shown` is a text already
    if (typeof held === 'bigint') return { $n: String(held) }
    if (isDecimal(held)) return { $d: held.toFixed() }
    return shown
  })
}

/** @throws SyntaxError for a text that is no JSON */
export function fromStateJson(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value
    if ('$n' in value && typeof value.$n === 'string') return BigInt(value.$n)
    if ('$d' in value && typeof value.$d === 'string') return decimal(value.$d)
    return value
  })
}

function isDecimal(value: unknown): value is { toFixed(): string } {
  return typeof value === 'object' && value !== null && 'toFixed' in value && 'times' in value
}
