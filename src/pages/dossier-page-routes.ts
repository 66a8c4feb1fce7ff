import type { FastifyInstance } from 'fastify'
import { DOSSIER_TEXTS, dossierFileName } from '../operate/dossier/dossier-text.ts'
import { DossierQuery } from '../operate/dossier/dossier-window.ts'
import { UsageError } from '../platform/app-error.ts'
import { dossierPage } from './dossier-page.ts'
import { sendHtml } from './html.ts'
import { readFilters, readForm, sentTexts } from './page-forms.ts'
import { needs } from './page-permission.ts'
import type { PageRouteParts } from './page-route-parts.ts'

/** The report on an incident as a page, and as a file. */
export function serveDossierPages(app: FastifyInstance, { useCases, reader }: PageRouteParts): void {
  app.get('/dossier', needs('audit.read'), async (request, reply) => {
    const { query, wrong } = readFilters(DossierQuery, request.query)
    const { from, to } = sentTexts(request.query)
    const seen = { ...reader(request), sent: { from, to } }
    const refuse = (errors: ReadonlyMap<string, string>) => sendHtml(reply.code(400), dossierPage(null, { ...seen, wrong: errors }))
    if (query === null) return refuse(wrong)
    try {
      return sendHtml(reply, dossierPage(await useCases.writeDossier(query), { ...seen, wrong: new Map() }))
    } catch (error) {
      if (error instanceof UsageError && error.wrong !== null) return refuse(new Map([[error.wrong.field, error.wrong.message]]))
      throw error
    }
  })
  app.get('/dossier/file', needs('audit.read'), async (request, reply) => {
    const { format, ...window } = readForm(DossierQuery, request.query)
    const dossier = await useCases.writeDossier(window)
    const { contentType, write } = DOSSIER_TEXTS[format]
    reply.header('content-type', contentType).header('content-disposition', `attachment; filename="${dossierFileName(dossier, format)}"`)
    return reply.send(write(dossier))
  })
}
