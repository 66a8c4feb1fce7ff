import type { z } from 'zod'
import { HttpProblem } from '../../platform/problem.ts'

/** @throws HttpProblem 400 with each wrong field. */
export function readControl<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  const errors = parsed.error.issues.map((issue) => ({ field: fieldOf(issue), message: inWords(issue) }))
  const detail = `Not understood: ${errors.map(({ field, message }) => `${field}: ${message}`).join('; ')}`
  throw new HttpProblem(400, 'CONTROL_INVALID', detail, { errors })
}

function fieldOf(issue: z.core.$ZodIssue): string {
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys : []
  return [...issue.path.map(String), ...(unknown.length > 0 ? [unknown.join(', ')] : [])].join('.') || '(body)'
}

/** Zod only says `Invalid input` when several forms are possible. The error of each form says more. */
function inWords(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return 'is not known here'
  if (issue.code !== 'invalid_union') return issue.message
  const complaints = issue.errors.map((issues) => issues.map(inWords).join(', ')).filter((text) => text !== '')
  return complaints.length > 0 ? complaints.join('; or ') : issue.message
}
