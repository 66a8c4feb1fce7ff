import type { FindAnswer, Found } from '../operate/find.ts'
import { type Html, html } from './html.ts'
import type { PageOperator } from './page-operator.ts'
import { badge, dataTable, emptyState, moment, notice, page } from './page-parts.ts'

interface Reader {
  operator: PageOperator
  now: Date
}

/** The results of a search. `wrong`: why no search was made. */
export function findPage(
  answer: FindAnswer | null,
  { operator, now, text, wrong = null }: Reader & { text: string; wrong?: string | null },
): Html {
  return page({
    title: 'Find',
    section: null,
    operator,
    searched: text,
    content: html`<h1>Find</h1>
${wrong && html`<div role="alert">${notice('bad', `The text ${wrong}.`)}</div>`}
${answer && found(answer, now)}
<p class="hint">Finds ids of events, commands, identities, accounts, profiles, orders, executions, deposits, transfers, deposit
instructions, wires and replays, ref_ids, and keys: the <code>webhook-id</code> of a notification, the <code>ref_id</code> of an account. The first characters are enough.</p>`,
  })
}

function found({ text, items, more }: FindAnswer, now: Date): Html {
  if (items.length === 0) return emptyState('No matches.', html`No id and no key starts with <code>${text}</code>.`)
  return html`${dataTable(
    'What was found',
    ['What', 'State', 'Matched by', 'Value', 'Since'],
    items.map((item) => row(item, now)),
  )}
${more && html`<p class="hint">More matches exist than are listed. Enter more characters.</p>`}`
}

function row({ page: path, says, state, matchedBy, value, exact, at }: Found, now: Date): (Html | string | null)[] {
  return [
    html`<a href="${path}">${says}</a>`,
    badge(state),
    exact ? matchedBy : `${matchedBy} (starts with it)`,
    html`<code>${value}</code>`,
    moment(at, now),
  ]
}
