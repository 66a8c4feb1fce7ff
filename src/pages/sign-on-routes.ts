import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Logins } from '../operate/access/logins.ts'
import type { SessionUseCases } from '../operate/access/sessions.ts'
import type { SignOn, SignOnUseCases } from '../operate/access/sign-on.ts'
import { AppError, errorCode } from '../platform/app-error.ts'
import { html, sendHtml } from './html.ts'
import { loginPage } from './login-page.ts'
import { page } from './page-parts.ts'
import type { SessionCookie } from './session-cookie.ts'
import { createSignOnCookie } from './sign-on-cookie.ts'

/** Single sign-on of the pages; null where it is off. */
export interface PageSignOn {
  provider: SignOn
  roles: Parameters<SignOnUseCases['admitSignedOn']>[1]
  /** Whether browsers reach the pages over TLS. */
  secure: boolean
}

interface Parts {
  useCases: SignOnUseCases & Pick<SessionUseCases, 'openSession'>
  signOn: PageSignOn
  sessions: SessionCookie
  logins: Logins
  /** OPERATOR_TOKEN: the key for the sealed cookie. */
  token: string
  /** Milliseconds since 1970. */
  now: () => number
  /** Ends the session that the browser has. */
  endCurrent(request: FastifyRequest): Promise<void>
  ownPath(next: unknown): string
}

/** `/login/oidc` leads to the provider; `/login/oidc/callback` takes its answer and opens a session. */
export function serveSignOn(app: FastifyInstance, { useCases, signOn, sessions, logins, token, now, endCurrent, ownPath }: Parts): void {
  const { provider, roles, secure } = signOn
  const cookie = createSignOnCookie({ token, secure, now })
  const refuse = (request: FastifyRequest, reply: FastifyReply, code: string, problem: string, error?: unknown): FastifyReply => {
    logins.refused('oidc', { code, address: request.ip, error })
    return sendHtml(reply.code(403), loginPage({ next: '/', problem, signOn: true }))
  }
  const told = async (request: FastifyRequest, reply: FastifyReply, work: () => Promise<FastifyReply>): Promise<FastifyReply> => {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof AppError) || error.retry !== 'never') throw error
      return refuse(request, reply, errorCode(error), error.message, error)
    }
  }
  app.get<{ Querystring: { next?: unknown } }>('/login/oidc', (request, reply) =>
    told(request, reply, async () => {
      const { url, flow } = await provider.begin()
      cookie.set(reply, { ...flow, next: ownPath(request.query.next) })
      return reply.redirect(url, 303)
    }),
  )
  app.get('/login/oidc/callback', (request, reply) =>
    told(request, reply, async () => {
      const kept = cookie.take(request, reply)
      if (kept === null)
        return refuse(request, reply, 'SIGN_ON_NOT_BEGUN', 'This browser did not begin this login, or more than 10 min ago. Log in again.')
      const person = await provider.finish(new URL(request.url, 'http://here').search, kept)
      const { name } = await useCases.admitSignedOn(person, roles)
      await endCurrent(request)
      await useCases.openSession(sessions.set(request, reply, { secure }), { operator: name, source: 'oidc', tokenId: null })
      logins.opened('oidc')
      // Not a redirect: after one from another site, a browser sends no `SameSite=Strict` cookie. From this page it does.
      const content = html`<p>Logged in as ${name}. <a href="${kept.next}">Continue</a></p>`
      return sendHtml(reply, page({ title: 'Logged in', section: null, operator: null, goTo: kept.next, content }))
    }),
  )
}
