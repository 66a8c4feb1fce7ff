import { REPLAYABLE_STATES } from '../operate/replay-request.ts'
import { sayEvents } from '../operate/say-replay.ts'
import { sayEta, sayLock } from '../operate/upstream-outlook.ts'
import type { ReplayLine, ReplayStory } from '../operate/use-cases.ts'
import type { Page } from '../platform/page.ts'
import { type Html, html } from './html.ts'
import { badge, command, dataTable, emptyState, facts, moment, morePages, notice, page, shortId } from './page-parts.ts'

interface Reader {
  operator: string
  now: Date
}

/** Who planned and approved what, and why. */
export function replayListPage({ items, nextCursor }: Page<ReplayLine>, { operator, now }: Reader): Html {
  return page({
    title: 'Replays',
    section: 'replays',
    operator,
    content: html`<h1>Replays</h1>
<p><a class="button" href="/replays/new">Plan a replay</a></p>
${items.length > 0 ? replayTable(items, now) : emptyState('Nothing was ever planned.', 'A replay works on stored events again. Its plan changes nothing: it says for each what would be done.')}
${morePages('/replays', {}, nextCursor)}`,
  })
}

export function replayTable(replays: readonly ReplayLine[], now: Date): Html {
  const rows = replays.map((replay) => [
    html`<a href="/replays/${replay.id}" title="${replay.id}"><code class="short">${shortId(replay.id)}</code></a>`,
    badge(replay.state),
    sayEvents(replay),
    html`<span>${replay.plannedBy} ${moment(replay.plannedAt, now)}</span>`,
    replay.approvedBy && html`<span>${replay.approvedBy} ${moment(replay.approvedAt, now)}</span>`,
    replay.reason && html`<span class="sentence">${replay.reason}</span>`,
  ])
  return dataTable('Replays', ['Replay', 'State', 'Events', 'Planned by', 'Approved by', 'Reason'], rows)
}

/** Choose what to replay. Nothing is done from here: it leads to a plan. */
export function newReplayPage({ operator }: Reader): Html {
  return page({
    title: 'Plan a replay',
    section: 'replays',
    operator,
    content: html`<p class="crumb"><a href="/replays">Replays</a></p>
<h1>Plan a replay</h1>
<p>Works on stored events again. First comes a plan: what it would do for each event. Only an approval, with your name and a reason, runs it;
what has its account and its notice gets no second one.</p>
<form class="card stacked" method="post" action="/replays">
<fieldset><legend>Events that are</legend>${REPLAYABLE_STATES.map(
      (state) =>
        html`<label class="check"><input type="checkbox" name="states" value="${state}" ${(state === 'parked' || state === 'dead') && html`checked`}> ${state === 'accepted' ? 'unfinished' : state}</label>`,
    )}</fieldset>
<label>of these event ids<textarea name="eventIds" rows="2" placeholder="one or more, apart by blanks or lines; empty: any"></textarea></label>
<label>of these identities<textarea name="identityIds" rows="2" placeholder="one or more; empty: any"></textarea></label>
<label>of this type<input name="types" placeholder="identity.approved; empty: any"></label>
<div class="row"><label>received from (UTC)<input name="from" placeholder="2026-03-01T12:00:00Z"></label>
<label>to<input name="to" placeholder="empty: now"></label>
<label>at most<input name="limit" inputmode="numeric" placeholder="1000"></label></div>
<label class="check"><input type="checkbox" name="releaseHolds" value="yes"> release holds: let the live status at Paxos decide</label>
<button>Make the plan</button>
</form>`,
  })
}

/** A plan to look at and approve, or what running it led to. */
export function replayPage(replay: ReplayStory, { operator, now }: Reader): Html {
  const { id, state, items, matched, counts, reason, upstream } = replay
  const planned = state === 'planned'
  return page({
    title: `Replay ${shortId(id)}`,
    section: 'replays',
    operator,
    live: !planned && items.some(({ eventState }) => eventState === 'accepted'),
    content: html`<p class="crumb"><a href="/replays">Replays</a></p>
<h1>Replay ${shortId(id)} ${badge(state)}</h1>
<section class="card">${facts([
      ['Replay', html`<code>${id}</code>`],
      ['Planned', html`by ${replay.plannedBy}, ${moment(replay.plannedAt, now)}`],
      ['Approved', replay.approvedBy && html`by ${replay.approvedBy}, ${moment(replay.approvedAt, now)}`],
      ['Reason', reason],
      ['Finished', moment(replay.finishedAt, now)],
      ['Events', items.length > 0 && sayEvents({ events: items.length, matched })],
      ['Would do', Object.entries(counts).map(([verdict, count], at) => html`${at > 0 && ', '}<b>${count}</b> ${verdict}`)],
      [state === 'finished' ? 'What is left' : 'Takes', sayPace(replay)],
      ['Plan hash', html`<code>${replay.planHash.slice(0, 16)}…</code>`],
    ])}</section>
${matched !== null && notice('warn', 'More events matched than the limit took; these are the oldest. Plan again for the others, with a higher limit (10000 at most) or from a later time on.')}
${upstream.etaSeconds !== 0 && upstream.lockedForSeconds ? notice('warn', `${sayLock(upstream.lockedForSeconds)}. It goes on by itself.`) : null}
${items.length === 0 ? emptyState('No event matches.', html`There is nothing to run. <a href="/replays/new">Choose again</a>`) : state !== 'finished' && approval(replay)}
${items.length > 0 && itemTable(replay)}`,
  })
}

function sayPace({ state, upstream: { etaSeconds } }: ReplayStory): string | null {
  if (!etaSeconds) return null
  return state === 'finished' ? `takes ${sayEta(etaSeconds)}` : `${sayEta(etaSeconds)}, counting what waits already`
}

function approval({ id, state, items, matched }: ReplayStory): Html {
  return html`<form class="card stacked" method="post" action="/replays/${id}/approve">
<h2>Approve and run</h2>
${state === 'approved' && notice('bad', 'It was approved, and its run is under way this very moment or was interrupted: nothing of it is done. Approve it again to run it.')}
${notice('warn', `This works again on ${sayEvents({ events: items.length, matched })}. What has changed since the plan is skipped and listed.`)}
<label>Reason<input name="reason" required minlength="3" maxlength="500" placeholder="what happened, and the ticket" autocomplete="off"></label>
<p class="hint">Your name and the reason are kept with the replay and in the audit.</p>
<button>Approve and run</button>
</form>
${command(`gatehouse replay approve ${id} --operator <you> --reason "<why>"`)}`
}

function itemTable({ items, state }: ReplayStory): Html {
  const rows = items.map(({ eventId, type, identityId, verdict, detail, result, eventState }) => [
    html`<a href="/events/${eventId}" title="${eventId}">${type}</a>`,
    identityId && html`<a href="/onboardings/${identityId}" title="${identityId}"><code class="short">${shortId(identityId)}</code></a>`,
    badge(eventState),
    html`<strong>${verdict}</strong> <span class="sentence">${detail}</span>`,
    ...(state === 'planned' ? [] : [result ?? 'not run yet']),
  ])
  return dataTable(
    'Events of this replay',
    ['Event', 'Customer', 'State now', 'Would do', ...(state === 'planned' ? [] : ['Result'])],
    rows,
  )
}
