import type { FastifyInstance } from 'fastify'
import { Registry } from 'prom-client'
import { registerOperatorApi } from '../api/operator-api.ts'
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

/** The operator's two faces on one server: the API under `/v1` and the pages at `/`. */
export async function serveOperator(
  app: FastifyInstance,
  useCases: OperatorUseCases,
  { token, metrics = new Registry(), idleMs = DEFAULT_IDLE_MS, now = Date.now }: OperatorServing,
): Promise<void> {
  const guard = createTokenGuard({
    token,
    metrics,
    now,
    warn: (seen) => app.log.warn(seen, 'wrong operator tokens'),
    record: (seen) => {
      useCases
        .recordRefusedTokens(seen)
        .catch((error: unknown) => app.log.warn({ err: error }, 'wrong operator tokens could not be audited'))
    },
  })
  await registerOperatorApi(app, useCases, { guard })
  await app.register((pages, _options, done) => {
    registerOperatorPages(pages, useCases, { token, guard, idleMs, now })
    done()
  })
}
