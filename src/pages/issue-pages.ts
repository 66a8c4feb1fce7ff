import { ISSUE_STATES, type IssueVerb } from '../operate/issues/issue-input.ts'
import { sayCause, sayFailures, sayTreatment } from '../operate/issues/say-issue.ts'
import { LONGEST_REASON, SHORTEST_REASON } from '../operate/replay/replay-request.ts'
import type { Issue, IssueStory } from '../operate/use-cases.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { eventTable } from './event-pages.ts'
import { filterForm, wrongFilters } from './filter-form.ts'
import { type Html, html } from './html.ts'
import { offer, type PageOperator } from './page-operator.ts'
import { badge, command, dataTable, emptyState, facts, linkTo, moment, notice, page } from './page-parts.ts'

interface Reader {
  operator: PageOperator
  now: Date
}

/** Failures by cause. `wrong`: an error per filter; with any error, the list is not shown. */
export function issueListPage(
  issues: readonly Issue[],
  state: string | undefined,
  { operator, now, wrong = new Map() }: Reader & { wrong?: ReadonlyMap<string, string> },
): Html {
  return page({
    title: 'Issues',
    section: 'issues',
    operator,
    live: true,
    content: html`<h1>Issues</h1>
<p class="hint">Failures grouped by cause: the call and its answer. Without a filter, shows open and acknowledged issues.</p>
${filterForm('/issues', [{ name: 'state', label: 'State', words: [...ISSUE_STATES, 'all'] }], { sent: { state }, wrong })}
${wrong.size > 0 ? wrongFilters(wrong) : issues.length > 0 ? issueTable(issues, now) : emptyState('No open issue.', 'Set the state to all to see muted and resolved ones.')}`,
  })
}

function issueTable(issues: readonly Issue[], now: Date): Html {
  const rows = issues.map((issue) => [
    html`<a href="/issues/${issue.id}">${sayCause(issue)}</a>${issue.note && html`<br><small>${issue.note}</small>`}`,
    badge(issue.state),
    sayFailures(issue),
    String(issue.customers),
    moment(issue.firstSeenAt, now),
    moment(issue.lastSeenAt, now),
  ])
  return dataTable('Issues', ['Cause', 'State', 'Events', { name: 'Customers', numeric: true }, 'First', 'Last'], rows)
}

/** One issue: its failures over time, the decision, and the link to a replay plan. */
export function issuePage(issue: IssueStory, { operator, now }: Reader): Html {
  const decided = sayTreatment(issue)
  return page({
    title: issue.code,
    section: 'issues',
    operator,
    content: html`<p class="crumb"><a href="/issues">Issues</a></p>
<h1>${issue.code} ${badge(issue.state)}</h1>
${decided && notice(issue.reopened ? 'bad' : 'plain', decided)}
<div class="split">
<section class="card"><h2>Cause</h2>${facts([
      ['Code', html`<code>${issue.code}</code>`],
      ['Effect', issue.effectKind],
      ['Call', issue.operation && html`<code>${issue.operation}</code>`],
      ['HTTP status', issue.status],
      ['Problem type', issue.problemType && html`<code>${issue.problemType}</code>`],
      ['Example', issue.detail],
    ])}</section>
<section class="card"><h2>What fails</h2>${facts([
      ['Events', html`<a href="${linkTo('/events', { cause: issue.id })}">${sayFailures(issue)}</a>`],
      ['Customers', issue.customers],
      ['First', moment(issue.firstSeenAt, now)],
      ['Last', moment(issue.lastSeenAt, now)],
      ['Last 24 hours', hours(issue.byHour)],
      ['Note', issue.note],
      ['Ticket', issue.link && html`<a href="${issue.link}" rel="noreferrer">${issue.link}</a>`],
    ])}</section>
</div>
${issue.parked + issue.dead > 0 && offer(operator, 'replay.plan', () => plans(issue))}
<h2>Decide</h2>
${offer(operator, 'issue.treat', () => html`<div class="split">${decisions(issue)}</div>`)}
<h2>Newest events</h2>
${issue.events.length > 0 ? eventTable(issue.events, now) : emptyState('No events.', 'Every event with this cause has ended or is dismissed.')}`,
  })
}

function plans({ id }: Issue): Html {
  return html`<h2>Replay</h2>
<p>Processes the events of this issue again. The plan shows the result before anything changes.</p>
<form method="post" action="/replays" class="inline"><input type="hidden" name="issueIds" value="${id}"><button>Plan a replay of this issue</button></form>
<form method="post" action="/replays" class="inline"><input type="hidden" name="issueIds" value="${id}"><input type="hidden" name="action" value="dismiss"><button class="quiet">Plan to dismiss them</button></form>
${command(`${GATEHOUSE} replay plan --issue ${id}`)}`
}

function decisions(issue: Issue): Html {
  return html`${issue.state !== 'acknowledged' && decision(issue, 'acknowledge', { button: 'Acknowledge', says: 'You work on it. The home page shows it as a warning.' })}
${decision(issue, 'mute', { button: 'Mute', says: 'The home page leaves it out until then, also if more events fail.' })}
${issue.state !== 'resolved' && decision(issue, 'resolve', { button: 'Resolve', says: 'The cause is fixed. Only a later failure opens it again.' })}
${issue.state !== 'open' && decision(issue, 'reopen', { button: 'Open again', says: 'An operator must act. The home page shows it again.' })}
<form class="card stacked" method="post" action="/issues/${issue.id}/note"><label>Note<input name="note" value="${issue.note}" maxlength="1000"></label>
<label>Ticket<input name="link" type="url" value="${issue.link}" maxlength="500" placeholder="https://…"></label><button class="quiet">Save</button></form>`
}

function decision({ id }: Issue, verb: IssueVerb, { button, says }: { button: string; says: string }): Html {
  return html`<form class="card stacked" method="post" action="/issues/${id}/${verb}"><p class="hint">${says}</p>
${verb === 'mute' && html`<label>Until (UTC)<input name="until" required placeholder="2026-03-09T12:00:00Z or 2026-03-09" maxlength="40"></label>`}
<label>Reason<input name="reason" required minlength="${SHORTEST_REASON}" maxlength="${LONGEST_REASON}"></label><button class="quiet">${button}</button></form>`
}

/** One bar per hour. The text has the numbers for readers who cannot see the bars. */
function hours(byHour: readonly number[]): Html {
  const most = Math.max(1, ...byHour)
  return html`<span class="bars" role="img" aria-label="failures by hour, oldest first: ${byHour.join(', ')}">${byHour.map(
    (count, n) => html`<meter min="0" max="${most}" value="${count}" title="${24 - n} h ago: ${count}" aria-hidden="true"></meter>`,
  )}</span>`
}
