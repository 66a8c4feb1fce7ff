import { Readable } from 'node:stream'
import { z } from 'zod'
import { CONTENT_TYPES, EXPORT_FORMATS } from '../operate/export/export-format.ts'
import { exportLines } from '../operate/export/export-lines.ts'
import { EXPORTED, EXPORTS, type ExportedList } from '../operate/export/export-lists.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'

/** The whole of each list as a stream of lines. */
export function exportRoutes(useCases: OperatorUseCases): ApiRoute[] {
  return EXPORTED.map((list) => exportRoute(useCases, list))
}

function exportRoute(useCases: OperatorUseCases, list: ExportedList): ApiRoute {
  const { permission, filters, columns } = EXPORTS[list]
  return apiRoute({
    method: 'GET',
    path: `/v1/${list}/export`,
    permission,
    streams: true,
    summary: `Export the list of ${list} as CSV or JSON lines`,
    description:
      `Streams all rows with the filters of the list: ${columns.join(', ')}. A cell that a spreadsheet would run as a formula begins with an ` +
      'apostrophe. An export that takes longer than 4 min breaks off without an end of the answer.',
    query: z.strictObject({ ...filters.shape, format: z.enum(EXPORT_FORMATS).default('csv') }),
    answers: { 200: { description: 'The rows.', schema: 'ExportedRows', contentType: 'text/csv' } },
    handle: async ({ query }) => {
      const { format, ...rest } = query as { format: (typeof EXPORT_FORMATS)[number] } // the schema above
      const headers = { 'content-type': CONTENT_TYPES[format], 'content-disposition': `attachment; filename="gatehouse-${list}.${format}"` }
      return {
        status: 200,
        headers,
        body: Readable.from(await exportLines(useCases, { list, format, filters: rest }), { objectMode: false }),
      }
    },
  })
}
