import { createHash, timingSafeEqual } from 'node:crypto'
import type { Caller } from './caller.ts'

/** The holder of OPERATOR_TOKEN: an admin who may name any person that is not an operator. */
export const BOOTSTRAP: Caller = { kind: 'api', name: 'api', role: 'admin', credential: { kind: 'bootstrap' } }

/** Whether it is the token. Compares in constant time. */
export function isOperatorToken(given: string, token: string): boolean {
  return timingSafeEqual(sha256(given), sha256(token))
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
