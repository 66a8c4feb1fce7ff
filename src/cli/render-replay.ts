import { sayEta, sayLock } from '../operate/health/upstream-outlook.ts'
import { sayChanged, sayCompared, sayEvents, sayFilter, sayNew, sayPlan, sayResults, sayState } from '../operate/replay/say-replay.ts'
import { utcTime } from '../operate/say/say-time.ts'
import type { ReplayLine, ReplayStory } from '../operate/use-cases.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { renderTable } from './render-table.ts'

/** Rows of a replay on a terminal; `--json` and the list of its items hold all. */
const MOST_ROWS = 100

export function renderReplayList(replays: readonly ReplayLine[]): string {
  const rows = replays.map((replay) => [
    utcTime(replay.plannedAt).slice(0, 19),
    replay.expired ? 'expired' : replay.state,
    sayEvents(replay),
    replay.id,
    replay.plannedBy,
    replay.approvedBy ?? '-',
    replay.reason ?? '',
  ])
  return renderTable(['PLANNED (UTC)', 'STATE', 'EVENTS', 'REPLAY', 'PLANNED BY', 'APPROVED BY', 'REASON'], rows)
}

/** A replay in full: its filter, its plan, its approvals and its results. */
export function renderReplay(replay: ReplayStory): string {
  const { id, state, events } = replay
  if (events === 0)
    return `Replay ${id} is empty: no event matches. ${GATEHOUSE} event list --state parked shows events that need an operator.`
  return [...renderHead(replay), '', renderItems(replay), '', ...renderNext(replay)].join('\n')

  function renderNext({ needsSecond, plannedBy }: ReplayStory): string[] {
    if (replay.expired) return [`Plan again with the same filter: ${GATEHOUSE} replay plan`]
    if (state === 'planned' || state === 'awaiting_second') {
      const who = needsSecond ? ` (two people must approve${state === 'planned' ? `; one may be ${plannedBy}, who planned it` : ''})` : ''
      return [`Run it: ${GATEHOUSE} replay approve ${id} --operator <you> --reason "<why>"${who}`]
    }
    if (state === 'paused') return [`Resume: ${GATEHOUSE} replay resume ${id} --operator <you> --reason "<why>"`]
    return replay.newSince
      ? [`Plan those: ${GATEHOUSE} replay plan --new-since ${id}`]
      : [`Show its progress: ${GATEHOUSE} replay show ${id}`]
  }
}

function renderHead(replay: ReplayStory): string[] {
  const { id, state, expired, matched, plannedBy, plannedAt, approvedBy, approvedAt, reason, secondBy, secondReason } = replay
  const plan = sayPlan(replay)
  return [
    `Replay ${id}: ${expired ? 'expired' : state}`,
    sayState(replay),
    `planned by ${plannedBy} at ${utcTime(plannedAt)}`,
    `filter: ${sayFilter(replay.filter)}`,
    ...(approvedBy && approvedAt ? [`approved by ${approvedBy} at ${utcTime(approvedAt)}: ${reason}`] : []),
    ...(secondBy ? [`and by ${secondBy}: ${secondReason}`] : []),
    plan ? `${sayEvents(replay)}, ${plan}` : `${sayEvents(replay)}: ${sayResults(replay.counts)}`,
    ...(matched === null
      ? []
      : ['The plan holds the oldest. For the others, plan again with a higher --limit (at most 100000) or a later --since.']),
    ...renderResult(replay),
    ...renderPace(replay),
  ]
}

function renderResult(replay: ReplayStory): string[] {
  const compared = sayCompared(replay.compared)
  const results = sayResults(replay.results)
  return [
    ...(results ? [`result: ${results}`] : []),
    ...(compared ? [`plan against run: ${compared}`] : []),
    ...[sayChanged(replay), sayNew(replay)].filter((line) => line !== null),
  ]
}

function renderItems({ items, events, state }: ReplayStory): string {
  const ran = state !== 'planned' && state !== 'planning' && state !== 'awaiting_second' && state !== 'discarded'
  const rows = items
    .slice(0, MOST_ROWS)
    .map(({ eventId, type, identityId, eventState, verdict, detail, result, errorCode, difference }) => [
      eventId,
      type,
      identityId ?? '-',
      eventState,
      ran ? `${result ?? 'not run yet'}${errorCode ? ` (${errorCode})` : ''}` : verdict,
      difference ?? detail,
    ])
  const table = renderTable(['EVENT', 'TYPE', 'IDENTITY', 'STATE NOW', ran ? 'RESULT' : 'WOULD', 'DETAIL'], rows)
  return events > rows.length ? `${table}\n… and ${events - rows.length} more; --json prints all` : table
}

/** The estimated time within Paxos's rate limits, if there is work to do. */
function renderPace({ state, upstream: { etaSeconds, lockedForSeconds } }: ReplayStory): string[] {
  if (etaSeconds === 0 || state === 'cancelled' || state === 'discarded') return []
  const locked = lockedForSeconds ? [sayLock(lockedForSeconds)] : []
  if (etaSeconds === null) return locked
  const begun = state === 'running' || state === 'paused' || state === 'finished'
  return [
    begun ? `Estimated time left: ${sayEta(etaSeconds)}` : `Estimated time: ${sayEta(etaSeconds)}, current backlog included`,
    ...locked,
  ]
}
