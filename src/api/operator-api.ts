import type { FastifyInstance } from 'fastify'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { HttpProblem } from '../platform/problem.ts'
import { problemOf } from '../platform/problem-of.ts'
import { serveRoutes } from './api-route.ts'
import { eventRoutes } from './event-routes.ts'
import { onboardingRoutes } from './onboarding-routes.ts'
import { openapiDocument } from './openapi-document.ts'
import { queueRoutes } from './queue-routes.ts'
import { replayRoutes } from './replay-routes.ts'
import { requireBearer } from './require-bearer.ts'
import { statsRoutes } from './stats-routes.ts'

export interface OperatorApiOptions {
  /** OPERATOR_TOKEN. */
  token: string
}

/**
 * The API under `/v1` on a server of `createHttpServer`, behind the bearer token; its description needs none.
 */
export async function registerOperatorApi(app: FastifyInstance, useCases: OperatorUseCases, { token }: OperatorApiOptions): Promise<void> {
  const routes = [onboardingRoutes, eventRoutes, replayRoutes, queueRoutes, statsRoutes].flatMap((routesOf) => routesOf(useCases))
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
}
