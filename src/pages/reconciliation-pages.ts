import type { Reconciliation } from '../operate/reconcile/reconciliations.ts'
import { sayReconciliation } from '../operate/reconcile/say-reconciliation.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import type { Page } from '../platform/page.ts'
import { driftForm } from './drift-page.ts'
import { type Html, html } from './html.ts'
import { offer, type PageOperator } from './page-operator.ts'
import { badge, command, dataTable, emptyState, facts, moment, morePages, notice, page } from './page-parts.ts'

interface Reader {
  operator: PageOperator
  now: Date
}

/** Comparisons with List Events, and the form for another one. `wrong`: what is wrong with the form that was sent. */
export function reconciliationListPage(
  { items, nextCursor }: Page<Reconciliation>,
  { operator, now, sent = {}, wrong = null }: Reader & { sent?: { from?: string; to?: string }; wrong?: string | null },
): Html {
  return page({
    title: 'Reconciliations',
    section: 'reconciliations',
    operator,
    live: wrong === null && items.some(({ finishedAt }) => finishedAt === null),
    content: html`<h1>Reconciliations</h1>
<p class="hint">A reconciliation reads List Events of Paxos over a window, takes in every event that the inbox lacks, and counts. If nothing is missing and nothing is in doubt, it has a signed certificate.</p>
${wrong !== null && notice('bad', wrong)}
<p><a href="/dossier">Incident dossier</a>: what happened in a window, as a page, Markdown or CSV.</p>
${offer(operator, 'reconcile.request', () => windowForm(sent))}
${offer(operator, 'reconcile.request', () => driftSection())}
${items.length > 0 ? table(items, now) : emptyState('No reconciliation yet.', 'The sweep takes in missing events all the time. Compare a window to prove that none is missing.')}
${morePages('/reconciliations', {}, nextCursor)}
${command(`${GATEHOUSE} reconcile run --from 2h`)}`,
  })
}

function driftSection(): Html {
  return html`<section class="card"><h2>Drift</h2><p>Compares identities, accounts, balances and orders here with Paxos. It reads every identity and account at Paxos page by page.</p>
${driftForm('Compare with Paxos', false)}</section>`
}

function windowForm({ from, to }: { from?: string; to?: string }): Html {
  return html`<form class="card stacked" method="post" action="/reconciliations">
<label>From (UTC)<input name="from" value="${from}" maxlength="40" placeholder="24 h before the end"></label>
<label>To (UTC)<input name="to" value="${to}" maxlength="40" placeholder="30 s ago"></label>
<button>Compare</button></form>`
}

function table(items: readonly Reconciliation[], now: Date): Html {
  const rows = items.map(({ id, state, fromAt, toAt, listed, bySweep, missing, requestedAt }) => [
    html`<a href="/reconciliations/${id}">${moment(requestedAt, now)}</a>`,
    badge(state),
    moment(fromAt, now),
    moment(toAt, now),
    listed.toLocaleString('en'),
    bySweep.toLocaleString('en'),
    missing.toLocaleString('en'),
  ])
  const numbers = ['Listed', 'By sweep', 'Missing'].map((name) => ({ name, numeric: true }))
  return dataTable('Reconciliations', ['Requested', 'State', 'From', 'To', ...numbers], rows)
}

/** One comparison: its state, its counts, and the certificate or why there is none. */
export function reconciliationPage(reconciliation: Reconciliation, certificate: string | null, { operator, now }: Reader): Html {
  const { id, state, withheld, finishedAt } = reconciliation
  const tone = state === 'complete' ? 'good' : state === 'withheld' ? 'bad' : 'plain'
  return page({
    title: 'Reconciliation',
    section: 'reconciliations',
    operator,
    live: finishedAt === null,
    content: html`<p class="crumb"><a href="/reconciliations">Reconciliations</a></p>
<h1>Reconciliation ${badge(state)}</h1>
${notice(tone, sayReconciliation(reconciliation))}
${facts(rowsOf(reconciliation, now))}
${
  withheld.length > 0 &&
  html`<h2>Why there is no certificate</h2>${dataTable(
    'Doubts',
    ['Code', 'What it means'],
    withheld.map(({ code, detail }) => [html`<code>${code}</code>`, detail]),
  )}`
}
${certificate && html`<h2>Certificate</h2><p class="hint">A compact JWS. Your auditor verifies it offline with the public key of ${GATEHOUSE} reconcile key.</p><pre class="wrapped">${certificate}</pre>`}
${command(state === 'complete' ? `${GATEHOUSE} reconcile certificate ${id} --out certificate.jws` : `${GATEHOUSE} reconcile show ${id}`)}`,
  })
}

function rowsOf(reconciliation: Reconciliation, now: Date): (readonly [string, Html | string | null])[] {
  const { id, fromAt, toAt, requestedBy, requestedAt, finishedAt, listed, byWebhook, bySweep, found, missing, eventsSha256 } =
    reconciliation
  const number = (value: number) => value.toLocaleString('en')
  return [
    ['Id', html`<code>${id}</code>`],
    ['From', moment(fromAt, now)],
    ['To', moment(toAt, now)],
    ['Requested', html`${moment(requestedAt, now)} by ${requestedBy}`],
    ['Finished', moment(finishedAt, now)],
    ['Listed by Paxos', number(listed)],
    ...(finishedAt === null
      ? []
      : ([
          ['By webhook', number(byWebhook)],
          ['By sweep', `${number(bySweep)} (${number(found)} found by this comparison)`],
          ['Missing', number(missing)],
          ['SHA-256 of the event ids', eventsSha256 && html`<code>${eventsSha256}</code>`],
        ] as const)),
  ]
}
