import type { DriftReport } from '../operate/reconcile/drift.ts'
import { counted } from '../operate/say/counted.ts'
import { type Html, html } from './html.ts'
import type { PageOperator } from './page-operator.ts'
import { dataTable, moment, notice, page } from './page-parts.ts'

const HEALS = { replay: 'an approved replay', poll: 'the poll of orders, by itself', person: 'a person' } as const

/** The differences between the record and Paxos, with the way to heal each class. */
export function driftPage(
  { at, parts, differences, complete, replayId }: DriftReport,
  { operator, now }: { operator: PageOperator; now: Date },
): Html {
  const heals = parts.some((part) => part.differences.some(({ healedBy }) => healedBy === 'replay'))
  return page({
    title: 'Drift',
    section: 'reconciliations',
    operator,
    content: html`<p class="crumb"><a href="/reconciliations">Reconcile</a></p>
<h1>Drift</h1>
${notice(
  differences > 0 ? 'bad' : complete ? 'good' : 'plain',
  html`<strong>${counted(differences, 'difference')}</strong> at ${moment(at, now)}.${!complete && ' Not everything was compared.'}`,
)}
${dataTable(
  'Parts',
  ['Part', { name: 'Checked', numeric: true }, { name: 'Differences', numeric: true }, 'Not compared'],
  parts.map(({ name, checked, differences: found, incomplete }) => [
    name,
    checked.toLocaleString('en'),
    String(found.length),
    incomplete ?? '',
  ]),
)}
${differences > 0 && differenceTable(parts)}
${replayId ? html`<p><a class="button" href="/replays/${replayId}">Check and approve the replay that heals</a></p>` : heals && driftForm('Compare again, and plan the replay that heals', true)}`,
  })
}

/** A form that starts a comparison. */
export function driftForm(button: string, plan: boolean): Html {
  return html`<form class="inline" method="post" action="/drift">${plan && html`<input type="hidden" name="plan" value="true">`}<button>${button}</button></form>`
}

function differenceTable(parts: DriftReport['parts']): Html {
  const rows = parts.flatMap((part) =>
    part.differences.map(({ class: kind, subject, problem, healedBy, page: path }) => [
      html`<code>${kind}</code>`,
      html`<a href="${path}"><code>${subject}</code></a>`,
      problem,
      HEALS[healedBy],
    ]),
  )
  return html`<h2>Differences</h2>${dataTable('Differences', ['Class', 'Where', 'Difference', 'Healed by'], rows)}`
}
