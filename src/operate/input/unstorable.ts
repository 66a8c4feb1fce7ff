import type { Problem } from '../../platform/problem.ts'

type FieldErrors = NonNullable<Problem['errors']>

/** Levels of an input that are checked. No schema here is deeper, so deeper input is refused anyway. */
const MOST_DEPTH = 12

/**
 * The fields of an input with a character that Postgres cannot store: NUL, or half of a surrogate pair. Every face calls this before it
 * reads a filter or a body, so that no field is missed.
 */
export function unstorableFields(input: unknown, path: readonly string[] = []): FieldErrors {
  if (typeof input === 'string') return isStorable(input) ? [] : [{ field: path.join('.') || 'text', message: MESSAGE }]
  if (typeof input !== 'object' || input === null || path.length > MOST_DEPTH) return []
  return Object.entries(input).flatMap(([key, value]) =>
    isStorable(key) ? unstorableFields(value, [...path, key]) : [{ field: path.join('.') || 'a name', message: MESSAGE }],
  )
}

const MESSAGE = 'must not hold the character NUL or half of a surrogate pair'

function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed()
}
