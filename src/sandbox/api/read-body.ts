import type { z } from 'zod'
import { problem } from './paxos-problem.ts'

/** @throws 400 naming each wrong field. It repeats no value, because values may be personal data */
export function readBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  const fields = parsed.error.issues.map((issue) =>
    issue.code === 'unrecognized_keys'
      ? `${[...issue.path, issue.keys.join(', ')].join('.')}: unknown field`
      : `${issue.path.join('.') || 'body'}: ${issue.message}`,
  )
  throw problem(400, fields.join('; '))
}
