import type { FastifyInstance } from 'fastify'
import { HttpProblem } from '../platform/problem.ts'
import { serveRoutes } from './api-route.ts'
import { eventRoutes } from './event-routes.ts'
import { onboardingRoutes } from './onboarding-routes.ts'
import { openapiDocument } from './openapi-document.ts'
import { registerOperatorPages } from './operator-pages.ts'
import { requireBearer } from './operator-token.ts'
import { problemOf } from './problem-of.ts'
import { replayRoutes } from './replay-routes.ts'
import { statsRoutes } from './stats-routes.ts'
import type { OperatorUseCases } from './use-cases.ts'

export interface OperatorApiOptions {
  /** OPERATOR_TOKEN. */
  token: string
  /** Milliseconds since 1970; the system's clock by default. */
  now?: () => number
}

/**
 * The operator's side on a server of `createHttpServer`: the API under `/v1`, behind the bearer token (its description needs none),
 * and the pages at `/`, behind a login with the same token.
 */
export async function registerOperatorApi(
  app: FastifyInstance,
  useCases: OperatorUseCases,
  { token, now = Date.now }: OperatorApiOptions,
): Promise<void> {
  const routes = [...onboardingRoutes(useCases), ...eventRoutes(useCases), ...replayRoutes(useCases), ...statsRoutes(useCases)]
  const document = openapiDocument(routes)
  app.get('/v1/openapi.json', () => document)
  await app.register((api, _options, done) => {
    api.addHook('onRequest', requireBearer(token))
    api.setErrorHandler((error) => {
      throw problemOf(error) // for the server's own handler, which answers with the problem document
    })
    serveRoutes(api, routes)
    const unknown = async (): Promise<never> => {
      throw new HttpProblem(404, 'ROUTE_UNKNOWN', 'There is no such route. GET /v1/openapi.json lists them all.')
    }
    api.all('/v1/*', unknown)
    done()
  })
  await app.register((pages, _options, done) => {
    registerOperatorPages(pages, useCases, { token, now })
    done()
  })
}
