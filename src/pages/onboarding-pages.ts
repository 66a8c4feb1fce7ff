import { ONBOARDING_STATES } from '../domain/onboarding/onboarding.ts'
import type { TimelineLine } from '../operate/events/timeline.ts'
import type { DuplicateView } from '../operate/onboarding/duplicates.ts'
import { sayEffect } from '../operate/say/say-effect.ts'
import { relativeTime } from '../operate/say/say-time.ts'
import type { ChangeView, DocumentRecord, FurtherAccountRecord, OnboardingStory, OnboardingView } from '../operate/use-cases.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import type { Page } from '../platform/page.ts'
import { attemptTable } from './attempt-table.ts'
import { duplicateSection } from './duplicate-pages.ts'
import { eventTable } from './event-pages.ts'
import { type FilterField, filterForm, wrongFilters } from './filter-form.ts'
import { type Html, html } from './html.ts'
import { offer, type PageOperator } from './page-operator.ts'
import { badge, command, dataTable, emptyState, exportLink, facts, linkTo, moment, morePages, notice, page, shortId } from './page-parts.ts'

interface Reader {
  operator: PageOperator
  now: Date
}

export interface OnboardingFilters {
  state?: string | undefined
  q?: string | undefined
}

const ONBOARDING_FIELDS: readonly FilterField[] = [
  { name: 'state', label: 'State', words: ONBOARDING_STATES },
  { name: 'q', label: 'Id or ref_id', placeholder: 'identity, account, profile or event id, or ref_id', wide: true },
]

export function onboardingListPage(
  { items, nextCursor }: Page<OnboardingView>,
  filters: OnboardingFilters,
  { operator, now, wrong = new Map() }: Reader & { wrong?: ReadonlyMap<string, string> },
): Html {
  return page({
    title: 'Onboardings',
    section: 'onboardings',
    operator,
    content: html`<h1>Onboardings</h1>
${filterForm('/onboardings', ONBOARDING_FIELDS, { sent: { ...filters }, wrong })}
${wrong.size > 0 ? wrongFilters(wrong) : items.length > 0 ? onboardingTable(items, now) : noOnboardings(filters)}
${morePages('/onboardings', { ...filters }, nextCursor)}
${exportLink('onboardings', { ...filters })}`,
  })
}

function noOnboardings({ state, q }: OnboardingFilters): Html {
  if (q)
    return emptyState(
      'No matches.',
      'Search by an id or ref_id, complete or its first characters. Names and personal numbers are not searchable.',
    )
  if (state) return emptyState(`No onboarding is ${state.replaceAll('_', ' ')}.`, html`<a href="/onboardings">Show all</a>`)
  return emptyState(
    'No onboarding yet.',
    html`Create one with <code>POST /v1/onboardings</code> (<a href="/v1/openapi.json">how</a>) or <code>${GATEHOUSE} onboarding create</code>.`,
  )
}

export function onboardingTable(items: readonly OnboardingView[], now: Date): Html {
  const rows = items.map(({ identityId, refId, state, createdAt, updatedAt, waitingFor }) => [
    html`<a href="/onboardings/${identityId}" title="${identityId}">${refId ?? shortId(identityId)}</a>`,
    badge(state),
    waitingFor && html`<span class="sentence">${waitingFor}</span>`,
    moment(createdAt, now),
    html`<small class="when">${relativeTime(updatedAt, now)}</small>`,
  ])
  return dataTable('Onboardings', ['Customer', 'State', 'Waiting for', 'Created', 'Changed'], rows)
}

/** What belongs to the customer besides the onboarding. */
interface CustomersObjects {
  documents: readonly DocumentRecord[]
  accounts: readonly FurtherAccountRecord[]
  changes: readonly ChangeView[]
  duplicates: readonly DuplicateView[]
}

/** One customer: the state, why it is not moving, and its history. */
export function onboardingPage(
  story: OnboardingStory,
  { operator, now, documents, accounts, changes, duplicates }: Reader & CustomersObjects,
): Html {
  const { identityId, refId, state, waitingFor, requiredDocuments } = story
  return page({
    title: refId ?? identityId,
    section: 'onboardings',
    operator,
    live: true,
    content: html`<p class="crumb"><a href="/onboardings">Onboardings</a></p>
<h1>${refId ?? shortId(identityId)} ${badge(state)}</h1>
${waitingFor && notice(state === 'held' ? 'bad' : 'warn', html`<strong>Why is this not moving?</strong> ${waitingFor}`)}
<div class="split">
<section class="card"><h2>Facts</h2>${facts([
      ['Identity', html`<code>${identityId}</code>`],
      ['Account', story.accountId && html`<code>${story.accountId}</code>`],
      ['Profile', story.profileId && html`<code>${story.profileId}</code>`],
      ['Status at Paxos', story.identityStatus],
      [
        'Outstanding',
        story.outstanding.length > 0 && html`${story.outstanding.map((sentence) => html`<p class="sentence">${sentence}</p>`)}`,
      ],
      ['Tell the customer', story.customerMessage],
      ['Documents', requiredDocuments.join(', ')],
      ['Origin', story.origin === 'created' ? 'created through this API' : 'adopted: first seen in a webhook'],
      ['Created', moment(story.createdAt, now)],
      ['Approved', moment(story.approvedAt, now)],
      ['Ready', moment(story.readyAt, now)],
      ['Changed', moment(story.updatedAt, now)],
    ])}</section>
<section class="card"><h2>Effects at Paxos and in the application</h2>${effectTable(story, now)}</section>
</div>
${story.effectAttempts.length > 0 && html`<h2>Calls to Paxos and to the application</h2>${attemptTable(story.effectAttempts, now)}`}
${duplicates.length > 0 && duplicateSection(duplicates, { operator, now })}
${accounts.length > 0 && furtherAccounts(accounts, now)}
${changeSection(identityId, changes, now)}
${(documents.length > 0 || state === 'documents_required') && documentSection(identityId, documents, now)}
<h2>Timeline</h2>
${timeline(story.timeline)}
<h2>Events</h2>
${story.events.length > 0 ? eventTable(story.events, now) : emptyState('No event yet.', 'Paxos sends a webhook once it has decided.')}
<h2>Replay</h2>
<p>A replay processes this customer's events again. The plan shows the result before anything changes.</p>
${offer(operator, 'replay.plan', () => planForm(identityId, { held: state === 'held' }))}`,
  })
}

function planForm(identityId: string, { held }: { held: boolean }): Html {
  return html`<form method="post" action="/replays" class="inline">
<input type="hidden" name="identityIds" value="${identityId}">
<input type="hidden" name="states" value="parked"><input type="hidden" name="states" value="dead"><input type="hidden" name="states" value="processed">
${held && html`<label class="check"><input type="checkbox" name="releaseHolds" value="yes"> release the hold: decide by the live status at Paxos</label>`}
<button>Plan a replay</button></form>
${command(`${GATEHOUSE} replay plan --identity ${identityId} --state parked --state dead --state processed${held ? ' --release-holds' : ''}`)}`
}

/** Joint accounts are listed for each of their owners. */
function furtherAccounts(accounts: readonly FurtherAccountRecord[], now: Date): Html {
  const rows = accounts.map(({ accountKey, accountId, type, owners, state, reason, updatedAt }) => [
    html`${type}<br><small><code>${accountId ?? accountKey}</code></small>`,
    html`${owners.map((owner) => html`<a href="/onboardings/${owner}" title="${owner}">${shortId(owner)}</a> `)}`,
    html`${badge(state)} ${reason && html`<small>${reason}</small>`}`,
    html`<small class="when">${relativeTime(updatedAt, now)}</small>`,
  ])
  return html`<h2>Further accounts</h2>${dataTable('Further accounts', ['Account', 'Owners', 'State', 'Changed'], rows)}`
}

/** Corrections, KYC refreshes and restrictions that were sent. The active restrictions stand among what is outstanding. */
function changeSection(identityId: string, changes: readonly ChangeView[], now: Date): Html {
  const rows = changes.map(({ changeId, kind, state, reason, fields, control, reasonCode, updatedAt }) => [
    html`${kind.replaceAll('-', ' ')}<br><small><code>${changeId}</code></small>`,
    html`${control ?? fields.join(', ')} ${reasonCode && html`<small>${reasonCode}</small>`}`,
    html`${badge(state)} ${reason && html`<small>${reason}</small>`}`,
    html`<small class="when">${relativeTime(updatedAt, now)}</small>`,
  ])
  return html`<h2>Changes at Paxos</h2>
${changes.length > 0 ? dataTable('Changes', ['Change', 'What', 'State', 'Changed'], rows) : html`<p class="hint">None yet.</p>`}
${command(`${GATEHOUSE} onboarding control list ${identityId}`)}`
}

/** What was sent. What Paxos still wants is asked of Paxos by the command, so that the page does not depend on Paxos. */
function documentSection(identityId: string, documents: readonly DocumentRecord[], now: Date): Html {
  const rows = documents.map(({ documentId, documentTypes, fileType, state, reason, updatedAt }) => [
    html`${documentTypes.join(', ')} <small>${fileType}</small><br><small><code>${documentId}</code></small>`,
    html`${badge(state)} ${reason && html`<small>${reason}</small>`}`,
    html`<small class="when">${relativeTime(updatedAt, now)}</small>`,
  ])
  return html`<h2>Documents sent</h2>
${documents.length > 0 ? dataTable('Documents', ['Document', 'State', 'Changed'], rows) : html`<p class="hint">None yet. Your application sends them with <code>POST /v1/onboardings/${identityId}/documents</code>.</p>`}
${command(`${GATEHOUSE} document list ${identityId}`)}`
}

function effectTable({ effects }: OnboardingStory, now: Date): Html {
  if (effects.length === 0)
    return html`<p class="hint">None yet. Gatehouse creates the account and notifies your application after Paxos's decision.</p>`
  const rows = effects.map(({ kind, name, key, state, attempts, completedAt, errorCode }) => [
    html`${sayEffect({ kind, name })}<br><small><code>${key}</code></small>`,
    html`${badge(state)} ${errorCode && html`<small>${errorCode}</small>`}`,
    String(attempts),
    completedAt && html`<small class="when">${relativeTime(completedAt, now)}</small>`,
  ])
  return dataTable('Effects', ['Effect and key', 'State', { name: 'Attempts', numeric: true }, 'Completed'], rows)
}

function timeline(lines: readonly TimelineLine[]): Html {
  return html`<ol class="timeline">${lines.map(
    ({ at, source, sentence, kind, actor, data }) => html`<li class="${source} ${kind.replaceAll('.', '-')}">
<time datetime="${at.toISOString()}"><span>${at.toISOString().slice(0, 10)}</span> ${at.toISOString().slice(11, 23)}</time>
<details><summary>${sentence}</summary>${facts([
      ['Kind', html`<code>${kind}</code>`],
      ['By', actorLink(actor)],
      ['Data', html`<pre>${JSON.stringify(data, null, 2)}</pre>`],
    ])}</details></li>`,
  )}</ol>`
}

function actorLink(actor: string): Html {
  if (!actor.startsWith('event:')) return html`${actor}`
  return html`event <a href="${linkTo(`/events/${actor.slice('event:'.length)}`, {})}">${actor.slice('event:'.length)}</a>`
}
