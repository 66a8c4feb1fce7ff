import { createHash, timingSafeEqual } from 'node:crypto'

/** Whether it is the token. Compares in constant time. */
export function isOperatorToken(given: string, token: string): boolean {
  return timingSafeEqual(sha256(given), sha256(token))
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
