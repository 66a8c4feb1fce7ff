import type { ListedPage, Wanted } from './batch-reader.ts'

/** Identities that one window looks for: with those that changed meanwhile they should fit on one page of a hundred. */
export const PER_WINDOW = 80
/** A change that came so long before its event, or after the second that its webhook names, is still in the window. */
const BEFORE_MS = 500
const AFTER_MS = 1_500
/** A wider gap between two that are wanted starts a window of its own: what others changed in between would fill pages for nothing. */
const WIDEST_GAP_MS = 60_000
/** Windows are read so many at a time. */
const AT_ONCE = 16

export interface Window {
  fromMs: number
  untilMs: number
  ids: Set<string>
}

/** Cuts what is wanted into windows of time. List Identities filters by the time of change and is not ordered by it (paxos/api.md 4.9). */
export function windowsOf(wanted: readonly Wanted[]): Window[] {
  const windows: Window[] = []
  let last = Number.NEGATIVE_INFINITY
  for (const { id, at } of [...wanted].sort((one, other) => one.at - other.at)) {
    const current = windows.at(-1)
    if (current && current.ids.size < PER_WINDOW && at - last <= WIDEST_GAP_MS) {
      current.ids.add(id)
      current.untilMs = at + AFTER_MS
    } else windows.push({ fromMs: at - BEFORE_MS, untilMs: at + AFTER_MS, ids: new Set([id]) })
    last = at
  }
  return windows
}

/** Windows that are read, some at a time, while more are added. */
export interface WindowLane<Value> {
  /** `onFound` is told of all that comes along. */
  add(windows: readonly Window[], onFound: (id: string, value: Value) => void): void
  /** Resolves when all that was added has been read. Rejects with the first failure, after which no more is read. */
  ended(): Promise<void>
}

/** A window whose pages bring too little is given up: what it lacks is read by id. */
export function createWindowLane<Value>(
  listWindow: (window: Window, cursor: string | null) => Promise<ListedPage<Value>>,
): WindowLane<Value> {
  const left: (() => Promise<void>)[] = []
  const readers = new Set<Promise<void>>()
  /** Readers that will look for another window; one that has found none does not count, though its promise may not have settled. */
  let looking = 0
  let failure: { error: unknown } | null = null
  const readOne = async (window: Window, onFound: (id: string, value: Value) => void): Promise<void> => {
    const missing = new Set(window.ids)
    let cursor: string | null = null
    for (let pages = 1; missing.size > 0; pages += 1) {
      const page: ListedPage<Value> = await listWindow(window, cursor)
      for (const { id, value } of page.values) {
        missing.delete(id)
        onFound(id, value)
      }
      cursor = page.nextCursor
      if (cursor === null || pages >= 2 + (window.ids.size - missing.size) / 4) return
    }
  }
  const readAll = async (): Promise<void> => {
    looking += 1
    try {
      for (let next = left.shift(); next && !failure; next = left.shift()) await next()
    } catch (error) {
      failure ??= { error }
    }
    looking -= 1
  }
  return {
    add(windows, onFound) {
      left.push(...windows.map((window) => () => readOne(window, onFound)))
      while (looking < AT_ONCE && left.length > 0) {
        const reader: Promise<void> = readAll().finally(() => readers.delete(reader))
        readers.add(reader)
      }
    },
    async ended() {
      while (readers.size > 0) await Promise.all(readers)
      if (failure) throw failure.error
    },
  }
}
