import { z } from 'zod'
import { IMPORT_ID } from '../domain/bulk-import.ts'
import { pageQuery } from '../operate/input/query-inputs.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { HttpProblem } from '../platform/problem.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'

const ImportParams = z.strictObject({ id: z.string().regex(IMPORT_ID, 'must be the id of an import: import- and 32 digits') })
const MOST_REJECTED = 200

/** Bulk imports: read only, because a file of persons is never uploaded to the operator. */
export function importRoutes(useCases: OperatorUseCases): ApiRoute[] {
  return [
    apiRoute({
      method: 'GET',
      path: '/v1/imports',
      permission: 'customer.read',
      summary: 'List bulk imports',
      description: 'Last requested first. The command gatehouse import runs them.',
      query: pageQuery({}),
      answers: { 200: { description: 'A page of imports.', schema: 'ImportPage' } },
      handle: async ({ query }) => ({ status: 200, body: await useCases.listImports(query) }),
    }),
    apiRoute({
      method: 'GET',
      path: '/v1/imports/{id}',
      permission: 'customer.read',
      summary: 'Get a bulk import',
      params: ImportParams,
      answers: { 200: { description: 'The import, with its first rejected lines.', schema: 'Import' } },
      refusals: { 404: 'Unknown import (IMPORT_UNKNOWN).' },
      handle: async ({ params: { id } }) => {
        const found = await useCases.getImport(id)
        if (!found) throw new HttpProblem(404, 'IMPORT_UNKNOWN', `Unknown import ${id}. GET /v1/imports lists the known ones.`)
        return {
          status: 200,
          body: { ...found, rejectedLines: await useCases.listRejectedLines(id, { afterLine: 0, limit: MOST_REJECTED }) },
        }
      },
    }),
  ]
}
