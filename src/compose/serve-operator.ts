import type { FastifyInstance } from 'fastify'
import { registerOperatorApi } from '../api/operator-api.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { registerOperatorPages } from '../pages/operator-pages.ts'

/** The operator's two faces on one server: the API under `/v1` and the pages at `/`. `now`: milliseconds since 1970. */
export async function serveOperator(
  app: FastifyInstance,
  useCases: OperatorUseCases,
  { token, now = Date.now }: { token: string; now?: () => number },
): Promise<void> {
  await registerOperatorApi(app, useCases, { token })
  await app.register((pages, _options, done) => {
    registerOperatorPages(pages, useCases, { token, now })
    done()
  })
}
