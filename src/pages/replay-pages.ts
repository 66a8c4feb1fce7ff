import { MAX_REPLAY_LIMIT, REPLAYABLE_STATES } from '../operate/replay-request.ts'
import { sayEvents } from '../operate/say-replay.ts'
import type { ReplayLine } from '../operate/use-cases.ts'
import type { Page } from '../platform/page.ts'
import { type Html, html } from './html.ts'
import { badge, dataTable, emptyState, moment, morePages, page, shortId } from './page-parts.ts'

interface Reader {
  operator: string
  now: Date
}

/** The list of replays: who planned and approved each, and why. */
export function replayListPage({ items, nextCursor }: Page<ReplayLine>, { operator, now }: Reader): Html {
  return page({
    title: 'Replays',
    section: 'replays',
    operator,
    content: html`<h1>Replays</h1>
<p><a class="button" href="/replays/new">Plan a replay</a></p>
${items.length > 0 ? replayTable(items, now) : emptyState('No replay yet.', 'A replay processes stored events again. Its plan changes nothing: it shows what would happen to each event.')}
${morePages('/replays', {}, nextCursor)}`,
  })
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

/** The form that selects events. It leads to a plan and changes nothing. */
export function newReplayPage({ operator }: Reader): Html {
  return page({
    title: 'Plan a replay',
    section: 'replays',
    operator,
    content: html`<p class="crumb"><a href="/replays">Replays</a></p>
<h1>Plan a replay</h1>
<p>A replay processes stored events again. The plan shows what would happen to each event. It runs only after an approval with your name and a
reason. A customer never gets a second account or a repeated notification.</p>
<form class="card stacked" method="post" action="/replays">
<fieldset><legend>Events that are</legend>${REPLAYABLE_STATES.map(
      (state) =>
        html`<label class="check"><input type="checkbox" name="states" value="${state}" ${(state === 'parked' || state === 'dead') && html`checked`}> ${state === 'accepted' ? 'unfinished' : state}</label>`,
    )}</fieldset>
<label>with these event ids<textarea name="eventIds" rows="2" placeholder="one or more, separated by spaces or lines; empty: any"></textarea></label>
<label>of these identities<textarea name="identityIds" rows="2" placeholder="one or more; empty: any"></textarea></label>
<label>of this type<input name="types" placeholder="identity.approved; empty: any"></label>
<label>with this error<input name="errorCodes" placeholder="NOTICE_REFUSED; empty: any"></label>
<div class="row"><label>received from (UTC)<input name="from" placeholder="2026-03-01T12:00:00Z"></label>
<label>to<input name="to" placeholder="empty: now"></label>
<label>at most<input name="limit" inputmode="numeric" placeholder="1000; ${MAX_REPLAY_LIMIT} at most"></label></div>
<label class="check"><input type="checkbox" name="releaseHolds" value="yes"> release holds: decide by the live status at Paxos</label>
<button>Make the plan</button>
</form>`,
  })
}
