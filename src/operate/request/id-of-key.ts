import { createHash } from 'node:crypto'

/**
 * The id of the stream that a request asks for, such as `order-…`. It follows from the Idempotency-Key alone, so that the same request is always
 * the same stream, also after a restore from a backup and under another ENCRYPTION_KEY.
 */
export function idOfKey(
  kind:
    | ('order' | 'quote-execution' | 'deposit' | 'instructions' | 'wire' | 'members' | 'document' | 'account' | 'membership' | 'closing')
    | 'change',
  idempotencyKey: string,
): string {
  return `${kind}-${createHash('sha256').update(`gatehouse/${kind}/${idempotencyKey}`).digest('hex').slice(0, 32)}`
}
