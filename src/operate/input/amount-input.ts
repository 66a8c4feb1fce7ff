import { z } from 'zod'
import { parseAmount } from '../../domain/money.ts'

/** An amount in a request: a decimal string, kept as sent. Its error says what to send. */
export function amountInput({ decimals }: { decimals: number }) {
  return z
    .unknown()
    .meta({
      type: 'string',
      pattern: '^[0-9]+(\\.[0-9]+)?$',
      description: `Above zero, at most ${decimals} decimals.`,
      examples: ['10000.00'],
    })
    .transform((value, context): string => {
      const amount = parseAmount(value, { decimals })
      if (typeof amount !== 'string') return String(value)
      context.addIssue({ code: 'custom', message: amount })
      return z.NEVER
    })
}

/** An id that Paxos or Gatehouse issued: an opaque text. */
export const OpaqueId = z.string().regex(/^[A-Za-z0-9_-]{1,128}$/, 'must be an id: letters, digits, - and _')
export const OpaqueIdParams = z.strictObject({ id: OpaqueId })
