import { AUDIT_BY } from '../operate/input/query-inputs.ts'
import type { AuditEntry, AuditReport } from '../operate/use-cases.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import type { Page } from '../platform/page.ts'
import { type FilterField, filterForm, type Sent, wrongFilters } from './filter-form.ts'
import { type Html, html } from './html.ts'
import type { PageOperator } from './page-operator.ts'
import { dataTable, emptyState, exportLink, moment, morePages, notice, page } from './page-parts.ts'

/** The audit: who did what and why, and whether the hash chain is intact. */
export function auditPage(
  { items, nextCursor }: Page<AuditEntry>,
  report: AuditReport,
  {
    operator,
    now,
    checked,
    filters,
    wrong,
  }: { operator: PageOperator; now: Date; checked: number; filters: Sent; wrong: ReadonlyMap<string, string> },
): Html {
  const filtered = Object.values(filters).some((value) => value)
  return page({
    title: 'Audit',
    section: 'audit',
    operator,
    content: html`<h1>Audit</h1>
${verdict(report, checked)}
${filterForm('/audit', AUDIT_FIELDS, { sent: filters, wrong })}
${wrong.size > 0 ? wrongFilters(wrong) : items.length > 0 ? entries(items, now) : noEntries(filtered)}
${morePages('/audit', filters, nextCursor)}
${exportLink('audit', filters)}`,
  })
}

const AUDIT_FIELDS: readonly FilterField[] = [
  { name: 'by', label: 'Who', words: AUDIT_BY },
  { name: 'operator', label: 'Name', placeholder: 'full name', maxlength: 80 },
  { name: 'action', label: 'Action', placeholder: 'replay, queue.pause', maxlength: 80 },
  { name: 'from', label: 'From (UTC)', placeholder: '2h, or 2026-03-01', maxlength: 40 },
  { name: 'to', label: 'to', placeholder: '15m, or 2026-03-02', maxlength: 40 },
]

function noEntries(filtered: boolean): Html {
  return filtered
    ? emptyState('No entry matches.', html`<a href="/audit">Show all</a>`)
    : emptyState('No operator action recorded yet.', 'Actions such as creating an onboarding or approving a replay appear here.')
}

function verdict({ entries, head, fault }: AuditReport, checked: number): Html | null {
  if (fault)
    return notice('bad', html`<strong>Broken at entry ${fault.entryNo}:</strong> ${fault.problem}. The ${entries} before it are intact.`)
  if (head === null) return null
  const seen =
    entries > checked
      ? html`The last ${checked} of ${entries} are intact. To check all, run <code>${GATEHOUSE} audit verify</code>.`
      : html`The chain is intact: ${entries} checked.`
  return notice('good', html`${seen} Head <code>${head.slice(0, 16)}…</code>`)
}

function entries(items: readonly AuditEntry[], now: Date): Html {
  const rows = items.map(({ entryNo, at, operator, actorKind, action, target, reason, data }) => [
    String(entryNo),
    moment(at, now),
    html`${operator}${actorKind === 'api' && html` <small>program</small>`}`,
    html`<code>${action}</code>`,
    link(action, target),
    html`${reason && html`<span class="sentence">${reason}</span>`}<details><summary>data</summary><pre>${JSON.stringify(data, null, 2)}</pre></details>`,
  ])
  return dataTable('Audit', [{ name: 'No', numeric: true }, 'At', 'Operator', 'Action', 'Target', 'Reason'], rows)
}

function link(action: string, target: string): Html {
  const path = action.startsWith('replay.') ? '/replays' : action === 'onboarding.create' ? '/onboardings' : null
  return path && /^[0-9a-f-]{36}$/.test(target)
    ? html`<a href="${path}/${target}"><code>${target}</code></a>`
    : html`<code>${target}</code>`
}
