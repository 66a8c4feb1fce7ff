import { createHmac, hkdfSync, randomBytes } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { SESSION_SECONDS } from '../operate/sessions.ts'

const COOKIE = 'gatehouse_session'
/** Browsers take a cookie of this name over TLS only, for this host and every path, so that no neighbour can set or read it. */
const HOST_COOKIE = `__Host-${COOKIE}`

/** The cookie of a session: a random id and nothing else. */
export interface SessionCookie {
  /** Sets a new id and returns its hash. */
  set(request: FastifyRequest, reply: FastifyReply): Buffer
  /** The hash of the id that the browser sent; null when it sent none. */
  hashOf(request: FastifyRequest): Buffer | null
  clear(request: FastifyRequest, reply: FastifyReply): void
}

/** The hash is keyed with the operator token: a new token ends all sessions. */
export function createSessionCookie(token: string): SessionCookie {
  const key = Buffer.from(hkdfSync('sha256', token, '', 'gatehouse/operator-session', 32))
  const hash = (id: string): Buffer => createHmac('sha256', key).update(id).digest()
  return {
    set: (request, reply) => {
      const id = randomBytes(32).toString('base64url')
      const secure = cameOverTls(request)
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

/** Read here, because this is asked before the plugin's own hook has run. */
function cookiesOf({ server, headers }: FastifyRequest): Record<string, string | undefined> {
  return server.parseCookie(headers.cookie ?? '')
}

/** The browser says how it reached us, whatever stands between: over TLS the cookie stays on TLS. */
function cameOverTls({ headers }: FastifyRequest): boolean {
  return headers.origin?.startsWith('https://') ?? false
}
