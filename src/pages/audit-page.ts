import type { AuditEntry, AuditReport } from '../operate/use-cases.ts'
import type { Page } from '../platform/page.ts'
import { type Html, html } from './html.ts'
import { dataTable, emptyState, moment, morePages, notice, page } from './page-parts.ts'

/** Who did what, and why; and whether it still reads as it was written. */
export function auditPage(
  { items, nextCursor }: Page<AuditEntry>,
  report: AuditReport,
  { operator, now, checked }: { operator: string; now: Date; checked: number },
): Html {
  return page({
    title: 'Audit',
    section: 'audit',
    operator,
    content: html`<h1>Audit</h1>
${verdict(report, checked)}
${items.length > 0 ? entries(items, now) : emptyState('No operator has done anything yet.', 'Creating an onboarding, planning and approving a replay leave an entry here.')}
${morePages('/audit', {}, nextCursor)}`,
  })
}

function verdict({ entries, head, fault }: AuditReport, checked: number): Html | null {
  if (fault)
    return notice('bad', html`<strong>Broken at entry ${fault.entryNo}:</strong> ${fault.problem}. The ${entries} before it are in order.`)
  if (head === null) return null
  const seen =
    entries > checked
      ? html`The last ${checked} of ${entries} are in order; <code>gatehouse audit verify</code> checks all.`
      : html`The chain is whole: ${entries} in order.`
  return notice('good', html`${seen} Head <code>${head.slice(0, 16)}…</code>`)
}

function entries(items: readonly AuditEntry[], now: Date): Html {
  const rows = items.map(({ entryNo, at, operator, action, target, reason, data }) => [
    String(entryNo),
    moment(at, now),
    operator,
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
