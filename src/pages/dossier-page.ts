import type { Dossier, DossierFailure, DossierLine } from '../operate/dossier/dossier.ts'
import { SAY_WAY, sayDelays } from '../operate/dossier/say-dossier.ts'
import { counted } from '../operate/say/counted.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { type FilterField, filterForm, type Sent, wrongFilters } from './filter-form.ts'
import { type Html, html } from './html.ts'
import type { PageOperator } from './page-operator.ts'
import { command, dataTable, emptyState, facts, linkTo, moment, page } from './page-parts.ts'

interface Reader {
  operator: PageOperator
  now: Date
  /** The window as the browser sent it. */
  sent: Sent
  wrong: ReadonlyMap<string, string>
}

const FIELDS: readonly FilterField[] = [
  { name: 'from', label: 'From (UTC)', placeholder: '2h, or 2026-03-01', maxlength: 40 },
  { name: 'to', label: 'to', placeholder: 'now', maxlength: 40 },
]
/** Customers on the page; the CSV has all. */
const LISTED_CUSTOMERS = 100

/** What happened in a window. Null: the window is wrong. */
export function dossierPage(dossier: Dossier | null, { operator, now, sent, wrong }: Reader): Html {
  return page({
    title: 'Incident dossier',
    section: 'reconciliations',
    operator,
    content: html`<p class="crumb"><a href="/reconciliations">Reconciliations</a></p>
<h1>Incident dossier</h1>
<p class="hint">What happened in a window, from the rows that exist now. At most 31 days; without times, the last 24 h.</p>
${filterForm('/dossier', FIELDS, { sent, wrong })}
${dossier === null ? wrongFilters(wrong) : sections(dossier, now)}`,
  })
}

function sections(dossier: Dossier, now: Date): Html {
  const { from, to, timeline, failures, delays, recovery, acts, moreActs, risks, notKnown } = dossier
  const window = { from: from.toISOString(), to: to.toISOString() }
  return html`${facts([
    ['From', moment(from, now)],
    ['To', moment(to, now)],
  ])}
<p><a href="${linkTo('/dossier/file', window)}" download>Download as Markdown</a> · <a href="${linkTo('/dossier/file', { ...window, format: 'csv' })}" download>as CSV</a></p>
<h2>Timeline</h2>${timeline.length > 0 ? timelineTable(timeline, now) : emptyState('Nothing is on record.', 'Choose another window.')}
<h2>Failures by cause</h2>${failures.length > 0 ? failureTable(failures, now) : html`<p class="hint">No failure is on record for this window.</p>`}
<h2>Customers affected</h2>${customers(dossier)}
<h2>Delays</h2>${delays ? facts(sayDelays(delays)) : html`<p class="hint">No customer became ready by an event of this window.</p>`}
<h2>How the events ended</h2><p>${recovery.atLeast && 'At least '}${counted(recovery.received, 'event')} received in the window, in their state now.</p>${dataTable(
    'How the events ended',
    [{ name: 'Events', numeric: true }, 'How'],
    recovery.ways.map(({ way, events }) => [events.toLocaleString('en'), SAY_WAY[way]]),
  )}
<h2>Operators' acts</h2>${
    acts.length > 0
      ? dataTable(
          "Operators' acts",
          ['At', 'Operator', 'Action', 'Target'],
          acts.map(({ at, operator, action, target }) => [
            moment(at, now),
            operator,
            html`<code>${action}</code>`,
            html`<code>${target}</code>`,
          ]),
        )
      : html`<p class="hint">No operator acted in this window.</p>`
  }${moreActs && html`<p class="hint">There are more acts: <a href="${linkTo('/audit', window)}">the audit</a> has them all.</p>`}
<h2>Remaining risk</h2>${dataTable(
    'Remaining risk',
    [{ name: 'Count', numeric: true }, 'What', 'Next action'],
    risks.map(({ count, sentence, nextAction }) => [count.toLocaleString('en'), sentence, nextAction]),
  )}
<h2>Not known</h2><ul>${notKnown.map((gap) => html`<li>${gap}</li>`)}</ul>
${command(`${GATEHOUSE} dossier --from ${window.from} --to ${window.to} --out incident.md`)}`
}

function timelineTable(lines: readonly DossierLine[], now: Date): Html {
  return dataTable(
    'Timeline',
    ['From', 'To', 'Kind', 'What'],
    lines.map(({ at, until, kind, text }) => [moment(at, now), moment(until, now), kind, html`<span class="sentence">${text}</span>`]),
  )
}

function failureTable(failures: readonly DossierFailure[], now: Date): Html {
  return dataTable(
    'Failures by cause',
    ['Of', 'Cause', { name: 'Count', numeric: true }, 'Now', 'First', 'Last'],
    failures.map(({ of, cause, count, now: state, firstAt, lastAt }) => [
      ...[of, html`<span class="sentence">${cause}</span>`, count.toLocaleString('en'), state],
      ...[moment(firstAt, now), moment(lastAt, now)],
    ]),
  )
}

function customers({ customers: ids, moreCustomers }: Dossier): Html {
  if (ids.length === 0) return html`<p class="hint">No customer is known to be affected.</p>`
  const listed = ids.slice(0, LISTED_CUSTOMERS)
  const rest = ids.length - listed.length
  return html`<p>${moreCustomers && 'At least '}${counted(ids.length, 'customer')}: their events or effects failed, waited longer than 5 min, or came without a webhook.${rest > 0 && ' The CSV lists all.'}</p>
<p>${listed.map((id) => html`<a href="/onboardings/${encodeURIComponent(id)}"><code>${id}</code></a> `)}</p>`
}
