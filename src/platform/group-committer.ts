import { setImmediate as turn } from 'node:timers/promises'
import { AppError, errorCode } from './app-error.ts'

/** More work waits than was allowed for, or the committer is closing. The item was not written: try again later. */
export class WaitingRoomFullError extends AppError {
  readonly code = 'WAITING_ROOM_FULL'
  readonly retry = 'snooze'
}

export interface GroupCommitterOptions<Item, Result> {
  /** Writes all items as one commit, or none; resolves with one result per item, in their order. */
  write: (items: Item[]) => Promise<Result[]>
  /** Most items in one commit. */
  maxBatch: number
  /** Most items that wait for a writer; `submit` refuses the next one. */
  maxWaiting: number
  /** Commits in flight at once; one by default. */
  writers?: number
  /** Longest wait for those who travelled together last time, milliseconds; 1 by default. */
  companyMs?: number
}

export interface GroupCommitter<Item, Result> {
  /**
   * Resolves once the item is committed, alone or with others.
   * @throws WaitingRoomFullError when nothing was written; else whatever `write` threw.
   */
  submit(item: Item): Promise<Result>
  /** Items that wait for a writer now. */
  waiting(): number
  /** Takes nothing more and resolves when everything taken has its answer. */
  close(): Promise<void>
}

interface Entry<Item, Result> {
  item: Item
  resolve: (result: Result) => void
  reject: (error: unknown) => void
}

/** SQLSTATE classes that blame the data: cardinality, data exception, constraint, view check, raised by a function or trigger. */
const DATA_FAULT = /^(21|22|23|44|P0)[0-9A-Z]{3}$/

/**
 * The database refused the data itself. That proves that nothing was committed, so the rest of the batch may be written again;
 * after a broken connection that is unknown.
 */
export function isDataFault(error: unknown): boolean {
  return DATA_FAULT.test(errorCode(error))
}

/**
 * Lets concurrent work share commits. A lone item leaves at once, alone: it pays one commit and no delay. While a commit is in flight
 * the next batch collects; when it ends, its callers are about to come back, and a commit for the first of them alone would cost as
 * much as one for all: so the next batch leaves when as many wait as travelled together, or after `companyMs`. Where they wait already, it
 * leaves before the callers of the last one are told, so that it is under way while they work.
 * A batch that fails for its data is halved until the culprit stands alone; any other failure rejects every item of the batch.
 */
export function createGroupCommitter<Item, Result>(options: GroupCommitterOptions<Item, Result>): GroupCommitter<Item, Result> {
  const { write, maxBatch, maxWaiting, writers = 1, companyMs = 1 } = options
  const room: Entry<Item, Result>[] = []
  /** Taken, and not told yet what came of them. */
  let untold = 0
  let busy = 0
  let travelled = 0
  let endedAt = Number.NEGATIVE_INFINITY
  let scheduled = false
  let companyTimer: NodeJS.Timeout | undefined
  let closing = false
  const drained = Promise.withResolvers<void>()

  /** As many wait as travelled together last time. */
  function hasCompany(): boolean {
    return room.length >= travelled
  }

  function schedule(): void {
    if (scheduled || busy >= writers || room.length === 0) return
    if (!hasCompany() && performance.now() - endedAt < companyMs && !closing) {
      companyTimer ??= setTimeout(() => {
        companyTimer = undefined
        travelled = 0 // whatever ended meanwhile: nobody waits twice
        schedule()
      }, companyMs)
      return
    }
    scheduled = true
    setImmediate(leave) // at the end of the event loop's turn: requests that became readable together travel together
  }

  function leave(): void {
    scheduled = false
    clearTimeout(companyTimer)
    companyTimer = undefined
    while (busy < writers && room.length > 0) void run(room.splice(0, maxBatch))
  }

  async function run(batch: Entry<Item, Result>[]): Promise<void> {
    busy += 1
    travelled = batch.length
    const answers: (() => void)[] = []
    await commitBatch(batch, answers)
    busy -= 1
    endedAt = performance.now()
    if (hasCompany()) {
      leave()
      await turn() // what its callers do with their answers would keep the next batch from leaving
    } else schedule()
    for (const answer of answers) answer()
    untold -= batch.length
    if (closing && untold === 0) drained.resolve()
  }

  /** Writes the batch, and collects what its callers are to be told. */
  async function commitBatch(batch: Entry<Item, Result>[], answers: (() => void)[]): Promise<void> {
    try {
      const results = await write(batch.map(({ item }) => item))
      if (results.length !== batch.length) throw new TypeError(`${batch.length} items were written, ${results.length} results came back`)
      for (const [index, { resolve }] of batch.entries()) answers.push(() => resolve(results[index] as Result)) // the lengths agree
    } catch (error) {
      if (batch.length > 1 && isDataFault(error)) {
        const middle = batch.length >> 1
        await commitBatch(batch.slice(0, middle), answers)
        await commitBatch(batch.slice(middle), answers)
      } else {
        for (const { reject } of batch) answers.push(() => reject(error))
      }
    }
  }

  return {
    submit: (item) =>
      new Promise((resolve, reject) => {
        if (closing) return reject(new WaitingRoomFullError('shutting down: no more items are accepted'))
        if (room.length >= maxWaiting) return reject(new WaitingRoomFullError(`${maxWaiting} items already wait for a commit`))
        untold += 1
        room.push({ item, resolve, reject })
        schedule()
      }),
    waiting: () => room.length,
    close: () => {
      closing = true
      if (untold === 0) drained.resolve()
      else schedule()
      return drained.promise
    },
  }
}
