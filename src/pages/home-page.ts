import type { ClockList } from '../operate/health/clocks.ts'
import type { Flow, Home } from '../operate/health/home.ts'
import { counted } from '../operate/say/counted.ts'
import { roughSpan, span } from '../operate/say/say-time.ts'
import type { EventView, OnboardingView, ReplayLine, Stats } from '../operate/use-cases.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { channelLines } from './alert-page.ts'
import { clockTable } from './clock-table.ts'
import { eventTable } from './event-pages.ts'
import { type Html, html } from './html.ts'
import { onboardingTable } from './onboarding-pages.ts'
import type { PageOperator } from './page-operator.ts'
import { badge, emptyState, moment, page } from './page-parts.ts'
import { problemList } from './problem-list.ts'
import { replayTable } from './replay-pages.ts'

export interface HomeView {
  home: Home
  clocks: ClockList
  stats: Stats
  parked: readonly EventView[]
  dead: readonly EventView[]
  held: readonly OnboardingView[]
  /** Approved by Paxos but not ready, longest wait first. */
  longest: readonly OnboardingView[]
  /** The newest replays. */
  replays: readonly ReplayLine[]
}

/** The home page: problems first, then the last 24 hours, counts that link to their lists, and everything that needs an operator. */
export function homePage(
  { home, clocks, stats, parked, dead, held, longest, replays }: HomeView,
  { operator, now }: { operator: PageOperator; now: Date },
): Html {
  const stuck = [...parked, ...dead]
  return page({
    title: 'Home',
    section: 'home',
    operator,
    live: true,
    content: html`<h1>Is anything wrong?</h1>
${problemList(home.problems, now)}
${flowCard(home.flow, now)}
<div class="cards">
<section class="card"><h2>Inbox</h2>${tiles([
      ['unfinished', stats.inbox.accepted, '/events?state=accepted', ''],
      ['parked', stats.inbox.parked, '/events?state=parked', 'bad'],
      ['dead', stats.inbox.dead, '/events?state=dead', 'bad'],
      ['processed', stats.inbox.processed, '/events?state=processed', ''],
    ])}
${inboxHint(stats, now)}</section>
<section class="card"><h2>Onboardings</h2>${tiles(
      Object.entries(stats.onboardings).map(([state, count]) => [
        state.replaceAll('_', ' '),
        count,
        `/onboardings?state=${state}`,
        state === 'held' ? 'bad' : '',
      ]),
    )}</section>
<section class="card"><h2>Notifications</h2>${tiles([
      ['sent', stats.notices.sent, '/onboardings?state=ready', ''],
      ['pending', stats.notices.pending, '/onboardings?state=approved', ''],
      ['refused', stats.notices.failed, '/onboardings?state=approved', 'bad'],
      ['suppressed', stats.notices.suppressed, '/onboardings', ''],
    ])}
<p class="hint">Each transition sends one notification. Refused: your application rejected the last attempt. Suppressed: no longer true when it
was due, so never sent.</p></section>
<section class="card"><h2>Queue</h2><p><a href="/queue">Pause, resume or rebuild the queue</a></p></section>
<section class="card"><h2>Alerts</h2>${channelLines(home.alerts, now)}<p><a href="/alerts">Incidents, and a test of the channels</a></p></section>
</div>
${clocks.items.length > 0 && html`<h2>What runs out</h2>${clockTable(clocks)}`}
${longest.length > 0 && html`<h2>Approved but not ready, longest wait first</h2>${onboardingTable(longest, now)}`}
${stuck.length > 0 && html`<h2>Events that need an operator</h2>${eventTable(stuck, now)}`}
${held.length > 0 && html`<h2>Held onboardings</h2>${onboardingTable(held, now)}`}
${replays.length > 0 && html`<h2>Latest replays</h2>${replayTable(replays, now)}<p class="more"><a href="/replays">All replays</a></p>`}
${stats.lastWebhookAt === null && firstSteps()}`,
  })
}

function inboxHint({ inbox, oldestUnfinishedSeconds, lastWebhookAt, upstream }: Stats, now: Date): Html {
  const backlog =
    inbox.accepted > 0 && upstream.backlogSeconds !== null
      ? ` Estimated time to finish them within Paxos's rate limits: ${roughSpan(upstream.backlogSeconds)}.`
      : ''
  return html`<p class="hint">Last webhook: ${moment(lastWebhookAt, now) ?? 'none yet'}. Oldest unfinished: ${
    oldestUnfinishedSeconds === null ? 'none' : span(oldestUnfinishedSeconds)
  }.${backlog} ${counted(inbox.duplicates, 'repeated delivery')}, stored once.</p>`
}

/** The last 24 hours as bars, each relative to the first of its kind. */
function flowCard({ received, confirmed, opened, approved, withAccount, ready, toReady }: Flow, now: Date): Html | null {
  if (received === 0 && opened === 0) return null
  const steps = [
    ['events received', received, received],
    ['confirmed at Paxos', confirmed, received],
    ['customers opened', opened, opened],
    ['approved', approved, opened],
    ['with account', withAccount, opened],
    ['told: ready', ready, opened],
  ] as const
  return html`<section class="card"><h2>Last 24 hours</h2>
<ol class="funnel">${steps.map(
    ([name, count, whole]) =>
      html`<li><span>${name}</span><meter min="0" max="${Math.max(1, whole)}" value="${count}"></meter><b class="count">${count.toLocaleString('en')}</b></li>`,
  )}</ol>
<p class="hint">${
    toReady
      ? html`Time from the deciding webhook to the notification "ready": 50 % of ${counted(toReady.customers, 'customer')} within ${quick(toReady.p50)}, 95 % within ${quick(toReady.p95)}, 99 % within ${quick(toReady.p99)}.`
      : 'No customer became ready in the last 24 hours.'
  } As of ${moment(now, now)}.</p></section>`
}

/** `0.4 s`, `12 s`, `3 min`. */
function quick(seconds: number): string {
  return seconds < 10 ? `${seconds.toFixed(1)} s` : roughSpan(seconds)
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
WEBHOOK_API_KEYS; or onboard an invented person with <code>${GATEHOUSE} sandbox person</code> and <code>POST /v1/onboardings</code>. An onboarding
starts ${badge('pending')} and ends ${badge('ready')}.`,
  )
}
