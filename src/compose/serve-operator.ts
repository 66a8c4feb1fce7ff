import type { FastifyInstance } from 'fastify'
import { Registry } from 'prom-client'
import { registerOperatorApi } from '../api/operator-api.ts'
import { currentCaller } from '../operate/access/caller.ts'
import { guardUseCases } from '../operate/access/guard-use-cases.ts'
import { BOOTSTRAP, isOperatorToken } from '../operate/access/operator-token.ts'
import { createTokenGuard } from '../operate/access/token-guard.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { registerOperatorPages } from '../pages/operator-pages.ts'

export interface OperatorServing {
  /** OPERATOR_TOKEN. */
  token: string
  metrics?: Registry
  /** A session of the pages ends after this time without use, milliseconds. */
  idleMs?: number
  /** Milliseconds since 1970. */
  now?: () => number
}

const DEFAULT_IDLE_MS = 60 * 60_000

/** The operator's two faces on one server: the API under `/v1` and the pages at `/`. Both reach the use cases only through the guard. */
export async function serveOperator(
  app: FastifyInstance,
  useCases: OperatorUseCases,
  { token, metrics = new Registry(), idleMs = DEFAULT_IDLE_MS, now = Date.now }: OperatorServing,
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
  const guarded = guardUseCases(useCases, currentCaller)
  await registerOperatorApi(app, guarded, { guard, findOperator: useCases.findOperator })
  await app.register((pages, _options, done) => {
    registerOperatorPages(pages, guarded, { token, guard, idleMs, now })
    done()
  })
}
