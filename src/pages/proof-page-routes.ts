import type { FastifyInstance } from 'fastify'
import { auditPage } from './audit-page.ts'
import { sendHtml } from './html.ts'
import { AuditQuery, ProofQuery, readFilters, readForm, sentTexts } from './page-forms.ts'
import { needs } from './page-permission.ts'
import type { PageRouteParts } from './page-route-parts.ts'
import { proofPage } from './proof-page.ts'

/** How many of the newest entries the audit page verifies; `gatehouse audit verify` verifies all. */
const AUDIT_CHECKED = 1_000
/** A list with a wrong filter shows no rows. */
const NO_ITEMS = { items: [], nextCursor: null }

/** The proof of uniqueness and the audit. */
export function serveProofPages(app: FastifyInstance, { useCases, reader }: PageRouteParts): void {
  app.get('/proof', needs('proof.read'), async (request, reply) => {
    const here = readForm(ProofQuery, request.query).here !== 'false'
    return sendHtml(reply, proofPage(await useCases.prove({ here }), { ...reader(request), here }))
  })
  app.get('/audit', needs('audit.read'), async (request, reply) => {
    const { query, wrong } = readFilters(AuditQuery, request.query)
    const { cursor: _cursor, limit: _limit, ...filters } = sentTexts(request.query)
    const [entries, report] = await Promise.all([
      query ? useCases.listAudit(query) : NO_ITEMS,
      useCases.verifyAudit({ last: AUDIT_CHECKED }),
    ])
    return sendHtml(
      reply.code(wrong ? 400 : 200),
      auditPage(entries, report, { ...reader(request), checked: AUDIT_CHECKED, filters, wrong: wrong ?? new Map() }),
    )
  })
}
