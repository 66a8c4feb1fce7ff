import type { ListedPage, Wanted } from './batch-reader.ts'

/** A webhook's `time` may lack its fraction of a second (paxos/api.md 2.2), so an item may be up to a second later than it says. */
const TRUNCATED_MS = 1_000

export interface WalkOptions<Value> {
  /** Items of `fromMs` or later, oldest first, at most 100 a page. */
  listFrom(fromMs: number, cursor: string | null): Promise<ListedPage<Value>>
  /** How far the listing's time may lie before `Wanted.at`, milliseconds. */
  lagMs: number
  /** The walk reads at least this many pages. It ends once each further page brought fewer than two wanted items on average. */
  pagesAtLeast: number
  /** Receives each page, with wanted and other items. */
  onPage?(page: ListedPage<Value>): void
}

export interface Walked<Value> {
  found: Map<string, Value>
  /** Wanted items that the listing lacks although it was read past their time. */
  absent: Set<string>
}

/**
 * Finds all wanted items in one walk over a listing in the order of time. It pages on where wanted items lie close together and jumps over
 * gaps. Each page is read for at least one wanted item, so a walk never costs more calls than single reads would.
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
    // Continues with the next page, unless the next wanted item lies further on.
    const goesOn = next < inOrder.length && inOrder[next]!.at - lagMs <= reachedMs
    cursor = goesOn ? page.nextCursor : null
    if (pages >= pagesAtLeast + found.size / 2) break
  }
  return { found, absent }
}
