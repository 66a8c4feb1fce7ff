import { setImmediate as turn } from 'node:timers/promises'
import { AppError, errorCode } from './app-error.ts'

/** More items wait than `maxWaiting` allows, or the committer is closing. The item was not written: try again later. */
export class WaitingRoomFullError extends AppError {
  readonly code = 'WAITING_ROOM_FULL'
  readonly retry = 'snooze'
}

export interface GroupCommitterOptions<Item, Result> {
  /** Writes all items as one commit, or none; resolves with one result per item, in their order. */
  write: (items: Item[]) => Promise<Result[]>
  /** Most items in one commit. */
  maxBatch: number
  /** Most items that wait for a writer. `submit` refuses the next one. */
  maxWaiting: number
  /** Most commits in flight at once; one by default. */
  writers?: number
  /** Longest wait for a batch as large as the last one, milliseconds; 1 by default. */
  fillWaitMs?: number
}

export interface GroupCommitter<Item, Result> {
  /**
   * Resolves once the item is committed, alone or with others.
   * @throws WaitingRoomFullError when nothing was written; else the error of `write`
   */
  submit(item: Item): Promise<Result>
  /** Number of items that wait for a writer. */
  waiting(): number
  /** Refuses new items and resolves when every accepted item has its answer. */
  close(): Promise<void>
}

interface Waiting<Item, Result> {
  item: Item
  resolve: (result: Result) => void
  reject: (error: unknown) => void
}

/** SQLSTATE classes that blame the data: cardinality, data exception, constraint, view check, raised by a function or trigger. */
const DATA_FAULT = /^(21|22|23|44|P0)[0-9A-Z]{3}$/

/**
 * Whether the database refused the data itself. That proves that nothing was committed, so the rest of the batch may be written again.
 * After a broken connection the outcome is unknown.
 */
export function isDataFault(error: unknown): boolean {
  return DATA_FAULT.test(errorCode(error))
}

/**
 * Lets concurrent work share commits.
 *
 * A lone item is written at once: it pays one commit and no delay. While a commit is in flight, the next batch collects. When the commit
 * ends, its callers are about to submit again, and a commit for the first of them alone would cost as much as one for all. So the next
 * batch is written when it is as large as the last one, or after `fillWaitMs`. If it is that large already, it is written before the callers
 * of the last batch get their answers, so that it is in flight while they work.
 *
 * A batch that fails for its data is halved until the faulty item is alone. Any other failure rejects every item of the batch.
 */
export function createGroupCommitter<Item, Result>(options: GroupCommitterOptions<Item, Result>): GroupCommitter<Item, Result> {
  const { write, maxBatch, maxWaiting, writers = 1, fillWaitMs = 1 } = options
  const backlog: Waiting<Item, Result>[] = []
  /** Number of accepted items without an answer. */
  let unanswered = 0
  let busy = 0
  /** Number of items in the last batch. */
  let lastSize = 0
  let endedAt = Number.NEGATIVE_INFINITY
  let scheduled = false
  let fillTimer: NodeJS.Timeout | undefined
  let closing = false
  const drained = Promise.withResolvers<void>()

  /** Whether the next batch is as large as the last one. */
  function fillsLikeTheLast(): boolean {
    return backlog.length >= lastSize
  }

  function schedule(): void {
    if (scheduled || busy >= writers || backlog.length === 0) return
    if (!fillsLikeTheLast() && performance.now() - endedAt < fillWaitMs && !closing) {
      fillTimer ??= setTimeout(() => {
        fillTimer = undefined
        lastSize = 0 // no batch waits twice, even if another commit ended meanwhile
        schedule()
      }, fillWaitMs)
      return
    }
    scheduled = true
    setImmediate(flush) // at the end of the event loop's turn: requests that became readable together share a commit
  }

  function flush(): void {
    scheduled = false
    clearTimeout(fillTimer)
    fillTimer = undefined
    while (busy < writers && backlog.length > 0) void run(backlog.splice(0, maxBatch))
  }

  async function run(batch: Waiting<Item, Result>[]): Promise<void> {
    busy += 1
    lastSize = batch.length
    const answers: (() => void)[] = []
    await commitBatch(batch, answers)
    busy -= 1
    endedAt = performance.now()
    if (fillsLikeTheLast()) {
      flush()
      await turn() // else the work of the callers with their answers would delay the next batch
    } else schedule()
    for (const answer of answers) answer()
    unanswered -= batch.length
    if (closing && unanswered === 0) drained.resolve()
  }

  /** Writes the batch and collects the answers for its callers. */
  async function commitBatch(batch: Waiting<Item, Result>[], answers: (() => void)[]): Promise<void> {
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
        if (backlog.length >= maxWaiting) return reject(new WaitingRoomFullError(`${maxWaiting} items already wait for a commit`))
        unanswered += 1
        backlog.push({ item, resolve, reject })
        schedule()
      }),
    waiting: () => backlog.length,
    close: () => {
      closing = true
      if (unanswered === 0) drained.resolve()
      else schedule()
      return drained.promise
    },
  }
}
