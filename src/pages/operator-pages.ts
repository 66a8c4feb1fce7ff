import { readFileSync } from 'node:fs'
import cookie from '@fastify/cookie'
import formbody from '@fastify/formbody'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Actor } from '../domain/actor.ts'
import { actorOf as actorOfCaller, asCaller, type Caller } from '../operate/access/caller.ts'
import type { Logins } from '../operate/access/logins.ts'
import type { TokenGuard } from '../operate/access/token-guard.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { errorCode } from '../platform/app-error.ts'
import { HttpProblem } from '../platform/problem.ts'
import { problemOf } from '../platform/problem-of.ts'
import { unknownRoute } from '../platform/route-book.ts'
import { serveCustomerPages } from './customer-page-routes.ts'
import { serveDossierPages } from './dossier-page-routes.ts'
import { serveDuplicatePages } from './duplicate-page-routes.ts'
import { serveEventPages } from './event-page-routes.ts'
import { serveExports } from './export-page-routes.ts'
import { formAgainPage } from './form-again-page.ts'
import { homePage } from './home-page.ts'
import { type Html, html, sendHtml } from './html.ts'
import { serveIssuePages } from './issue-page-routes.ts'
import { recogniseOperators, serveLogin } from './login-routes.ts'
import { serveOperatorsPages } from './operators-page-routes.ts'
import { sentWords } from './page-forms.ts'
import { type PageOperator, pageOperator } from './page-operator.ts'
import { notice, page } from './page-parts.ts'
import { needs, requirePermissions } from './page-permission.ts'
import { serveProofPages } from './proof-page-routes.ts'
import { serveQueuePages } from './queue-page-routes.ts'
import { serveReconciliationPages } from './reconciliation-page-routes.ts'
import { serveReplayPages } from './replay-page-routes.ts'
import { createSessionCookie } from './session-cookie.ts'
import type { PageSignOn } from './sign-on-routes.ts'

/** Everything loads from this server, nothing is inline, and no site may frame a page. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
const ASSETS = { 'pages.css': 'text/css; charset=utf-8', 'pages.js': 'text/javascript; charset=utf-8' }
/** How many rows of each list the home page shows. */
const HOME_ROWS = 10
const HOME_REPLAYS = 3
const HOME_LONGEST = 3

export interface OperatorPagesOptions {
  /** OPERATOR_TOKEN: the key for the hashes of sessions. */
  token: string
  guard: TokenGuard
  logins: Logins
  signOn: PageSignOn | null
  /** Milliseconds without use after which a session ends. */
  idleMs: number
  /** Milliseconds since 1970. */
  now: () => number
}

/** The pages at `/`, rendered on the server behind a login, each with the permission that it needs. They call the same use cases as the API. */
export function registerOperatorPages(app: FastifyInstance, useCases: OperatorUseCases, options: OperatorPagesOptions): void {
  const { token, now } = options
  const login = { ...options, useCases, sessions: createSessionCookie(token) }
  void app.register(cookie)
  void app.register(formbody)
  app.addHook('onRequest', async (request, reply) => {
    reply.header('content-security-policy', CONTENT_SECURITY_POLICY)
    // Without a referrer policy of its own, a browser may send the origin "null" with our forms, and the check below would refuse them.
    reply.header('referrer-policy', 'same-origin')
    reply.header('cache-control', 'no-store')
    if (request.method === 'POST') refuseForeignForm(request)
  })
  app.setErrorHandler((error, request, reply) => {
    const problem = problemOf(error, request.method === 'POST' ? 'acts-again' : 'reads')
    if (!(problem instanceof HttpProblem) || !accepts(request)) throw problem
    return sendHtml(reply.code(problem.status), refusalPage(problem, request))
  })
  recogniseOperators(app, login)
  serveAssets(app)
  app.get('/*', async (request) => {
    throw unknownRoute(request, 'Unknown page. GET /v1/openapi.json describes the API.')
  })
  serveLogin(app, login)
  void app.register((pages, _options, done) => {
    servePages(pages, { useCases, now })
    done()
  })
}

/** Refuses forms of other sites. The browser does not send the session cookie with them (SameSite=Strict), and this hook checks the origin. */
function refuseForeignForm({ headers }: FastifyRequest): void {
  const site = headers['sec-fetch-site']
  const own = site === undefined ? hostOf(headers.origin) === headers.host : site === 'same-origin'
  if (!own) throw new HttpProblem(403, 'FOREIGN_FORM', 'This form came from another site. Open the page here and send it again.')
}

function hostOf(origin: string | undefined): string | null {
  return origin && URL.canParse(origin) ? new URL(origin).host : null
}

function serveAssets(app: FastifyInstance): void {
  for (const [name, type] of Object.entries(ASSETS)) {
    const content = readFileSync(new URL(name, import.meta.url), 'utf8')
    app.get(`/assets/${name}`, (_request, reply) => reply.type(type).header('cache-control', 'public, max-age=300').send(content))
  }
}

function servePages(app: FastifyInstance, { useCases, now }: { useCases: OperatorUseCases; now: () => number }): void {
  app.addHook('onRequest', async (request, reply) => {
    if (request.caller !== null) return
    const next = request.method === 'GET' ? request.url : '/'
    return reply.redirect(`/login?next=${encodeURIComponent(next)}`, 303)
  })
  requirePermissions(app)
  // After the form was read: reading it would leave the caller's context.
  app.addHook('preHandler', ({ caller }, _reply, hooked) => (caller === null ? hooked() : asCaller(caller, hooked)))
  const reader = (request: FastifyRequest): { operator: PageOperator; now: Date } => ({
    operator: pageOperator(loggedIn(request)),
    now: new Date(now()),
  })
  const actorOf = (request: FastifyRequest): Actor => actorOfCaller(loggedIn(request))

  app.get('/', needs('status.read'), async (request, reply) => {
    const [home, clocks, stats, longest, parked, dead, held, replays] = await Promise.all([
      useCases.home(),
      useCases.listClocks(),
      useCases.stats(),
      useCases.longestApproved(HOME_LONGEST),
      useCases.listEvents({ state: 'parked', limit: HOME_ROWS }),
      useCases.listEvents({ state: 'dead', limit: HOME_ROWS }),
      useCases.listOnboardings({ state: 'held', limit: HOME_ROWS }),
      useCases.listReplays({ limit: HOME_REPLAYS }),
    ])
    const lists = { parked: parked.items, dead: dead.items, held: held.items, replays: replays.items }
    return sendHtml(reply, homePage({ home, clocks, stats, longest, ...lists }, reader(request)))
  })
  const parts = { useCases, reader, actorOf }
  serveCustomerPages(app, parts)
  serveDuplicatePages(app, parts)
  serveEventPages(app, parts)
  serveIssuePages(app, parts)
  serveReplayPages(app, parts)
  serveReconciliationPages(app, parts)
  serveOperatorsPages(app, parts)
  serveDossierPages(app, parts)
  serveExports(app, useCases)
  serveQueuePages(app, parts)
  serveProofPages(app, parts)
}

/** @throws TypeError for a request without a login, which never comes this far */
function loggedIn({ caller }: FastifyRequest): Caller {
  if (caller === null) throw new TypeError('a page was served without a login')
  return caller
}

/** Shows a correctable form again; for any other error shows only the message. */
function refusalPage(problem: HttpProblem, { method, url, body, caller }: FastifyRequest): Html {
  const operator = caller && pageOperator(caller)
  const { errors } = problem
  if (method !== 'POST' || operator === null || problem.status !== 400 || !errors?.length) return errorPage(problem, operator)
  return formAgainPage({ action: url, sent: sentWords(body), errors, operator })
}

function errorPage(problem: HttpProblem, operator: PageOperator | null): Html {
  return page({
    title: problem.toJSON().title,
    section: null,
    operator,
    content: html`<h1>${problem.toJSON().title}</h1>${notice('bad', problem.message)}<p class="hint">${errorCode(problem)}</p><p><a href="/">Home</a></p>`,
  })
}

function accepts({ headers }: FastifyRequest): boolean {
  return headers.accept?.includes('text/html') ?? false
}
