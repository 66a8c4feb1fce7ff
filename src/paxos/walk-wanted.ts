import type { ListedPage, Wanted } from './batch-reader.ts'

/** A webhook's `time` may lack its fraction (paxos/api.md 2.2), so what is wanted may be up to a second later than it says. */
const TRUNCATED_MS = 1_000

export interface WalkOptions<Value> {
  /** What is of `fromMs` or later, in the order of time; at most a hundred a page. */
  listFrom(fromMs: number, cursor: string | null): Promise<ListedPage<Value>>
  /** How far before `Wanted.at` the listing's own time may lie, milliseconds. */
  lagMs: number
  /** The walk ends when it has read so many pages and found less than two of what is wanted on each further one. */
  pagesAtLeast: number
  /** Told of each page, wanted or not. */
  onPage?(page: ListedPage<Value>): void
}

export interface Walked<Value> {
  found: Map<string, Value>
  /** Wanted, and not there although the listing was read past its time. */
  absent: Set<string>
}

/**
 * Looks for all that is wanted in one walk over a listing in the order of time: page by page where what is wanted lies close together, with
 * a jump where nothing is wanted. A page is only read for something wanted, so a walk never costs more calls than single reads would.
 */
export async function walkWanted<Value>(wanted: readonly Wanted[], options: WalkOptions<Value>): Promise<Walked<Value>> {
  const { listFrom, lagMs, pagesAtLeast, onPage } = options
  const inOrder = [...new Map(wanted.map((each) => [each.id, each])).values()].sort((one, other) => one.at - other.at)
  const ids = new Set(inOrder.map(({ id }) => id))
  const found = new Map<string, Value>()
  const absent = new Set<string>()
  let next = 0
  let cursor: string | null = null
  let fromMs = 0
  for (let pages = 1; next < inOrder.length; pages += 1) {
    if (cursor === null) fromMs = inOrder[next]!.at - lagMs
    const page = await listFrom(fromMs, cursor)
    onPage?.(page)
    for (const { id, value } of page.values) if (ids.has(id)) found.set(id, value)
    const reachedMs = page.nextCursor === null ? Number.POSITIVE_INFINITY : (page.reachedMs ?? fromMs)
    for (let one = inOrder[next]; one && (found.has(one.id) || one.at + TRUNCATED_MS < reachedMs); one = inOrder[next]) {
      if (!found.has(one.id)) absent.add(one.id)
      next += 1
    }
    // On from here, unless the next one wanted lies further on.
    const goesOn = next < inOrder.length && inOrder[next]!.at - lagMs <= reachedMs
    cursor = goesOn ? page.nextCursor : null
    if (pages >= pagesAtLeast + found.size / 2) break
  }
  return { found, absent }
}
