import { createGroupCommitter } from '../platform/group-committer.ts'
import type { CallOptions } from './transport/paxos-call.ts'

/** What is looked for: its id, and when it came into being or last changed, milliseconds since 1970, as well as that is known. */
export interface Wanted {
  id: string
  at: number
}

/** One page of a listing. */
export interface ListedPage<Value> {
  values: readonly { id: string; value: Value }[]
  nextCursor: string | null
  /** Where a listing that is ordered by the times of `Wanted` has got to; null for any other order. */
  reachedMs: number | null
}

export interface BatchReaderOptions<Value> {
  getOne(wanted: Wanted, options: CallOptions): Promise<Value>
  /** What is of `fromMs` or later, oldest first; at most a hundred a page. */
  listFrom(fromMs: number, cursor: string | null, options: CallOptions): Promise<ListedPage<Value>>
  /** The time by which the listing is filtered, milliseconds since 1970: teaches how far it lies from what `Wanted` says. */
  timeOf(value: Value): number
  /** How far before `Wanted.at` that time is taken to lie until it is known, milliseconds. */
  firstLagMs: number
  /** How long a value that came along on a page may stand for a read of its own, milliseconds; 0: never. */
  freshForMs: number
  now?: () => number
}

export interface BatchReader<Value> {
  read(wanted: Wanted, options: CallOptions): Promise<Value>
  /** Resolves when no read is under way. */
  close(): Promise<void>
}

/** Found on a page, or still to be got. */
interface Reading<Value> {
  value: Value | Promise<Value>
}

/** Below this a list call saves nothing worth its page. */
const WORTH_A_LIST = 4
const MAX_BATCH = 100
const MAX_WAITING = 100_000
/** A webhook's `time` may lack its fraction (paxos/api.md 2.2), so what is wanted may be up to a second later than it says. */
const TRUNCATED_MS = 1_000
/** A listing starts so much before what is wanted at most: in a burst each second more is a thousand rows for nothing. */
const LONGEST_LAG_MS = 2_000
/** How much of a lag is still believed with each value that has less of it. */
const LAG_KEPT = 0.98
/** After list calls that failed or found little, milliseconds: doubled with each time in a row. */
const SHORTEST_REST_MS = 250
const LONGEST_REST_MS = 10_000
const MOST_CACHED = 20_000

/**
 * Reads many by list calls and few by get calls: when several are wanted at once, one page of a listing stands for up to a
 * hundred calls; what it lacks is got by id, so the listing is never more than a short cut. What comes along on a page is
 * kept for `freshForMs`, since the next batch usually wants it. A listing that fails, or finds less than it costs, rests.
 */
export function createBatchReader<Value>(options: BatchReaderOptions<Value>): BatchReader<Value> {
  const { getOne, listFrom, timeOf, firstLagMs, freshForMs, now = Date.now } = options
  const cache = new Map<string, { value: Value; until: number }>()
  let restMs = SHORTEST_REST_MS
  let restUntil = 0
  let lagMs = firstLagMs
  /** Where the last listing stopped, so that the next batch goes on from there: work comes roughly in the order of time. */
  let listing: { fromMs: number; cursor: string; reachedMs: number | null } | null = null

  function cached(id: string): Value | undefined {
    const hit = cache.get(id)
    if (!hit) return undefined
    cache.delete(id) // read once: whoever asks again wants to know anew
    return hit.until > now() ? hit.value : undefined
  }

  function keep(page: ListedPage<Value>): void {
    if (freshForMs === 0) return
    const until = now() + freshForMs
    for (const { id, value } of page.values) {
      cache.delete(id) // so that the oldest stand first
      cache.set(id, { value, until })
    }
    for (const [id, hit] of cache) {
      if (hit.until > now() && cache.size <= MOST_CACHED) return
      cache.delete(id)
    }
  }

  function rest(): void {
    restUntil = now() + restMs
    restMs = Math.min(2 * restMs, LONGEST_REST_MS)
  }

  function learnLag(at: number, value: Value): void {
    const lag = at - timeOf(value)
    if (lag <= LONGEST_LAG_MS) lagMs = Math.max(lag, lagMs * LAG_KEPT)
  }

  /** Pages through the listing as long as it finds more than it costs. */
  async function list(wanted: readonly Wanted[], options: CallOptions): Promise<Map<string, Value>> {
    const found = new Map<string, Value>()
    const missing = new Map(wanted.map(({ id, at }) => [id, at]))
    const oldest = Math.min(...missing.values()) - Math.ceil(lagMs)
    const newest = Math.max(...missing.values()) + TRUNCATED_MS
    // What went by is not kept for whoever must have it anew, so what is wanted may lie before the cursor.
    const resumed =
      freshForMs > 0 && listing !== null && listing.fromMs <= oldest && (listing.reachedMs === null || listing.reachedMs <= newest)
    const fromMs = resumed && listing ? listing.fromMs : oldest
    let cursor = resumed && listing ? listing.cursor : null
    const affordable = Math.ceil(wanted.length / WORTH_A_LIST)
    for (let calls = 1; calls <= affordable && missing.size >= WORTH_A_LIST; calls += 1) {
      const page = await listFrom(fromMs, cursor, options)
      keep(page)
      for (const { id, value } of page.values) {
        const at = missing.get(id)
        if (at === undefined) continue
        learnLag(at, value)
        missing.delete(id)
        found.set(id, value)
        cache.delete(id)
      }
      cursor = page.nextCursor
      listing = cursor === null ? null : { fromMs, cursor, reachedMs: page.reachedMs }
      if (cursor === null || (page.reachedMs !== null && page.reachedMs > newest)) break
    }
    // A listing that went on past what is wanted now starts anew; one that started for it and found little is not worth it.
    if (found.size >= WORTH_A_LIST) restMs = SHORTEST_REST_MS
    else if (resumed) listing = null
    else rest()
    return found
  }

  const gets = new Set<Promise<unknown>>()
  function get(wanted: Wanted, options: CallOptions): Promise<Value> {
    const got = getOne(wanted, options).then((value) => {
      learnLag(wanted.at, value)
      return value
    })
    const ended = got.catch(() => undefined).finally(() => gets.delete(ended))
    gets.add(ended)
    return got
  }

  /** Ends with the listing: what was found does not wait for what must be got. */
  async function readMany(wanted: readonly Wanted[], options: CallOptions): Promise<Reading<Value>[]> {
    const known = new Map<string, Value>()
    for (const { id } of wanted) {
      const value = cached(id)
      if (value !== undefined) known.set(id, value)
    }
    const unknown = [...new Map(wanted.filter(({ id }) => !known.has(id)).map((each) => [each.id, each])).values()]
    if (unknown.length >= WORTH_A_LIST && now() >= restUntil) {
      try {
        for (const [id, value] of await list(unknown, options)) known.set(id, value)
      } catch {
        rest() // the get calls below meet the same outage, and say so
        listing = null
      }
    }
    return wanted.map((each) => ({ value: known.get(each.id) ?? get(each, options) }))
  }

  const lanes = { live: lane('live'), replay: lane('replay') }
  function lane(priority: 'live' | 'replay') {
    return createGroupCommitter<Wanted, Reading<Value>>({
      maxBatch: MAX_BATCH,
      maxWaiting: MAX_WAITING,
      writers: 2, // more would make smaller batches, and so more calls
      write: (wanted) => readMany(wanted, { priority }),
    })
  }

  return {
    read: async (wanted, { priority = 'live' }) => {
      const { value } = await lanes[priority].submit(wanted)
      return value
    },
    close: async () => {
      await Promise.all([lanes.live.close(), lanes.replay.close()])
      await Promise.all(gets)
    },
  }
}
