import type { FastifyInstance } from 'fastify'
import { Registry } from 'prom-client'
import { registerOperatorApi } from '../api/operator-api.ts'
import { currentCaller } from '../operate/access/caller.ts'
import { guardUseCases } from '../operate/access/guard-use-cases.ts'
import { createLogins } from '../operate/access/logins.ts'
import { BOOTSTRAP, isOperatorToken } from '../operate/access/operator-token.ts'
import { createTokenGuard } from '../operate/access/token-guard.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { createSignOn, type SignOnSettings } from '../operators/single-sign-on.ts'
import { registerOperatorPages } from '../pages/operator-pages.ts'
import type { PageSignOn } from '../pages/sign-on-routes.ts'

export interface OperatorServing {
  /** OPERATOR_TOKEN. */
  token: string
  metrics?: Registry
  /** A session of the pages ends after this time without use, milliseconds. */
  idleMs?: number
  /** Single sign-on of the pages; null: off. */
  signOn?: SignOnSettings | null
  /** Milliseconds since 1970. */
  now?: () => number
}

const DEFAULT_IDLE_MS = 60 * 60_000

/** The operator's two faces on one server: the API under `/v1` and the pages at `/`. Both reach the use cases only through the guard. */
export async function serveOperator(
  app: FastifyInstance,
  useCases: OperatorUseCases,
  { token, metrics = new Registry(), idleMs = DEFAULT_IDLE_MS, signOn = null, now = Date.now }: OperatorServing,
): Promise<void> {
  const guard = createTokenGuard({
    recognise: async (given) => (isOperatorToken(given, token) ? { caller: BOOTSTRAP } : useCases.recogniseToken(given)),
    metrics,
    now,
    warn: (seen) => app.log.warn(seen, 'wrong operator tokens'),
    record: (seen) => {
      useCases
        .recordRefusedTokens(seen)
        .catch((error: unknown) => app.log.warn({ err: error }, 'wrong operator tokens could not be audited'))
    },
  })
  const logins = createLogins({
    metrics,
    now,
    warn: (seen) => app.log.warn(seen, 'logins by single sign-on were refused'),
    record: (seen) => {
      useCases
        .recordRefusedSignOn(seen)
        .catch((error: unknown) => app.log.warn({ err: error }, 'refused logins by single sign-on could not be audited'))
    },
  })
  const guarded = guardUseCases(useCases, currentCaller)
  await registerOperatorApi(app, guarded, { guard, findOperator: useCases.findOperator })
  await app.register((pages, _options, done) => {
    registerOperatorPages(pages, guarded, { token, guard, logins, signOn: signOn && pageSignOn(signOn, now), idleMs, now })
    done()
  })
}

function pageSignOn(settings: SignOnSettings, now: () => number): PageSignOn {
  return { provider: createSignOn(settings, now), roles: settings.roles, secure: settings.redirectUrl.startsWith('https:') }
}
