import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { CONTENT_TYPES } from '../operate/export/export-format.ts'
import { exportLines } from '../operate/export/export-lines.ts'
import { EXPORTED, EXPORTS } from '../operate/export/export-lists.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { readForm, sentTexts } from './page-forms.ts'
import { needs } from './page-permission.ts'

/** The whole of each list as a CSV file, behind the login of the pages. Empty fields of a filter form are left out. */
export function serveExports(app: FastifyInstance, useCases: OperatorUseCases): void {
  for (const list of EXPORTED) {
    const { permission, filters } = EXPORTS[list]
    app.get(`/export/${list}`, needs(permission), async (request, reply) => {
      const given = Object.entries(sentTexts(request.query)).filter(([, value]) => value !== undefined && value !== '')
      const lines = await exportLines(useCases, { list, format: 'csv', filters: readForm(filters, Object.fromEntries(given)) })
      reply.header('content-type', CONTENT_TYPES.csv).header('content-disposition', `attachment; filename="gatehouse-${list}.csv"`)
      return reply.send(Readable.from(lines, { objectMode: false }))
    })
  }
}
