import type { ListedPage, Wanted } from './batch-reader.ts'

/** Identities in one window. Together with others that changed meanwhile they should fit on one page of 100. */
export const PER_WINDOW = 80
/** A window reaches this far before its first event and after the second that its last webhook names, milliseconds. */
const BEFORE_MS = 500
const AFTER_MS = 1_500
/** A wider gap between two events starts a new window: changes of other identities in the gap would fill pages for nothing. */
const WIDEST_GAP_MS = 60_000
/** Number of windows that are read at the same time. */
const AT_ONCE = 16

export interface Window {
  fromMs: number
  untilMs: number
  ids: Set<string>
}

/**
 * Cuts the wanted identities into windows of time. List Identities filters by the time of change but is not ordered by it (paxos/api.md
 * 4.9).
 */
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

/** Reads windows, 16 at a time, while more are added. */
export interface WindowLane<Value> {
  /** `onFound` receives every identity on a page, wanted or not. */
  add(windows: readonly Window[], onFound: (id: string, value: Value) => void): void
  /** Resolves when all added windows have been read. Rejects with the first failure, after which no more is read. */
  ended(): Promise<void>
}

/** Gives a window up when its pages bring too little. The caller reads what it lacks by id. */
export function createWindowLane<Value>(
  listWindow: (window: Window, cursor: string | null) => Promise<ListedPage<Value>>,
): WindowLane<Value> {
  const left: (() => Promise<void>)[] = []
  const readers = new Set<Promise<void>>()
  /** Number of readers that will take another window. A reader that found none no longer counts, even while its promise is pending. */
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
