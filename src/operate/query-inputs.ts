import { z } from 'zod'

/** Ids in a path; upper case is taken too. */
const Id = z.guid('must be an id such as 7f0f5b7e-2d83-4e7c-9a52-2a6a0c6e5d10').transform((id) => id.toLowerCase())
export const IdParams = z.strictObject({ id: Id })
export const EventIdParams = z.strictObject({ event_id: Id })
export const OptionalId = Id.optional()
export const IdList = z.array(Id).min(1, 'must name at least one').max(10_000, 'may name at most 10000')

/** A time with its zone; becomes a Date. */
export const Time = z.iso
  .datetime({ offset: true, message: 'must be a time with its zone, such as 2026-03-01T12:00:00Z' })
  .transform((text) => new Date(text))

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 200

/** The query of a list: its filters, and where and how much to read. Anything else is refused by name. */
export function pageQuery<Filters extends z.ZodRawShape>(filters: Filters) {
  return z.strictObject({
    ...filters,
    cursor: z.string().min(1, 'must not be empty').max(500).optional(),
    limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT),
  })
}
