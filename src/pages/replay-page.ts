import { sayEta, sayLock } from '../operate/health/upstream-outlook.ts'
import { LONGEST_REASON, SHORTEST_REASON } from '../operate/replay/replay-request.ts'
import {
  didNothing,
  sayChanged,
  sayCompared,
  sayEvents,
  sayFilter,
  sayNew,
  sayPlan,
  sayResults,
  sayState,
} from '../operate/replay/say-replay.ts'
import type { ReplayStory, Steering } from '../operate/use-cases.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { type Html, html } from './html.ts'
import { may, offer, type PageOperator } from './page-operator.ts'
import { badge, command, dataTable, emptyState, facts, moment, notice, page, shortId } from './page-parts.ts'

interface Reader {
  operator: PageOperator
  now: Date
}

/** Rows on the page; the API lists all items. */
const MOST_ROWS = 200

/** One replay: a plan to approve, a run to watch and steer, or a finished run with its results. */
export function replayPage(replay: ReplayStory, { operator, now }: Reader): Html {
  const { id, state, expired, events } = replay
  return page({
    title: `Replay ${shortId(id)}`,
    section: 'replays',
    operator,
    live: state === 'planning' || replay.progress.running > 0 || state === 'approved' || state === 'running',
    content: html`<p class="crumb"><a href="/replays">Replays</a></p>
<h1>Replay ${shortId(id)} ${badge(expired ? 'expired' : state)}</h1>
${notice(toneOf(replay), sayState(replay))}
<section class="card">${replayFacts(replay, now)}</section>
${warnings(replay, operator)}
${events === 0 && state !== 'planning' ? emptyState('No event matches.', html`<a href="/replays/new">Plan with other filters</a>`) : whatNext(replay, operator)}
${events > 0 && itemTable(replay)}`,
  })
}

function toneOf(replay: ReplayStory): 'good' | 'warn' | 'bad' | 'plain' {
  const { state, expired, compared } = replay
  if (state === 'paused' || expired || didNothing(replay) || compared.unexplained > 0) return 'bad'
  if (state === 'finished') return compared.explained > 0 || replay.progress.skipped > 0 ? 'warn' : 'good'
  return state === 'cancelled' || state === 'discarded' ? 'plain' : 'warn'
}

function replayFacts(replay: ReplayStory, now: Date): Html {
  const { id, state, events, effects, counts, results, secondBy } = replay
  return facts([
    ['Replay', html`<code>${id}</code>`],
    ['Filter', sayFilter(replay.filter)],
    ['Planned', html`by ${replay.plannedBy}, ${moment(replay.plannedAt, now)}`],
    ['Expires', (state === 'planned' || state === 'awaiting_second') && moment(replay.expiresAt, now)],
    ['Approved', replay.approvedBy && html`by ${replay.approvedBy}, ${moment(replay.approvedAt, now)}`],
    ['Reason', replay.reason],
    ['Second person', secondBy && `${secondBy}: ${replay.secondReason}`],
    ['Finished', moment(replay.finishedAt, now)],
    ['Events', events > 0 && sayEvents(replay)],
    ['Effects', effects && html`<strong>${sayPlan(replay)}</strong>`],
    ['By verdict', sayResults(counts)],
    ['Result', sayResults(results)],
    ['Plan against run', sayCompared(replay.compared)],
    [state === 'planned' || state === 'awaiting_second' ? 'Estimated time' : 'Estimated time left', sayPace(replay)],
    ['Plan hash', replay.planHash && html`<code>${replay.planHash.slice(0, 16)}…</code>`],
  ])
}

function sayPace({ state, upstream: { etaSeconds } }: ReplayStory): string | null {
  if (!etaSeconds || state === 'planning' || state === 'cancelled' || state === 'discarded') return null
  return state === 'planned' || state === 'awaiting_second' ? `${sayEta(etaSeconds)}, current backlog included` : sayEta(etaSeconds)
}

function warnings(replay: ReplayStory, operator: PageOperator): (Html | null)[] {
  const { id, matched, upstream } = replay
  const changed = sayChanged(replay)
  const more = sayNew(replay)
  return [
    matched === null
      ? null
      : notice(
          'warn',
          'More events matched than the limit allows; the plan holds the oldest. For the others, plan again with a higher limit (at most 100000) or a later start time.',
        ),
    upstream.etaSeconds !== 0 && upstream.lockedForSeconds
      ? notice('warn', `${sayLock(upstream.lockedForSeconds)}. The run then continues by itself.`)
      : null,
    changed ? notice('warn', `${changed}.`) : null,
    more
      ? html`<form class="inline" method="post" action="/replays/${id}/new">${notice('warn', html`${more}. ${may(operator, 'replay.plan') && html`<button>Plan those</button>`}`)}</form>`
      : null,
  ]
}

function whatNext(replay: ReplayStory, operator: PageOperator): Html | null {
  const { id, state, expired } = replay
  const steer = (steerings: readonly Steering[]): Html => offer(operator, 'replay.steer', () => steerForm(id, steerings))
  if (expired)
    return html`${may(operator, 'replay.plan') && html`<p><a class="button" href="/replays/new">Plan again</a></p>`}${steer(['discard'])}`
  switch (state) {
    case 'planned':
    case 'awaiting_second':
      return html`${offer(operator, 'replay.approve', () => approval(replay))}${steer(['discard'])}`
    case 'planning':
      return steer(['discard'])
    case 'approved':
    case 'running':
      return steer(['pause', 'cancel'])
    case 'paused':
      return steer(['resume', 'cancel'])
    case 'finished':
    case 'cancelled':
    case 'discarded':
      return null
  }
}

function approval(replay: ReplayStory): Html {
  const { id, needsSecond, plannedBy } = replay
  return html`<form class="card stacked" method="post" action="/replays/${id}/approve">
<h2>Approve and run</h2>
${notice('warn', sayApproval(replay))}
${needsSecond && notice('warn', `Two people must approve: ${plannedBy}, who planned it, and another person, or two other people.`)}
<label>Reason${reasonField('what happened, and the ticket')}</label>
<p class="hint">At least ${SHORTEST_REASON} characters. The replay and the audit record your name and the reason.</p>
<button>Approve and run</button>
</form>
${command(`${GATEHOUSE} replay approve ${id} --operator <you> --reason "<why>"`)}`
}

function sayApproval(replay: ReplayStory): string {
  const what =
    'action' in replay.filter && replay.filter.action === 'dismiss'
      ? `This ${sayPlan(replay)}. You can restore each event later.`
      : `This replays ${sayEvents(replay)}, in stages of 1, 2, 5, 20, 50 customers, then the rest.`
  return `${what} Events that have changed since the plan are skipped and listed.`
}

function reasonField(placeholder: string): Html {
  return html`<input name="reason" required minlength="${SHORTEST_REASON}" maxlength="${LONGEST_REASON}" placeholder="${placeholder}" autocomplete="off">`
}

const STEERED: Readonly<Record<Steering, string>> = {
  pause: 'Pause',
  resume: 'Resume',
  cancel: 'Cancel the rest',
  discard: 'Discard the plan',
}

function steerForm(id: string, steerings: readonly Steering[]): Html {
  return html`<form class="card stacked" method="post" action="/replays/${id}/${steerings[0]}">
<label>Reason${reasonField('why')}</label>
<div class="row">${steerings.map(
    (steering) => html`<button class="quiet" formaction="/replays/${id}/${steering}">${STEERED[steering]}</button>`,
  )}</div></form>`
}

function itemTable({ items, state, events }: ReplayStory): Html {
  const ran = !['planning', 'planned', 'awaiting_second', 'discarded'].includes(state)
  const rows = items
    .slice(0, MOST_ROWS)
    .map(({ eventId, type, identityId, verdict, detail, result, eventState, errorCode, difference }) => [
      html`<a href="/events/${eventId}" title="${eventId}">${type}</a>`,
      identityId && html`<a href="/onboardings/${identityId}" title="${identityId}"><code class="short">${shortId(identityId)}</code></a>`,
      badge(eventState),
      html`<strong>${verdict}</strong> <span class="sentence">${detail}</span>`,
      ...(ran
        ? [
            html`<strong>${result ?? 'not run yet'}</strong> ${errorCode && html`<code>${errorCode}</code>`} <span class="sentence">${difference}</span>`,
          ]
        : []),
    ])
  const table = dataTable('Events of this replay', ['Event', 'Customer', 'State now', 'Would do', ...(ran ? ['Result'] : [])], rows)
  return html`${table}${events > rows.length && html`<p class="hint">The first ${rows.length} of ${events}; <code>GET /v1/replays/…/items</code> lists them all.</p>`}`
}
