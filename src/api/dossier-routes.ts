import { DOSSIER_TEXTS, dossierFileName } from '../operate/dossier/dossier-text.ts'
import { DossierQuery } from '../operate/dossier/dossier-window.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'

/** The report on an incident, as a file. */
export function dossierRoutes(useCases: OperatorUseCases): ApiRoute[] {
  return [
    apiRoute({
      method: 'GET',
      path: '/v1/dossier',
      permission: 'audit.read',
      summary: 'Write the dossier of an incident',
      description:
        'A window of at most 31 days: timeline, failures by cause, customers affected (ids only), delays, how the events ended, acts of operators, ' +
        'remaining risk, and what is not known. Computed from rows; makes no call to Paxos and changes nothing. With format=csv, a cell that a ' +
        'spreadsheet would run as a formula begins with an apostrophe.',
      query: DossierQuery,
      answers: { 200: { description: 'The dossier.', schema: 'DossierText', contentType: 'text/markdown' } },
      handle: async ({ query: { format, ...window } }) => {
        const dossier = await useCases.writeDossier(window)
        const { contentType, write } = DOSSIER_TEXTS[format]
        return {
          status: 200,
          headers: {
            'content-type': contentType,
            'content-disposition': `attachment; filename="${dossierFileName(dossier, format)}"`,
          },
          body: write(dossier),
        }
      },
    }),
  ]
}
