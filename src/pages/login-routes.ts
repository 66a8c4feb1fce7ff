import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Caller } from '../operate/access/caller.ts'
import type { Logins } from '../operate/access/logins.ts'
import { NAME_RULE } from '../operate/access/operator-name.ts'
import type { TokenGuard } from '../operate/access/token-guard.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { sendHtml } from './html.ts'
import { loginPage } from './login-page.ts'
import { LoginForm } from './page-forms.ts'
import type { SessionCookie } from './session-cookie.ts'
import { type PageSignOn, serveSignOn } from './sign-on-routes.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sends the request; null before the credential was checked. */
    caller: Caller | null
  }
}

export interface LoginOptions {
  useCases: OperatorUseCases
  guard: TokenGuard
  sessions: SessionCookie
  /** Milliseconds without use after which a session ends. */
  idleMs: number
  logins: Logins
  signOn: PageSignOn | null
  /** OPERATOR_TOKEN. */
  token: string
  /** Milliseconds since 1970. */
  now: () => number
}

/** Sets the logged-in operator on each request. The refresh of a live page (a `fetch` without a destination) does not extend its session. */
export function recogniseOperators(app: FastifyInstance, { useCases, sessions, idleMs }: LoginOptions): void {
  app.decorateRequest('caller', null)
  app.addHook('onRequest', async (request) => {
    const idHash = request.url.startsWith('/assets/') ? null : sessions.hashOf(request)
    if (idHash === null) return
    const byScript = request.headers['sec-fetch-dest'] === 'empty'
    const session = await useCases.findSession(idHash, { idleMs, active: !byScript })
    request.caller = session && callerOf(session)
  })
}

/** `/login`, `/logout`, and the pages of single sign-on if it is on. */
export function serveLogin(app: FastifyInstance, options: LoginOptions): void {
  const { useCases, guard, sessions, logins, signOn } = options
  app.get<{ Querystring: { next?: unknown } }>('/login', (request, reply) => {
    const next = ownPath(request.query.next)
    return request.caller === null
      ? sendHtml(reply, loginPage({ next, problem: null, signOn: signOn !== null }))
      : reply.redirect(next, 303)
  })
  app.post('/login', async (request, reply) => {
    const form = LoginForm.safeParse(request.body)
    const next = ownPath(form.data?.next)
    if (!form.success) return sendHtml(reply.code(400), loginPage({ next, problem: `A name takes ${NAME_RULE}.`, signOn: signOn !== null }))
    const { name, token } = form.data
    const again = (status: number, problem: string): FastifyReply => {
      logins.refused('token', { code: 'TOKEN_REFUSED', address: request.ip })
      return sendHtml(reply.code(status), loginPage({ next, name, problem, signOn: signOn !== null }))
    }
    const verdict = await guard.check(token, { address: request.ip, face: 'pages' })
    if (verdict === 'wrong') return again(401, 'Wrong token.')
    if ('ended' in verdict) return again(401, verdict.ended)
    if ('waitSeconds' in verdict) return again(429, sayWait(reply, verdict.waitSeconds))
    const problem = await whyNot(verdict.caller, name, useCases)
    if (problem !== null) return again(403, problem)
    await endCurrent(request)
    await useCases.openSession(sessions.set(request, reply), sessionOf(verdict.caller, name))
    logins.opened('token')
    return reply.redirect(next, 303)
  })
  app.post('/logout', async (request, reply) => {
    await endCurrent(request)
    sessions.clear(request, reply)
    return reply.redirect('/login', 303)
  })

  if (signOn !== null) serveSignOn(app, { ...options, signOn, endCurrent, ownPath })

  async function endCurrent(request: FastifyRequest): Promise<void> {
    const idHash = sessions.hashOf(request)
    if (idHash) await useCases.endSession(idHash)
  }
}

/** Why a right token opens no session under this name; null: it does. */
async function whyNot(caller: Caller, name: string, { findOperator }: OperatorUseCases): Promise<string | null> {
  if (caller.credential.kind === 'bootstrap')
    return (await findOperator(name)) ? `${name} is an operator: log in with a token of that operator instead of OPERATOR_TOKEN.` : null
  if (caller.kind === 'api') return `This token belongs to the program ${caller.name}: only a person logs in here.`
  return caller.name.toLowerCase() === name.toLowerCase() ? null : 'This token belongs to another name.'
}

function sessionOf({ name: owner, credential }: Caller, name: string): Parameters<OperatorUseCases['openSession']>[1] {
  if (credential.kind !== 'token') return { operator: name, source: 'bootstrap', tokenId: null }
  return { operator: owner, source: 'token', tokenId: credential.id }
}

function callerOf({ operator: name, role, source }: OpenSession): Caller {
  return { kind: 'operator', name, role, credential: source === 'bootstrap' ? { kind: 'bootstrap' } : { kind: 'session', source } }
}

type OpenSession = NonNullable<Awaited<ReturnType<OperatorUseCases['findSession']>>>

function sayWait(reply: FastifyReply, waitSeconds: number): string {
  reply.header('retry-after', String(waitSeconds))
  return `Too many wrong tokens. Try again in ${waitSeconds} s.`
}

/** The path to open after the login: always on this site, never another one (`//…`, `/\…`). */
function ownPath(next: unknown): string {
  return typeof next === 'string' && /^\/(?![/\\])[\x21-\x7e]*$/.test(next) ? next : '/'
}
