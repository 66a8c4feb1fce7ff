import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'

const COOKIE = 'gatehouse_sign_on'
/** The prefix makes browsers accept the cookie only over TLS. */
const SECURE_COOKIE = `__Secure-${COOKIE}`
const PATH = '/login/oidc'
/** How long a person has for the login at the provider, seconds. */
const SECONDS = 600

const Kept = z.object({ state: z.string(), nonce: z.string(), verifier: z.string(), next: z.string(), until: z.number() })
/** What the browser keeps while its person logs in at the provider. */
export type KeptSignOn = Omit<z.output<typeof Kept>, 'until'>

/** The cookie of a login that is under way: sealed, so that a browser can neither read nor make one. */
export interface SignOnCookie {
  set(reply: FastifyReply, kept: KeptSignOn): void
  /** Takes it away, so that an answer of the provider counts once. Null: none, not ours, or too old. */
  take(request: FastifyRequest, reply: FastifyReply): KeptSignOn | null
}

/**
 * `SameSite=Lax`: the provider sends the browser back from another site. `secure`: the pages are reached over TLS. `now`: milliseconds since
 * 1970.
 */
export function createSignOnCookie({ token, secure, now }: { token: string; secure: boolean; now: () => number }): SignOnCookie {
  const key = Buffer.from(hkdfSync('sha256', token, '', 'gatehouse/sign-on', 32))
  const name = secure ? SECURE_COOKIE : COOKIE
  return {
    set: (reply, kept) => {
      const sealed = seal(key, JSON.stringify({ ...kept, until: now() + SECONDS * 1_000 }))
      reply.setCookie(name, sealed, { path: PATH, httpOnly: true, sameSite: 'lax', maxAge: SECONDS, secure })
    },
    take: (request, reply) => {
      const sealed = request.server.parseCookie(request.headers.cookie ?? '')[name]
      if (sealed === undefined) return null
      reply.clearCookie(name, { path: PATH, secure })
      const opened = open(key, sealed)
      const kept = opened === null ? null : Kept.parse(JSON.parse(opened))
      return kept !== null && kept.until > now() ? kept : null
    },
  }
}

const IV_BYTES = 12
const TAG_BYTES = 16

function seal(key: Buffer, text: string): string {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url')
}

/** Null: not sealed with this key. */
function open(key: Buffer, text: string): string | null {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.length < IV_BYTES + TAG_BYTES) return null
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString()
  } catch {
    return null
  }
}
