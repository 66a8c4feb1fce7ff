import { z } from 'zod'

const key = (remedy: string) =>
  z
    .string(remedy)
    .min(1, remedy)
    .max(255, 'may have at most 255 characters')
    .regex(/^[\x21-\x7e]*$/, 'may hold only visible ASCII characters')

/** The header that makes a write safe to repeat. `thing`: what one key identifies. */
export function idempotencyHeader(thing: string) {
  const remedy = `is required: send a unique text for this ${thing}, such as a uuid, and the same text when you repeat the request`
  return z.object({ 'idempotency-key': key(remedy) })
}

/** The header of a write whose target is a key by itself. */
export function optionalIdempotencyHeader() {
  return z.object({ 'idempotency-key': key('must not be empty').optional() })
}
