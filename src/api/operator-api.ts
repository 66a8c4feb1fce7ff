import multipart from '@fastify/multipart'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { asCaller } from '../operate/access/caller.ts'
import type { TokenGuard } from '../operate/access/token-guard.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { problemOf, type Repeating } from '../platform/problem-of.ts'
import { unknownRoute } from '../platform/route-book.ts'
import { accountMemberRoutes } from './account-member-routes.ts'
import { accountOpeningRoutes } from './account-opening-routes.ts'
import { accountRoutes } from './account-routes.ts'
import { alertRoutes } from './alert-routes.ts'
import { type ApiRoute, serveRoutes } from './api-route.ts'
import { changeRoutes } from './change-routes.ts'
import { clockRoutes } from './clock-routes.ts'
import { closingRoutes } from './closing-routes.ts'
import { depositRoutes } from './deposit-routes.ts'
import { documentRoutes } from './document-routes.ts'
import { dossierRoutes } from './dossier-routes.ts'
import { duplicateRoutes } from './duplicate-routes.ts'
import { eventRoutes } from './event-routes.ts'
import { exportRoutes } from './export-routes.ts'
import { findRoutes } from './find-routes.ts'
import { importRoutes } from './import-routes.ts'
import { instructionRoutes } from './instruction-routes.ts'
import { issueRoutes } from './issue-routes.ts'
import { keyRoutes } from './key-routes.ts'
import { memberRoutes } from './member-routes.ts'
import { nameCaller } from './name-caller.ts'
import { onboardingRoutes } from './onboarding-routes.ts'
import { openapiDocument } from './openapi-document.ts'
import { operatorRoutesOf } from './operator-routes.ts'
import { orderRoutes } from './order-routes.ts'
import { privacyRoutes } from './privacy-routes.ts'
import { proofRoutes } from './proof-routes.ts'
import { queueRoutes } from './queue-routes.ts'
import { quoteRoutes } from './quote-routes.ts'
import { reconciliationRoutes } from './reconciliation-routes.ts'
import { replayRoutes } from './replay-routes.ts'
import { requireBearer } from './require-bearer.ts'
import { sandboxWireRoutes } from './sandbox-wire-routes.ts'
import { statsRoutes } from './stats-routes.ts'
import { transferRoutes } from './transfer-routes.ts'

export interface OperatorApiOptions {
  guard: TokenGuard
  /** Tells whether a name that OPERATOR_TOKEN is used under is an operator's own. */
  findOperator: OperatorUseCases['findOperator']
}

/** Of a form with a file. The file's own limit is the use case's, so that its refusal says what to do. */
const FORM_LIMITS = { files: 1, fields: 50, fieldSize: 1_000, fileSize: Number.POSITIVE_INFINITY }

/** What a retry does: a GET reads, a request with an Idempotency-Key is recognised, any other acts again. */
function repeatingOf({ method, routeOptions }: FastifyRequest): Repeating {
  if (method === 'GET' || method === 'HEAD') return 'reads'
  return routeOptions.config.takesIdempotencyKey ? 'under-key' : 'acts-again'
}

/** Every route of the API. */
export function operatorRoutes(useCases: OperatorUseCases): ApiRoute[] {
  return [
    findRoutes,
    onboardingRoutes,
    duplicateRoutes,
    importRoutes,
    documentRoutes,
    accountOpeningRoutes,
    changeRoutes,
    memberRoutes,
    accountRoutes,
    accountMemberRoutes,
    closingRoutes,
    depositRoutes,
    sandboxWireRoutes,
    orderRoutes,
    quoteRoutes,
    instructionRoutes,
    transferRoutes,
    eventRoutes,
    issueRoutes,
    replayRoutes,
    queueRoutes,
    keyRoutes,
    alertRoutes,
    clockRoutes,
    exportRoutes,
    privacyRoutes,
    proofRoutes,
    dossierRoutes,
    reconciliationRoutes,
    statsRoutes,
    operatorRoutesOf,
  ].flatMap((routesOf) => routesOf(useCases))
}

/**
 * Registers the API under `/v1` on a server of `createHttpServer`, behind the bearer token. The OpenAPI document needs no token.
 */
export async function registerOperatorApi(
  app: FastifyInstance,
  useCases: OperatorUseCases,
  { guard, findOperator }: OperatorApiOptions,
): Promise<void> {
  const routes = operatorRoutes(useCases)
  const document = openapiDocument(routes)
  app.get('/v1/openapi.json', () => document)
  await app.register((api, _options, done) => {
    api.addHook('onRequest', (_request, reply, hooked) => {
      reply.header('cache-control', 'no-store') // responses hold customer data: no proxy or browser may store them
      hooked()
    })
    api.decorateRequest('caller', null)
    api.addHook('onRequest', requireBearer(guard))
    api.addHook('onRequest', nameCaller(findOperator))
    // After the body was read: reading it would leave the caller's context.
    api.addHook('preHandler', ({ caller }, _reply, hooked) => (caller === null ? hooked() : asCaller(caller, hooked)))
    api.setErrorHandler((error, request) => {
      throw problemOf(error, repeatingOf(request)) // the server's error handler turns it into the problem document
    })
    serveRoutes(
      api,
      routes.filter(({ upload }) => upload === null),
    )
    api.register((forms, _formOptions, formsDone) => {
      forms.register(multipart, { limits: FORM_LIMITS, throwFileSizeLimit: false })
      serveRoutes(
        forms,
        routes.filter(({ upload }) => upload !== null),
      )
      formsDone()
    })
    api.all('/v1/*', async (request) => {
      throw unknownRoute(request, 'Unknown route. GET /v1/openapi.json lists all routes.')
    })
    done()
  })
}
