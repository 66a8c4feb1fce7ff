import { createGroupCommitter } from '../platform/group-committer.ts'
import { createPageCache } from './page-cache.ts'
import type { CallOptions } from './transport/paxos-call.ts'

/** An item to look for. `at`: when it was created or last changed, milliseconds since 1970, as far as known. */
export interface Wanted {
  id: string
  at: number
  /** Whose webhook named the id; absent where Gatehouse has it from Paxos. */
  sender?: Sender | undefined
}

/** A webhook key, which bounds what the ids that it names may cost while they are unproven. */
export interface Sender {
  keySlot: string
  /** Makes a single read, or resolves to null without a call where the key may have none. */
  readSingly<T>(read: () => Promise<T>): Promise<T | null>
}

/** One page of a listing. */
export interface ListedPage<Value> {
  values: readonly { id: string; value: Value }[]
  nextCursor: string | null
  /** The `Wanted.at` that a listing in that order has reached; null for a listing in any other order. */
  reachedMs: number | null
}

export interface BatchReaderOptions<Value> {
  getOne(wanted: Wanted, options: CallOptions): Promise<Value>
  /** Items of `fromMs` or later, oldest first, at most 100 a page. */
  listFrom(fromMs: number, cursor: string | null, options: CallOptions): Promise<ListedPage<Value>>
  /** The time by which the listing filters, milliseconds since 1970. The reader learns from it how far that time lies from `Wanted.at`. */
  timeOf(value: Value): number
  /** First guess of how far that time lies before `Wanted.at`, milliseconds. */
  firstLagMs: number
  /** How long an unasked value from a page may answer a later read, milliseconds. 0: never. */
  freshForMs: number
  now?: () => number
}

export interface BatchReader<Value> {
  read(wanted: Wanted, options: CallOptions): Promise<Value>
  /** Resolves when no read is under way. */
  close(): Promise<void>
}

/** Found on a page, or a promise for a read by id. */
interface Reading<Value> {
  value: Value | Promise<Value>
}

/** For fewer items than this a list call saves nothing. */
const WORTH_A_LIST = 4
const MAX_BATCH = 100
const MAX_WAITING = 100_000
/** A webhook's `time` may lack its fraction of a second (paxos/api.md 2.2), so an item may be up to a second later than it says. */
const TRUNCATED_MS = 1_000
/** A listing starts at most this long before the oldest item. In a burst each further second costs a thousand useless rows. */
const LONGEST_LAG_MS = 2_000
/** Share of the learned lag that remains after each value with a smaller lag. */
const LAG_KEPT = 0.98
/** Rest after list calls that failed or found little, milliseconds. It doubles with each such call in a row. */
const SHORTEST_REST_MS = 250
const LONGEST_REST_MS = 10_000

/**
 * Reads many items by list calls and few by get calls. When callers want several items at once, one page replaces up to 100 get calls. Items
 * that the pages lack are read by id, so a listing is only a short cut. Other values on a page are kept for `freshForMs`, since the next
 * batch usually wants them. A listing that fails, or finds less than it costs, rests. One closure: the learned lag, the rest and the place of
 * the listing are its state.
 */
export function createBatchReader<Value>(options: BatchReaderOptions<Value>): BatchReader<Value> {
  const { getOne, listFrom, timeOf, firstLagMs, freshForMs, now = Date.now } = options
  const cache = createPageCache<Value>({ freshForMs, now })
  let restMs = SHORTEST_REST_MS
  let restUntil = 0
  let lagMs = firstLagMs
  /** Where the last listing stopped. The next batch continues there, since work comes roughly in the order of time. */
  let listing: { fromMs: number; cursor: string; reachedMs: number | null } | null = null

  function rest(): void {
    restUntil = now() + restMs
    restMs = Math.min(2 * restMs, LONGEST_REST_MS)
  }

  function learnLag(at: number, value: Value): void {
    const lag = at - timeOf(value)
    if (lag <= LONGEST_LAG_MS) lagMs = Math.max(lag, lagMs * LAG_KEPT)
  }

  /** Pages through the listing while it finds more than it costs. */
  async function list(wanted: readonly Wanted[], options: CallOptions): Promise<Map<string, Value>> {
    const found = new Map<string, Value>()
    const missing = new Map(wanted.map(({ id, at }) => [id, at]))
    const oldest = Math.min(...missing.values()) - Math.ceil(lagMs)
    const newest = Math.max(...missing.values()) + TRUNCATED_MS
    // With `freshForMs` 0 no value is kept from earlier pages, so an item may lie before the cursor: the listing starts again.
    const resumed =
      freshForMs > 0 && listing !== null && listing.fromMs <= oldest && (listing.reachedMs === null || listing.reachedMs <= newest)
    const fromMs = resumed && listing ? listing.fromMs : oldest
    let cursor = resumed && listing ? listing.cursor : null
    const affordable = Math.ceil(wanted.length / WORTH_A_LIST)
    for (let calls = 1; calls <= affordable && missing.size >= WORTH_A_LIST; calls += 1) {
      const page = await listFrom(fromMs, cursor, options)
      cache.keep(page.values)
      for (const { id, value } of page.values) {
        const at = missing.get(id)
        if (at === undefined) continue
        learnLag(at, value)
        missing.delete(id)
        found.set(id, value)
        cache.take(id)
      }
      cursor = page.nextCursor
      listing = cursor === null ? null : { fromMs, cursor, reachedMs: page.reachedMs }
      if (cursor === null || (page.reachedMs !== null && page.reachedMs > newest)) break
    }
    // A continued listing that missed the items starts again next time. A new listing that found little rests.
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

  /** Resolves when the listing has ended. Items that were found do not wait for those that are read by id. */
  async function readMany(wanted: readonly Wanted[], options: CallOptions): Promise<Reading<Value>[]> {
    const known = new Map<string, Value>()
    for (const { id } of wanted) {
      const value = cache.take(id)
      if (value !== undefined) known.set(id, value)
    }
    const unknown = [...new Map(wanted.filter(({ id }) => !known.has(id)).map((each) => [each.id, each])).values()]
    if (unknown.length >= WORTH_A_LIST && now() >= restUntil) {
      try {
        for (const [id, value] of await list(unknown, options)) known.set(id, value)
      } catch {
        rest() // the get calls below meet the same outage and report it
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
