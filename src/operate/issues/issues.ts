import type { Pool } from 'pg'
import type { EventReads } from '../../inbox/read-events.ts'
import { failuresByHour, findIssue, type Issue, type IssueState, readIssues } from '../../inbox/read-issues.ts'
import { annotateIssue, treatIssue } from '../../inbox/treat-issue.ts'
import { UsageError } from '../../platform/app-error.ts'
import type { Perform } from '../audited.ts'
import { viewEvents } from '../events/events.ts'
import type { IssueStory, IssueUseCases } from '../use-cases.ts'
import type { IssueVerb } from './issue-input.ts'

const STATE_AFTER: Readonly<Record<IssueVerb, IssueState>> = {
  acknowledge: 'acknowledged',
  mute: 'muted',
  resolve: 'resolved',
  reopen: 'open',
}
const EVENTS_SHOWN = 20
const LONGEST_MUTE_DAYS = 90

interface Parts {
  pool: Pool
  events: Pick<EventReads, 'list'>
  perform: Perform
  /** Milliseconds since 1970. */
  now: () => number
}

/** Failures grouped by cause, with operators' decisions. */
export function issueUseCases(parts: Parts): IssueUseCases {
  const { pool, perform, now } = parts
  const getIssue = (id: string): Promise<IssueStory | null> => tellIssue(parts, id)
  return {
    listIssues: async ({ state }) => (await readIssues(pool)).filter((issue) => isListed(issue, state)),
    getIssue,
    treatIssue: async (id, verb, { reason, until }, actor) => {
      const mutedUntil = muteEnd(verb, until, now())
      if (!(await findIssue(pool, id))) return null
      const data = mutedUntil ? { until: mutedUntil.toISOString() } : {}
      await perform(actor, { action: `issue.${verb}`, target: `issue:${id}`, reason, data, entry: 'before' }, () =>
        treatIssue(pool, id, { state: STATE_AFTER[verb], by: actor.name, reason, mutedUntil }),
      )
      return getIssue(id)
    },
    annotateIssue: async (id, annotation, actor) => {
      if (annotation.note === undefined && annotation.link === undefined)
        throw new UsageError('give a note, a link, or both', { field: 'note' })
      if (!(await findIssue(pool, id))) return null
      await perform(actor, { action: 'issue.note', target: `issue:${id}`, reason: null, data: { ...annotation }, entry: 'before' }, () =>
        annotateIssue(pool, id, annotation),
      )
      return getIssue(id)
    },
  }
}

function isListed(issue: Issue, wanted: IssueState | 'all' | undefined): boolean {
  if (wanted !== undefined) return wanted === 'all' || issue.state === wanted
  return issue.state === 'open' ? issue.parked + issue.dead + issue.unfinished > 0 : issue.state === 'acknowledged'
}

/** @throws UsageError where a mute has no end, or another verb has one */
function muteEnd(verb: IssueVerb, until: Date | undefined, now: number): Date | null {
  if (verb !== 'mute') {
    if (until !== undefined) throw new UsageError('only a mute has an end', { field: 'until' })
    return null
  }
  const days = until === undefined ? 0 : (until.getTime() - now) / 86_400_000
  if (until === undefined || days <= 0 || days > LONGEST_MUTE_DAYS)
    throw new UsageError(`must be a time in the next ${LONGEST_MUTE_DAYS} days: a mute ends by itself`, { field: 'until' })
  return until
}

async function tellIssue({ pool, events, now }: Parts, id: string): Promise<IssueStory | null> {
  const issue = await findIssue(pool, id)
  if (!issue) return null
  const [byHour, { items }] = await Promise.all([failuresByHour(pool, id), events.list({ causeIds: [id], limit: EVENTS_SHOWN })])
  return { ...issue, byHour, events: await viewEvents(pool, items, new Date(now())) }
}
