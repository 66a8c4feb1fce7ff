import { z } from 'zod'

/** The header that makes a write safe to repeat. `thing`: what one key stands for. */
export function idempotencyHeader(thing: string) {
  const remedy = `is required: a text of your own for this ${thing} (a uuid, say), sent again with every repetition of this request`
  return z.object({
    'idempotency-key': z
      .string(remedy)
      .min(1, remedy)
      .max(255, 'may have at most 255 characters')
      .regex(/^[\x21-\x7e]*$/, 'may hold only visible ASCII characters'),
  })
}
