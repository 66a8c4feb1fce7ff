import { openapiDocument } from '../api/openapi-document.ts'
import { operatorRoutes } from '../api/operator-api.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { receiverDocument } from '../receive/receiver-document.ts'

/** The faces that have an OpenAPI document. */
export type ApiName = 'operator' | 'receiver'

/** The OpenAPI document of one face as its server serves it, made without a server, with the default header of the webhook key. */
export function apiDocument(name: ApiName): Record<string, unknown> {
  return name === 'operator' ? openapiDocument(operatorRoutes(NO_USE_CASES)) : receiverDocument('x-api-key')
}

/** Describing a route calls none of its use cases. */
const NO_USE_CASES = {} as OperatorUseCases
