import { createHmac, hkdfSync, randomBytes } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { SESSION_SECONDS } from '../operate/access/sessions.ts'

const COOKIE = 'gatehouse_session'
/** The prefix makes browsers accept the cookie only over TLS, for this host and every path, so that no other host can set or read it. */
const HOST_COOKIE = `__Host-${COOKIE}`

/** The session cookie. It holds a random id only. */
export interface SessionCookie {
  /** Sets a new id and returns its hash. `secure`: whether the browser came over TLS, where its request does not say. */
  set(request: FastifyRequest, reply: FastifyReply, options?: { secure: boolean }): Buffer
  /** The hash of the id that the browser sent; null when it sent none. */
  hashOf(request: FastifyRequest): Buffer | null
  clear(request: FastifyRequest, reply: FastifyReply): void
}

/** The key of the hash is the operator token, so a new token ends all sessions. */
export function createSessionCookie(token: string): SessionCookie {
  const key = Buffer.from(hkdfSync('sha256', token, '', 'gatehouse/operator-session', 32))
  const hash = (id: string): Buffer => createHmac('sha256', key).update(id).digest()
  return {
    set: (request, reply, { secure } = { secure: cameOverTls(request) }) => {
      const id = randomBytes(32).toString('base64url')
      reply.setCookie(secure ? HOST_COOKIE : COOKIE, id, { path: '/', httpOnly: true, sameSite: 'strict', maxAge: SESSION_SECONDS, secure })
      return hash(id)
    },
    hashOf: (request) => {
      const cookies = cookiesOf(request)
      const id = cookies[HOST_COOKIE] ?? cookies[COOKIE]
      return id === undefined || id === '' ? null : hash(id)
    },
    clear: (request, reply) => {
      const secure = cookiesOf(request)[HOST_COOKIE] !== undefined
      reply.clearCookie(secure ? HOST_COOKIE : COOKIE, { path: '/', secure })
    },
  }
}

/** Parsed here, because this runs before the plugin's own hook. */
function cookiesOf({ server, headers }: FastifyRequest): Record<string, string | undefined> {
  return server.parseCookie(headers.cookie ?? '')
}

/** The browser's own header says whether it reached us over TLS, even behind a proxy. Over TLS the cookie is `Secure`. */
function cameOverTls({ headers }: FastifyRequest): boolean {
  return headers.origin?.startsWith('https://') ?? false
}
