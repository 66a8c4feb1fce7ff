import type { Pool } from 'pg'
import { UsageError } from '../platform/app-error.ts'
import { cutPage, decodeCursor, type Page } from '../platform/page.ts'
import { chooseNew } from './choose-events.ts'
import { readBases, STATE_OF_BASIS } from './event-basis.ts'
import { eventFilterOf, type ReplayFilter } from './replay-filter.ts'
import { type ReplayHead, type ReplayItem, readHead, readItems } from './replay-record.ts'

/** A replay with its items and its progress. */
export interface ReplayView extends ReplayHead {
  /** The first 10,000. The list of items has all of them. */
  items: ReplayItem[]
  /** Items by verdict. */
  counts: Record<string, number>
  /** Ended items by result. */
  results: Record<string, number>
  progress: ReplayProgress
  /** Opened and ended items, compared with the plan. */
  compared: { asPlanned: number; explained: number; unexplained: number }
  /** Items whose event or customer changed since the plan. Null: the replay was run, or has too many items to check. */
  changedSince: number | null
  /**
   * Failures under the same filter since the events were chosen; `MOST_NEW` + 1 means more than that. Null: this replay's state needs no
   * such count.
   */
  newSince: number | null
}

export interface ReplayProgress {
  /** Items still to open, without those that a run skips. */
  waiting: number
  /** Those of them with an unfinished event. */
  waitingUnfinished: number
  /** Opened and not ended. */
  running: number
  /** Opened and ended, or dismissed. */
  ended: number
  /** Skipped: blocked, changed since the plan, nothing to do, cancelled. */
  skipped: number
}

export const MOST_SHOWN = 10_000
const MOST_COMPARED = 10_000
/** Most later failures that are counted. */
export const MOST_NEW = 1_000
const COUNTED_FOR_MS = 7 * 86_400_000

/** The plan and its results; null for an unknown id. */
export async function getReplay(pool: Pool, id: string): Promise<ReplayView | null> {
  const head = await readHead(pool, id)
  if (!head) return null
  const [items, groups, changedSince, newSince] = await Promise.all([
    readItems(pool, head.id, { limit: MOST_SHOWN }),
    readGroups(pool, head.id),
    countChanged(pool, head),
    countNew(pool, head),
  ])
  return { ...head, items, ...summarize(groups), changedSince, newSince }
}

/** One page of a replay's items, in the order of receiving. @throws UsageError for a foreign cursor or an unknown replay */
export async function listReplayItems(
  pool: Pool,
  id: string,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<Page<ReplayItem>> {
  const [afterSeq = '0'] = cursor ? decodeCursor(cursor, [/^\d{1,18}$/]) : []
  const head = await readHead(pool, id)
  if (!head) throw new UsageError(`unknown replay ${id}`)
  const rows = await readItems(pool, head.id, { afterSeq, limit: limit + 1 })
  return cutPage(rows, { limit, view: (item) => item, key: ({ seq }) => [seq] })
}

interface Group {
  verdict: string | null
  result: string | null
  stood: string
  opened: boolean
  differs: boolean
  explained: boolean | null
  items: number
}

async function readGroups(pool: Pool, id: string): Promise<Group[]> {
  const { rows } = await pool.query<Group>(
    `SELECT verdict, result, ${STATE_OF_BASIS} AS stood, (generation IS NOT NULL OR result = 'dismissed') AS opened, difference IS NOT NULL AS differs, explained,
       count(*)::int AS items
     FROM replay_item WHERE replay_id = $1 GROUP BY 1, 2, 3, 4, 5, 6`,
    [id],
  )
  return rows
}

function summarize(groups: readonly Group[]): Pick<ReplayView, 'counts' | 'results' | 'progress' | 'compared'> {
  const sum = (holds: (group: Group) => boolean): number => groups.filter(holds).reduce((total, { items }) => total + items, 0)
  const ended = (group: Group): boolean => group.opened && group.result !== null && group.result !== 'reopened'
  const waiting = ({ verdict, result, stood }: Group): boolean =>
    result === null && verdict !== 'blocked' && !(verdict === 'no-op' && stood === 'processed')
  return {
    counts: countBy(groups, ({ verdict }) => verdict),
    results: countBy(groups, ({ result }) => (result === 'reopened' ? null : result)),
    progress: {
      waiting: sum(waiting),
      waitingUnfinished: sum((group) => waiting(group) && group.stood === 'accepted'),
      running: sum(({ result }) => result === 'reopened'),
      ended: sum(ended),
      skipped: sum((group) => group.result !== null && group.result !== 'reopened' && !ended(group)),
    },
    compared: {
      asPlanned: sum((group) => ended(group) && !group.differs),
      explained: sum((group) => ended(group) && group.differs && group.explained === true),
      unexplained: sum((group) => ended(group) && group.differs && group.explained !== true),
    },
  }
}

function countBy(groups: readonly Group[], keyOf: (group: Group) => string | null): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const group of groups) {
    const key = keyOf(group)
    if (key !== null) counts[key] = (counts[key] ?? 0) + group.items
  }
  return counts
}

async function countChanged(pool: Pool, { id, state, events }: ReplayHead): Promise<number | null> {
  if ((state !== 'planned' && state !== 'awaiting_second') || events > MOST_COMPARED) return null
  const { rows } = await pool.query<{ seq: string; basis: string }>('SELECT seq, basis FROM replay_item WHERE replay_id = $1', [id])
  const bases = await readBases(
    pool,
    rows.map(({ seq }) => seq),
  )
  return rows.filter(({ seq, basis }) => bases.get(seq)?.basis !== basis).length
}

async function countNew(pool: Pool, { id, state, filter, plannedAt }: ReplayHead): Promise<number | null> {
  if (state === 'planning' || state === 'discarded' || Date.now() - plannedAt.getTime() > COUNTED_FOR_MS) return null
  const wanted = { ...eventFilterOf(laterFilter(filter)), states: ['parked', 'dead'] }
  return (await chooseNew(pool, id, wanted, MOST_NEW + 1)).length
}

/** The stored filter (JSON, so its times are text) without an end. */
function laterFilter(filter: object): ReplayFilter & { to: Date } {
  const { from, ...asked } = filter as Omit<ReplayFilter, 'from' | 'to'> & { from?: string } // as startPlan wrote it
  return { ...asked, ...(from === undefined ? {} : { from: new Date(from) }), to: new Date(Date.now() + 86_400_000) }
}

/** The filter for a plan of later failures: the same, without an end and without this plan's items. */
export function filterForNew({ id, filter }: Pick<ReplayHead, 'id' | 'filter'>): ReplayFilter {
  const { to: _, eventIds: __, newSince: ___, limit: ____, ...later } = laterFilter(filter)
  return { ...later, newSince: id }
}
