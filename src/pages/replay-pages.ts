import { MAX_REPLAY_LIMIT, REPLAYABLE_STATES } from '../operate/replay/replay-request.ts'
import { sayEvents } from '../operate/replay/say-replay.ts'
import type { ReplayLine } from '../operate/use-cases.ts'
import type { Page } from '../platform/page.ts'
import { wrongFilters } from './filter-form.ts'
import { type Html, html } from './html.ts'
import { offer, type PageOperator } from './page-operator.ts'
import { badge, dataTable, emptyState, moment, morePages, page, shortId } from './page-parts.ts'

interface Reader {
  operator: PageOperator
  now: Date
}

/** The list of replays: who planned and approved each, and why. `wrong`: an error per part of the address; with any error, the list is not shown. */
export function replayListPage(
  { items, nextCursor }: Page<ReplayLine>,
  { operator, now, wrong = new Map() }: Reader & { wrong?: ReadonlyMap<string, string> },
): Html {
  return page({
    title: 'Replays',
    section: 'replays',
    operator,
    content: html`<h1>Replays</h1>
${offer(operator, 'replay.plan', () => html`<p><a class="button" href="/replays/new">Plan a replay</a></p>`)}
${wrong.size > 0 ? wrongList(wrong) : items.length > 0 ? replayTable(items, now) : emptyState('No replay yet.', 'A replay processes stored events again. Its plan changes nothing: it shows what would happen to each event.')}
${morePages('/replays', {}, nextCursor)}`,
  })
}

function wrongList(wrong: ReadonlyMap<string, string>): Html {
  return html`${wrongFilters(wrong)}<p><a href="/replays">Show the newest</a></p>`
}

export function replayTable(replays: readonly ReplayLine[], now: Date): Html {
  const rows = replays.map((replay) => [
    html`<a href="/replays/${replay.id}" title="${replay.id}"><code class="short">${shortId(replay.id)}</code></a>`,
    badge(replay.expired ? 'expired' : replay.state),
    sayEvents(replay),
    html`<span>${replay.plannedBy} ${moment(replay.plannedAt, now)}</span>`,
    replay.approvedBy && html`<span>${replay.approvedBy} ${moment(replay.approvedAt, now)}</span>`,
    replay.reason && html`<span class="sentence">${replay.reason}</span>`,
  ])
  return dataTable('Replays', ['Replay', 'State', 'Events', 'Planned by', 'Approved by', 'Reason'], rows)
}

/** What was sent with the form, and what is wrong with it, so that the reader corrects a wrong value in its field. */
interface SentPlan {
  sent: Readonly<Record<string, readonly string[]>>
  wrong: ReadonlyMap<string, string>
}

const NOTHING_SENT: SentPlan = { sent: { states: ['parked', 'dead'] }, wrong: new Map() }

/** The form that selects events. It leads to a plan and changes nothing. */
export function newReplayPage({ operator }: Reader, { sent, wrong }: SentPlan = NOTHING_SENT): Html {
  const value = (name: string): string | undefined => sent[name]?.join(' ')
  const state = (name: string): Html | undefined =>
    wrong.has(name) ? html` aria-invalid="true" aria-describedby="wrong-${name}"` : undefined
  const message = (name: string): Html | undefined => {
    const said = wrong.get(name)
    return said === undefined ? undefined : html`<small class="wrong" id="wrong-${name}">${said}</small>`
  }
  const line = (name: string, label: string, placeholder: string): Html =>
    html`<label>${label}<input name="${name}" value="${value(name)}" placeholder="${placeholder}"${state(name)}>${message(name)}</label>`
  const text = (name: string, label: string, placeholder: string): Html =>
    html`<label>${label}<textarea name="${name}" rows="2" placeholder="${placeholder}"${state(name)}>${value(name)}</textarea>${message(name)}</label>`
  return page({
    title: 'Plan a replay',
    section: 'replays',
    operator,
    content: html`<p class="crumb"><a href="/replays">Replays</a></p>
<h1>Plan a replay</h1>
<p>A replay processes stored events again. The plan shows what would happen to each event. It runs only after an approval with your name and a
reason. A customer never gets a second account or a repeated notification.</p>
${wrong.size > 0 && wrongFilters(wrong)}
<form class="card stacked" method="post" action="/replays">
<fieldset><legend>Events that are</legend>${REPLAYABLE_STATES.map(
      (word) =>
        html`<label class="check"><input type="checkbox" name="states" value="${word}" ${sent.states?.includes(word) && html`checked`}> ${word === 'accepted' ? 'unfinished' : word}</label>`,
    )}${message('states')}</fieldset>
${text('eventIds', 'with these event ids', 'one or more, separated by spaces or lines; empty: any')}
${text('identityIds', 'of these identities', 'one or more; empty: any')}
${line('types', 'of this type', 'identity.approved; empty: any')}
${line('errorCodes', 'with this error', 'NOTICE_REFUSED; empty: any')}
<div class="row">${line('from', 'received from (UTC)', '2026-03-01T12:00:00Z')}
${line('to', 'to', 'empty: now')}
${line('limit', 'at most', `1000; ${MAX_REPLAY_LIMIT} at most`)}</div>
<label class="check"><input type="checkbox" name="releaseHolds" value="yes" ${sent.releaseHolds && html`checked`}> release holds: decide by the live status at Paxos</label>
<button>Make the plan</button>
</form>`,
  })
}
