import { counted } from '../operate/counted.ts'
import { roughSpan, span } from '../operate/say-time.ts'
import { sayLock } from '../operate/upstream-outlook.ts'
import type { EventView, OnboardingView, ReplayLine, Stats } from '../operate/use-cases.ts'
import { eventTable } from './event-pages.ts'
import { type Html, type HtmlValue, html } from './html.ts'
import { onboardingTable } from './onboarding-pages.ts'
import { badge, emptyState, moment, notice, page } from './page-parts.ts'
import { replayTable } from './replay-pages.ts'

export interface HomeView {
  stats: Stats
  parked: readonly EventView[]
  dead: readonly EventView[]
  held: readonly OnboardingView[]
  /** The latest. */
  replays: readonly ReplayLine[]
}

/** An event that is unfinished for so long is worth a look, even while it is still tried. */
const TOO_OLD_SECONDS = 300
/** A canary goes through the queue every five seconds, so no worker has been taking jobs for so long. */
const TOO_QUIET_SECONDS = 60

/** Is anything wrong? Then the numbers, each a link to its list, then what waits for a person. */
export function homePage({ stats, parked, dead, held, replays }: HomeView, { operator, now }: { operator: string; now: Date }): Html {
  const stuck = [...parked, ...dead]
  return page({
    title: 'Home',
    section: 'home',
    operator,
    live: true,
    content: html`<h1>Is anything wrong?</h1>
${verdict(stats)}
<div class="cards">
<section class="card"><h2>Inbox</h2>${tiles([
      ['unfinished', stats.inbox.accepted, '/events?state=accepted', ''],
      ['parked', stats.inbox.parked, '/events?state=parked', 'bad'],
      ['dead', stats.inbox.dead, '/events?state=dead', 'bad'],
      ['processed', stats.inbox.processed, '/events?state=processed', ''],
    ])}
<p class="hint">Last webhook: ${moment(stats.lastWebhookAt, now) ?? 'none yet'}. Oldest unfinished: ${
      stats.oldestUnfinishedSeconds === null ? 'none' : span(stats.oldestUnfinishedSeconds)
    }.${
      stats.inbox.accepted > 0 && stats.upstream.backlogSeconds !== null
        ? ` Within Paxos's limits they take about ${roughSpan(stats.upstream.backlogSeconds)}.`
        : ''
    } ${counted(stats.inbox.duplicates, 'repeated delivery')}, stored once.</p></section>
<section class="card"><h2>Onboardings</h2>${tiles(
      Object.entries(stats.onboardings).map(([state, count]) => [
        state.replaceAll('_', ' '),
        count,
        `/onboardings?state=${state}`,
        state === 'held' ? 'bad' : '',
      ]),
    )}</section>
<section class="card"><h2>Notices</h2>${tiles([
      ['sent', stats.notices.sent, '/onboardings?state=ready', ''],
      ['on their way', stats.notices.pending, '/onboardings?state=approved', ''],
      ['refused', stats.notices.failed, '/events?state=parked', 'bad'],
      ['suppressed', stats.notices.suppressed, '/onboardings', ''],
    ])}
<p class="hint">One of each kind per transition; suppressed are those that were no longer true.</p></section>
</div>
${stuck.length > 0 && html`<h2>Events that wait for a person</h2>${eventTable(stuck, now)}`}
${held.length > 0 && html`<h2>Held onboardings</h2>${onboardingTable(held, now)}`}
${replays.length > 0 && html`<h2>Latest replays</h2>${replayTable(replays, now)}<p class="more"><a href="/replays">All replays</a></p>`}
${stats.lastWebhookAt === null && firstSteps()}`,
  })
}

function verdict({ inbox, onboardings, notices, oldestUnfinishedSeconds, canary, upstream }: Stats): Html {
  const problems: HtmlValue[] = [
    inbox.parked > 0 && html`<a href="/events?state=parked">${counted(inbox.parked, 'event')} parked</a>`,
    inbox.dead > 0 && html`<a href="/events?state=dead">${counted(inbox.dead, 'event')} dead</a>`,
    onboardings.held > 0 && html`<a href="/onboardings?state=held">${counted(onboardings.held, 'onboarding')} held</a>`,
    notices.failed > 0 && html`<a href="/events?state=parked">${counted(notices.failed, 'notice')} refused</a>`,
    oldestUnfinishedSeconds !== null &&
      oldestUnfinishedSeconds > TOO_OLD_SECONDS &&
      html`<a href="/events?state=accepted">an event is unfinished since ${span(oldestUnfinishedSeconds)}</a>`,
    canary.sinceSeenSeconds !== null &&
      canary.sinceSeenSeconds > TOO_QUIET_SECONDS &&
      html`no worker has taken a job for ${span(canary.sinceSeenSeconds)} (is one running, is the queue paused?)`,
    upstream.lockedForSeconds !== null && upstream.lockedForSeconds > 0 && sayLock(upstream.lockedForSeconds),
  ].filter((problem) => problem !== false)
  if (problems.length === 0) return notice('good', html`<strong>No.</strong> Nothing waits for a person, and nothing waits too long.`)
  return notice('bad', html`<strong>Yes:</strong> ${problems.map((problem, at) => html`${at > 0 && ', '}${problem}`)}.`)
}

function tiles(rows: readonly (readonly [string, number, string, string])[]): Html {
  return html`<ul class="tiles">${rows.map(
    ([name, count, href, kind]) =>
      html`<li><a href="${href}" class="${count > 0 ? kind : ''}"><b>${count.toLocaleString('en')}</b> ${name}</a></li>`,
  )}</ul>`
}

function firstSteps(): Html {
  return emptyState(
    'No webhook has arrived yet.',
    html`In the Paxos dashboard, add a webhook to <code>POST …/webhooks/paxos</code> of the receiver with the API key of
WEBHOOK_API_KEYS; or onboard an invented person with <code>gatehouse sandbox person</code> and <code>POST /v1/onboardings</code>. An onboarding
starts ${badge('pending')} and ends ${badge('ready')}.`,
  )
}
