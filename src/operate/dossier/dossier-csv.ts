import { headLine, rowLine } from '../export/export-format.ts'
import type { Dossier } from './dossier.ts'
import { SAY_WAY, sayDelays } from './say-dossier.ts'

/** One table for all sections: a spreadsheet filters by `section`. */
const DOSSIER_COLUMNS = ['section', 'at', 'until', 'kind', 'subject', 'count', 'detail'] as const
type Row = Readonly<Partial<Record<(typeof DOSSIER_COLUMNS)[number], string | number | Date | null>>>

/** The dossier as CSV. A cell that a spreadsheet would run as a formula begins with an apostrophe. */
export function dossierCsv(dossier: Dossier): string {
  return [headLine('csv', DOSSIER_COLUMNS), ...rowsOf(dossier).map((row) => rowLine('csv', DOSSIER_COLUMNS, row))].join('')
}

function rowsOf({
  from,
  to,
  asOf,
  timeline,
  failures,
  customers,
  moreCustomers,
  delays,
  recovery,
  acts,
  moreActs,
  risks,
  notKnown,
}: Dossier): Row[] {
  return [
    { section: 'window', at: from, until: to, detail: `written at ${asOf.toISOString()}` },
    ...timeline.map(({ at, until, kind, text }) => ({ section: 'timeline', at, until, kind, detail: text })),
    ...failures.map(({ of, cause, count, now, firstAt, lastAt }) => ({
      ...{ section: 'failures', at: firstAt, until: lastAt, kind: of, subject: cause, count, detail: now },
    })),
    ...customers.map((id) => ({ section: 'customers', subject: id })),
    ...(moreCustomers ? [{ section: 'customers', detail: 'There are more customers than these.' }] : []),
    ...(delays ? sayDelays(delays).map(([name, value]) => ({ section: 'delays', kind: name, detail: value })) : []),
    { section: 'recovery', kind: 'received', count: recovery.received, detail: recovery.atLeast ? 'at least' : null },
    ...recovery.ways.map(({ way, events }) => ({ section: 'recovery', kind: way, count: events, detail: SAY_WAY[way] })),
    ...acts.map(({ at, operator, actorKind, action, target }) => ({
      ...{ section: 'acts', at, kind: actorKind, subject: target, detail: `${operator}: ${action}` },
    })),
    ...(moreActs ? [{ section: 'acts', detail: 'There are more acts than these.' }] : []),
    ...risks.map(({ count, sentence, nextAction }) => ({ section: 'risks', count, subject: sentence, detail: nextAction })),
    ...notKnown.map((gap) => ({ section: 'not known', detail: gap })),
  ]
}
