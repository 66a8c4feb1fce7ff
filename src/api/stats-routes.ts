import { AUDIT_FILTERS, pageQuery } from '../operate/query-inputs.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'

export function statsRoutes(useCases: OperatorUseCases): ApiRoute[] {
  return [
    apiRoute({
      method: 'GET',
      path: '/v1/home',
      summary: 'Is anything wrong? Problems with cause and next action, worst first, and how far customers come',
      answers: { 200: { description: 'As of now.', schema: 'Home' } },
      handle: async () => ({ status: 200, body: await useCases.home() }),
    }),
    apiRoute({
      method: 'GET',
      path: '/v1/stats',
      summary: 'Counts of everything, and whether something waits too long',
      answers: { 200: { description: 'The counts now.', schema: 'Stats' } },
      handle: async () => ({ status: 200, body: await useCases.stats() }),
    }),
    apiRoute({
      method: 'GET',
      path: '/v1/audit',
      summary: 'What operators did, newest first',
      query: pageQuery(AUDIT_FILTERS),
      answers: { 200: { description: 'A page of the audit.', schema: 'AuditPage' } },
      handle: async ({ query }) => ({ status: 200, body: await useCases.listAudit(query) }),
    }),
  ]
}
