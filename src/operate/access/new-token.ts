import { createHash, randomBytes } from 'node:crypto'

/** The beginning of every token, by which scanners for leaked secrets find it. */
const PREFIX = 'gatehouse_'
const FORM = /^gatehouse_[A-Za-z0-9_-]{43}$/

/** A new token of 32 random bytes, and the hash to store. */
export function newToken(): { secret: string; hash: Buffer } {
  const secret = `${PREFIX}${randomBytes(32).toString('base64url')}`
  return { secret, hash: sha256(secret) }
}

/** The hash of a token that a request sent; null: not the form of a token, so the database need not be asked. */
export function hashOfToken(sent: string): Buffer | null {
  return FORM.test(sent) ? sha256(sent) : null
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
