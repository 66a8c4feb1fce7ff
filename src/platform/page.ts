import { UsageError } from './app-error.ts'

/** One page of a list, newest first. `nextCursor` continues after its last item, also when items were added meanwhile. Null at the end. */
export interface Page<Item> {
  items: Item[]
  nextCursor: string | null
}

/** A time as a cursor holds it. */
export const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/

/** An opaque cursor over the sort key of the last item shown. */
export function encodeCursor(key: readonly string[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url')
}

/**
 * Returns the sort key of a cursor. `patterns`: one for each part of the key.
 * @throws UsageError when this list has not issued the cursor
 */
export function decodeCursor(cursor: string, patterns: readonly RegExp[]): string[] {
  const key = parse(cursor)
  if (
    Array.isArray(key) &&
    key.length === patterns.length &&
    patterns.every((pattern, at) => typeof key[at] === 'string' && pattern.test(key[at]))
  ) {
    return key
  }
  throw new UsageError('is not a cursor of this list; send nextCursor of the previous page, with the same filters', {
    field: 'cursor',
  })
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    return null
  }
}

/** Drops the extra row, which was read to learn whether another page follows. */
export function cutPage<Row, Item>(
  rows: readonly Row[],
  { limit, view, key }: { limit: number; view: (row: Row) => Item; key: (row: Row) => string[] },
): Page<Item> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return { items: shown.map(view), nextCursor: rows.length > limit && last !== undefined ? encodeCursor(key(last)) : null }
}
