import type { z } from 'zod'
import type { Problem } from '../../platform/problem.ts'

type FieldErrors = NonNullable<Problem['errors']>

/** Says what is wrong with a value and what is right. Never repeats the value, which may be personal data. */
export const sayIssue: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === null) return `must be ${article(issue.expected)}, not null; omit the field if there is no value`
      return issue.input === undefined ? 'is required' : `must be ${article(issue.expected)}`
    case 'invalid_value':
      return issue.input === undefined ? `is required: one of ${issue.values.join(', ')}` : `must be one of ${issue.values.join(', ')}`
    case 'invalid_format':
      return issue.format === 'uuid' ? 'must be an id such as 7f0f5b7e-2d83-4e7c-9a52-2a6a0c6e5d10' : undefined
    case 'too_big':
      return issue.origin === 'string' ? `may have at most ${issue.maximum} characters` : `must be at most ${issue.maximum}`
    case 'too_small':
      return issue.origin === 'string' ? `must have at least ${issue.minimum} characters` : `must be at least ${issue.minimum}`
    default:
      return undefined
  }
}

/** One error per wrong field. `known`: the names allowed at the top level, listed when the request has an unknown one. */
export function fieldErrors(error: z.ZodError, { known, whole }: { known: readonly string[]; whole: string }): FieldErrors {
  return error.issues.flatMap(likeliest).flatMap((issue): FieldErrors => {
    const path = issue.path.map(String)
    if (issue.code !== 'unrecognized_keys') return [{ field: path.join('.') || whole, message: issue.message, ...suggestionOf(issue) }]
    const allowed = path.length === 0 && known.length > 0 ? `; known fields: ${known.join(', ')}` : ''
    return issue.keys.map((key) => ({ field: [...path, nameOf(key)].join('.'), message: `is not a known field${allowed}` }))
  })
}

/** A sent name that cannot be a field's may be personal data in the wrong place, so it is not repeated. */
function nameOf(key: string): string {
  return /^[A-Za-z_][\w.-]{0,63}$/.test(key) ? key : '(not a field name)'
}

/**
 * For a request with several possible forms: the faults of the closest form. That is the form with the fewest unknown fields at the top
 * level, and of these the first.
 */
function likeliest(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue]
  // A field that may be empty: the other form says what is wrong.
  if (issue.path.length > 0) return (issue.errors.at(-1) ?? []).map((nested) => ({ ...nested, path: [...issue.path, ...nested.path] }))
  const [best] = issue.errors.toSorted((one, other) => countUnknown(one) - countUnknown(other))
  return best ?? [issue]
}

function countUnknown(issues: readonly z.core.$ZodIssue[]): number {
  const unknown = issues.flatMap((issue) => (issue.code === 'unrecognized_keys' && issue.path.length === 0 ? issue.keys : []))
  return unknown.length
}

/** A suggested spelling, if the rule has one. This is the only place where part of a sent value is returned. */
function suggestionOf(issue: z.core.$ZodIssue): { suggestion?: string } {
  const suggestion: unknown = issue.code === 'custom' ? issue.params?.suggestion : undefined
  return typeof suggestion === 'string' ? { suggestion } : {}
}

function article(expected: string): string {
  if (expected === 'int') return 'a whole number'
  return /^[aeiou]/.test(expected) ? `an ${expected}` : `a ${expected}`
}
