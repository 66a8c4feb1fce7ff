import type { DuplicateView } from '../operate/onboarding/duplicates.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import type { Page } from '../platform/page.ts'
import { type Html, html } from './html.ts'
import { offer, type PageOperator } from './page-operator.ts'
import { badge, command, dataTable, emptyState, moment, morePages, page, shortId } from './page-parts.ts'

interface Reader {
  operator: PageOperator
  now: Date
}

/** Requests for persons whom Paxos knows already, which wait for a decision. */
export function duplicateListPage({ items, nextCursor }: Page<DuplicateView>, reader: Reader): Html {
  return page({
    title: 'Duplicate persons',
    section: 'onboardings',
    operator: reader.operator,
    content: html`<p class="crumb"><a href="/onboardings">Onboardings</a></p>
<h1>Duplicate persons</h1>
<p class="hint">Paxos knows each of these persons already, under another request. A confirmation opens a further account on the existing identity.</p>
${items.length > 0 ? duplicateTable(items, reader) : emptyState('No request waits for a decision.', html`<a href="/onboardings">All onboardings</a>`)}
${morePages('/duplicates', {}, nextCursor)}
${command(`${GATEHOUSE} onboarding duplicates`)}`,
  })
}

/** Those about one customer, in any state. */
export function duplicateSection(duplicates: readonly DuplicateView[], reader: Reader): Html {
  return html`<h2>Requests for the same person</h2>
<p>Paxos knows this person already. A confirmation opens a further account on this identity.</p>
${duplicateTable(duplicates, reader)}`
}

function duplicateTable(duplicates: readonly DuplicateView[], { operator, now }: Reader): Html {
  const rows = duplicates.map(({ requestId, refId, state, existingIdentityId, createdAt }) => [
    html`${refId}<br><small><code>${requestId}</code></small>`,
    html`<a href="/onboardings/${existingIdentityId}" title="${existingIdentityId}">${shortId(existingIdentityId)}</a>`,
    badge(state),
    moment(createdAt, now),
    state === 'held' && offer(operator, 'customer.control', () => decision(requestId)),
  ])
  return dataTable('Requests for the same person', ['Request', 'Existing customer', 'State', 'Created', 'Decision'], rows)
}

/** An operator decides with a reason. */
function decision(requestId: string): Html {
  return html`${(['confirm', 'decline'] as const).map(
    (verb) => html`<form method="post" action="/duplicates/${requestId}/${verb}" class="inline">
<label>Reason <input name="reason" required maxlength="500"></label><button>${verb === 'confirm' ? 'Same person: open an account' : 'Decline'}</button></form>`,
  )}`
}
