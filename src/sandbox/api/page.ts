import { problem } from './paxos-problem.ts'
import type { Query } from './query.ts'
import type { TimeRange } from './time-range.ts'

/** A record of a list. Lists are in the order of creation, and no two records have the same time. */
export interface Dated {
  readonly createdAtNs: bigint
}

export interface PageRequest {
  limit: number
  order: 'ASC' | 'DESC'
  /** Continue after the record that was created at this time. */
  afterNs: bigint | null
}

/**
 * `limit`, `order` and `page_cursor` of a list call.
 * @throws 400 with the documented text for a limit out of range (paxos/api.md 3.2), else naming the parameter
 */
export function pageRequest(
  query: Query,
  { order, maxLimit, defaultLimit = maxLimit }: { order: 'ASC' | 'DESC'; maxLimit: number; defaultLimit?: number },
): PageRequest {
  const limit = query.limit === undefined ? defaultLimit : readInteger(query.limit)
  if (limit < 1 || limit > maxLimit) throw problem(400, `limit must be between 1 and ${maxLimit}`)
  const asked = query.order ?? order
  if (asked !== 'ASC' && asked !== 'DESC') throw problem(400, 'order must be ASC or DESC')
  return { limit, order: asked, afterNs: readCursor(query.page_cursor) }
}

/**
 * One page of `records`, which are in the order of creation. Binary search finds its ends, so a deep page costs no more than the first.
 * `keep` filters what no index covers.
 */
export function page<T extends Dated>(
  records: readonly T[],
  { request, created, keep }: { request: PageRequest; created: TimeRange; keep?: (record: T) => boolean },
): { items: T[]; nextCursor: string } {
  const { limit, order, afterNs } = request
  const ascending = order === 'ASC'
  let low = created.fromNs === null ? 0 : firstFrom(records, created.fromNs)
  let high = (created.toNs === null ? records.length : firstFrom(records, created.toNs + 1n)) - 1
  if (afterNs !== null && ascending) low = Math.max(low, firstFrom(records, afterNs + 1n))
  if (afterNs !== null && !ascending) high = Math.min(high, firstFrom(records, afterNs) - 1)
  const items: T[] = []
  const step = ascending ? 1 : -1
  for (let index = ascending ? low : high; index >= low && index <= high; index += step) {
    const record = records[index] as T // low and high are within the array
    if (keep && !keep(record)) continue
    if (items.length === limit) return { items, nextCursor: cursorAfter(items.at(-1)) }
    items.push(record)
  }
  return { items, nextCursor: '' }
}

/** Index of the first record created at `ns` or later. */
function firstFrom(records: readonly Dated[], ns: bigint): number {
  let low = 0
  let high = records.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((records[middle] as Dated).createdAtNs < ns) low = middle + 1
    else high = middle
  }
  return low
}

function cursorAfter(record: Dated | undefined): string {
  return record ? Buffer.from(`after ${record.createdAtNs}`).toString('base64url') : ''
}

/** Digits alone, as the document's int32 is written in a query: no exponent, no sign; 0 for anything else. */
function readInteger(text: string | string[]): number {
  return typeof text === 'string' && /^\d{1,9}$/.test(text) ? Number(text) : 0
}

function readCursor(cursor: string | string[] | undefined): bigint | null {
  if (cursor === undefined || cursor === '') return null
  const match = typeof cursor === 'string' ? /^after (\d+)$/.exec(Buffer.from(cursor, 'base64url').toString()) : null
  if (!match?.[1]) throw problem(400, 'error parsing page_cursor')
  return BigInt(match[1])
}
