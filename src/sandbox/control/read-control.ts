import type { z } from 'zod'
import { HttpProblem } from '../../platform/problem.ts'

/** @throws HttpProblem 400 with each wrong field. */
export function readControl<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  const errors = parsed.error.issues.map((issue) => ({ field: issue.path.join('.') || '(body)', message: issue.message }))
  const detail = `Not understood: ${errors.map(({ field, message }) => `${field}: ${message}`).join('; ')}`
  throw new HttpProblem(400, 'CONTROL_INVALID', detail, { errors })
}
