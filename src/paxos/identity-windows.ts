import type { ListedPage, Wanted } from './batch-reader.ts'

/** Identities that one window looks for: with those that changed meanwhile they should fit on one page of a hundred. */
const PER_WINDOW = 80
/** A change that came so long before its event, or after the second that its webhook names, is still in the window. */
const BEFORE_MS = 500
const AFTER_MS = 1_500
/** A wider gap between two that are wanted starts a window of its own: what others changed in between would fill pages for nothing. */
const WIDEST_GAP_MS = 60_000
/** Windows are read so many at a time. */
const AT_ONCE = 8

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

/**
 * Reads the windows. One whose pages bring too little is given up: what it lacks is read by id. `onFound` is told of all that comes along.
 * Rejects with the first failure.
 */
export async function readWindows<Value>(
  windows: readonly Window[],
  listWindow: (window: Window, cursor: string | null) => Promise<ListedPage<Value>>,
  onFound: (id: string, value: Value) => void,
): Promise<void> {
  const left = [...windows]
  const readOne = async (window: Window): Promise<void> => {
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
  const reader = async (): Promise<void> => {
    for (let window = left.shift(); window; window = left.shift()) await readOne(window)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, reader))
}
