import type { Pool } from 'pg'
import { findTokenByHash, type KnownToken, touchToken } from '../../operators/operator-tokens.ts'
import { relativeTime } from '../say/say-time.ts'
import { hashOfToken } from './new-token.ts'
import type { Recognised } from './token-guard.ts'

/** Milliseconds between two notes of a token's use. */
const TOUCH_EVERY_MS = 60_000

/** Finds the operator whose token a request sent, and notes the use. Null: no operator has or had it. */
export async function recogniseToken(pool: Pool, given: string, at: Date): Promise<Recognised> {
  const hash = hashOfToken(given)
  const known = hash && (await findTokenByHash(pool, hash))
  if (!known) return null
  const ended = sayEnded(known, at)
  if (ended !== null) return { ended }
  const { token, kind, role } = known
  if (token.lastUsedAt === null || at.getTime() - token.lastUsedAt.getTime() >= TOUCH_EVERY_MS) await touchToken(pool, token.id, at)
  const credential = { kind: 'token', id: token.id, label: token.label } as const
  return { caller: { kind: kind === 'person' ? 'operator' : 'api', name: token.operator, role, credential } }
}

function sayEnded({ token: { label, revokedAt, expiresAt }, operatorRemoved }: KnownToken, now: Date): string | null {
  const remedy = 'Ask an admin for another one.'
  if (operatorRemoved) return 'The operator of this token was removed.'
  if (revokedAt !== null) return `The token "${label}" was revoked ${relativeTime(revokedAt, now)}. ${remedy}`
  return expiresAt !== null && expiresAt <= now ? `The token "${label}" expired ${relativeTime(expiresAt, now)}. ${remedy}` : null
}
