import { z } from 'zod'
import { ACTOR_KINDS } from '../../domain/actor.ts'
import { canonicalId, OPAQUE_ID } from '../../platform/opaque-id.ts'
import { readTime, TIME_FORMS } from './read-time.ts'

/** An opaque id that Paxos issued. A uuid may also be in upper case. */
const Id = z.string().regex(OPAQUE_ID, 'must be an id issued by Paxos: 1 to 200 visible ASCII characters').transform(canonicalId)
export const IdParams = z.strictObject({ id: Id })
/** An id that Gatehouse issued. */
export const OwnIdParams = z.strictObject({
  id: z.guid('must be an id such as 7f0f5b7e-2d83-4e7c-9a52-2a6a0c6e5d10').transform((id) => id.toLowerCase()),
})
export const EventIdParams = z.strictObject({ event_id: Id })
export const OptionalId = Id.optional()
export const IdList = z.array(Id).min(1, 'must name at least one').max(10_000, 'may name at most 10000')

/** A time with its zone; becomes a Date. */
export const Time = z.string().transform((text, context): Date => {
  const at = readTime(text)
  if (at !== null) return at
  context.issues.push({ code: 'custom', message: `must be ${TIME_FORMS}`, input: text })
  return z.NEVER
})

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 200

/** The query of a list: its filters, cursor and limit. Unknown parameters are refused by name. */
export function pageQuery<Filters extends z.ZodRawShape>(filters: Filters) {
  return z.strictObject({
    ...filters,
    cursor: z.string().min(1, 'must not be empty').max(500).optional(),
    limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT),
  })
}

/** Why events failed, the same on all faces. */
export const FAILURE_FILTERS = {
  cause: z
    .string()
    .regex(/^[A-Za-z0-9_]{1,80}$/, 'must be the id of an issue, or a code such as NOTICE_REFUSED')
    .optional()
    .describe('Failures of this cause: the id of an issue, or a code such as NOTICE_REFUSED.'),
  step: z
    .string()
    .regex(/^[a-z]+(-[a-z]+)*$/, 'must be a kind of effect, such as create-account or send-notification')
    .max(80, 'may have at most 80 characters')
    .optional()
    .describe('Failures of this kind of effect, such as create-account or send-notification.'),
}

/** Whose entries of the audit to list. */
export const AUDIT_BY = ['people', ...ACTOR_KINDS] as const

/** The filters of the audit, the same on all faces. */
export const AUDIT_FILTERS = {
  by: z.enum(AUDIT_BY).optional().describe('people: leaves out what programs did through the API.'),
  operator: z.string().min(1, 'must not be empty').max(80, 'may have at most 80 characters').optional().describe('The full name.'),
  action: z
    .string()
    .regex(/^[a-z]+(\.[a-z]+)*$/, 'must be an action or its first words, such as replay or replay.approve')
    .max(80, 'may have at most 80 characters')
    .optional()
    .describe('An action or its first words: replay finds replay.plan and replay.approve.failed.'),
  from: Time.optional().describe('Done at or after.'),
  to: Time.optional().describe('Done before.'),
}
