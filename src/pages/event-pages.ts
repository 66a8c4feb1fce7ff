import { EVENT_STATES } from '../domain/event-state.ts'
import { MAX_ATTEMPTS } from '../operate/events/explain-waiting.ts'
import { sayOutcome } from '../operate/events/timeline.ts'
import { LONGEST_REASON, SHORTEST_REASON } from '../operate/replay/replay-request.ts'
import { counted } from '../operate/say/counted.ts'
import { sayError } from '../operate/say/say-error.ts'
import type { EventStory, EventView } from '../operate/use-cases.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import type { Page } from '../platform/page.ts'
import { attemptTable } from './attempt-table.ts'
import { type FilterField, filterForm, wrongFilters } from './filter-form.ts'
import { type Html, html } from './html.ts'
import { may, offer, type PageOperator } from './page-operator.ts'
import { badge, command, dataTable, emptyState, exportLink, facts, moment, morePages, notice, page, shortId } from './page-parts.ts'

interface Reader {
  operator: PageOperator
  now: Date
}

/** As the URL holds them, so that a filtered list can be bookmarked and shared. */
export interface EventFilters {
  state?: string | undefined
  type?: string | undefined
  identityId?: string | undefined
  cause?: string | undefined
  step?: string | undefined
  from?: string | undefined
  to?: string | undefined
}

const EVENT_FIELDS: readonly FilterField[] = [
  { name: 'state', label: 'State', words: EVENT_STATES },
  { name: 'type', label: 'Type', placeholder: 'identity.approved' },
  { name: 'identityId', label: 'Identity', placeholder: 'full id', wide: true },
  { name: 'cause', label: 'Failed with', placeholder: 'NOTICE_REFUSED, or an issue' },
  { name: 'step', label: 'Failed at', placeholder: 'send-notification' },
  { name: 'from', label: 'Received from (UTC)', placeholder: '2h, or 2026-03-01', maxlength: 40 },
  { name: 'to', label: 'to', placeholder: '15m, or 2026-03-02', maxlength: 40 },
]

/** The list of events. `wrong`: an error per filter; with any error, the list is not shown. */
export function eventListPage(
  { items, nextCursor }: Page<EventView>,
  filters: EventFilters,
  { operator, now, wrong = new Map() }: Reader & { wrong?: ReadonlyMap<string, string> },
): Html {
  const stuck = filters.state === 'parked' || filters.state === 'dead' ? filters.state : null
  return page({
    title: 'Events',
    section: 'events',
    operator,
    content: html`<h1>Events</h1>
${filterForm('/events', EVENT_FIELDS, { sent: { ...filters }, wrong })}
${
  items.length > 0 &&
  stuck &&
  may(operator, 'replay.plan') &&
  html`<form method="post" action="/replays" class="inline"><input type="hidden" name="states" value="${stuck}"><button>Plan a replay of all ${stuck}</button></form>
<form method="post" action="/replays" class="inline"><input type="hidden" name="states" value="${stuck}"><input type="hidden" name="action" value="dismiss"><button class="quiet">Plan to dismiss all ${stuck}</button></form>`
}
${wrong.size > 0 ? wrongFilters(wrong) : items.length > 0 ? eventTable(items, now) : noEvents(filters)}
${morePages('/events', { ...filters }, nextCursor)}
${exportLink('events', { ...filters })}`,
  })
}

function noEvents({ state }: EventFilters): Html {
  if (state === 'parked' || state === 'dead')
    return emptyState(
      `No event is ${state}.`,
      'No action needed. A parked event needs an operator. A dead event has used all its attempts.',
    )
  return emptyState(
    'No event matches.',
    html`Paxos sends webhooks to <code>POST /webhooks/paxos</code> of the receiver. <a href="/events">Show all</a>`,
  )
}

export function eventTable(events: readonly EventView[], now: Date): Html {
  const rows = events.map(({ eventId, type, state, identityId, receivedAt, attempts, outcome, ...failed }) => [
    html`<a href="/events/${eventId}" title="${eventId}">${type}</a>`,
    badge(state),
    identityId && html`<a href="/onboardings/${identityId}" title="${identityId}"><code class="short">${shortId(identityId)}</code></a>`,
    moment(receivedAt, now),
    String(attempts),
    failed.errorCode ? html`<code>${sayError(failed)}</code>` : outcome && sayOutcome(outcome),
  ])
  return dataTable('Events', ['Type', 'State', 'Customer', 'Received', { name: 'Attempts', numeric: true }, 'Outcome'], rows)
}

/** One event: its facts, its outcome, its attempts, and what an operator can do. */
export function eventPage(event: EventStory, { operator, now }: Reader): Html {
  const { eventId, type, state, identityId, waitingFor, attempts, generation, origin, deliveryCount } = event
  const needsPerson = state === 'parked' || state === 'dead'
  return page({
    title: `${type} ${shortId(eventId)}`,
    section: 'events',
    operator,
    live: state === 'accepted',
    content: html`<p class="crumb"><a href="/events">Events</a></p>
<h1>${type} ${badge(state)}</h1>
${waitingFor && notice(needsPerson ? 'bad' : 'warn', html`<strong>Why is this not finished?</strong> ${waitingFor}`)}
<div class="split">
<section class="card"><h2>As received</h2>${facts([
      ['Event', html`<code>${eventId}</code>`],
      ['Occurred', moment(event.occurredAt, now)],
      ['Received', moment(event.receivedAt, now)],
      ['Received by', origin === 'sweep' ? 'sweep of the Events API' : `webhook, ${counted(deliveryCount, 'delivery')}`],
      ['Webhook key', event.keySlot && html`<code>${event.keySlot}</code>`],
      ['Test', event.isTest && 'yes: recorded, never acted on'],
      ['Body SHA-256', event.bodySha256 && html`<code>${event.bodySha256}</code>`],
    ])}</section>
<section class="card"><h2>Outcome</h2>${facts([
      ['Trust', event.trust === 'confirmed' ? 'confirmed by the Events API' : 'not confirmed yet'],
      ['Customer', identityId && html`<a href="/onboardings/${identityId}"><code>${identityId}</code></a>`],
      ['Outcome', event.outcome && sayOutcome(event.outcome)],
      ['Attempts', `${attempts} of ${MAX_ATTEMPTS}`],
      ['Replayed', generation > 0 && counted(generation, 'time')],
      ['Last error', event.errorCode && html`<code>${sayError(event)}</code> ${event.errorDetail}`],
      ['Next attempt by', moment(event.nextAttemptBy, now)],
      ['Completed', moment(event.completedAt, now)],
      ['Dismissed', event.dismissal && html`by ${event.dismissal.by}, ${moment(event.dismissal.at, now)}: ${event.dismissal.reason}`],
    ])}</section>
</div>
${event.effectAttempts.length > 0 && html`<h2>Calls to Paxos and to the application</h2>${attemptTable(event.effectAttempts, now)}`}
${state !== 'test' && state !== 'dismissed' && offer(operator, 'replay.plan', () => replayThis(eventId))}
${needsPerson && offer(operator, 'event.dismiss', () => setAside(eventId, 'dismiss'))}
${state === 'dismissed' && offer(operator, 'event.dismiss', () => setAside(eventId, 'undismiss'))}`,
  })
}

function replayThis(eventId: string): Html {
  return html`<h2>Replay</h2>
<p>Processes this event again. The plan shows the result before anything changes.</p>
<form method="post" action="/replays" class="inline"><input type="hidden" name="eventIds" value="${eventId}"><button>Plan a replay</button></form>
${command(`${GATEHOUSE} replay plan --event ${eventId}`)}`
}

/** The form that dismisses an event or restores a dismissed one. */
function setAside(eventId: string, verb: 'dismiss' | 'undismiss'): Html {
  const [title, text, button] =
    verb === 'dismiss'
      ? [
          'Dismiss',
          'For an event that cannot succeed, such as a forged one. The home page and default plans leave it out. You can restore it later.',
          'Dismiss',
        ]
      : ['Restore', 'Returns the event to the state it had before it was dismissed.', 'Restore']
  return html`<h2>${title}</h2>
<p>${text}</p>
<form method="post" action="/events/${eventId}/${verb}" class="card stacked">
<label>Reason<input name="reason" required minlength="${SHORTEST_REASON}" maxlength="${LONGEST_REASON}" autocomplete="off"></label>
<button>${button}</button></form>
${command(`${GATEHOUSE} event ${verb} ${eventId} --operator <you> --reason "<why>"`)}`
}
