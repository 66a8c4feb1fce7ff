import { LIST_FILTERS } from '../operate/export/list-filters.ts'
import { pageQuery } from '../operate/input/query-inputs.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'

export function statsRoutes(useCases: OperatorUseCases): ApiRoute[] {
  return [
    apiRoute({
      method: 'GET',
      path: '/v1/home',
      permission: 'status.read',
      summary: 'Get the problems with cause and next action, worst first, and the last 24 hours',
      answers: { 200: { description: 'The current problems and progress.', schema: 'Home' } },
      handle: async () => ({ status: 200, body: await useCases.home() }),
    }),
    apiRoute({
      method: 'GET',
      path: '/v1/stats',
      permission: 'status.read',
      summary: 'Get counts of events, onboardings and notifications, and the oldest unfinished event',
      answers: { 200: { description: 'The current counts.', schema: 'Stats' } },
      handle: async () => ({ status: 200, body: await useCases.stats() }),
    }),
    apiRoute({
      method: 'GET',
      path: '/v1/audit',
      permission: 'audit.read',
      summary: 'List the audit of operator actions, newest first',
      query: pageQuery(LIST_FILTERS.audit),
      answers: { 200: { description: 'A page of the audit.', schema: 'AuditPage' } },
      handle: async ({ query }) => ({ status: 200, body: await useCases.listAudit(query) }),
    }),
  ]
}
