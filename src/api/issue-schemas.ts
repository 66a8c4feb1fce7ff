import { z } from 'zod'
import { ISSUE_STATES } from '../operate/issues/issue-input.ts'
import { Event } from './event-schemas.ts'
import { count, time } from './schema-parts.ts'

const issueFields = {
  id: z.string().describe('The id of the cause: equal causes have equal ids.'),
  state: z.enum(ISSUE_STATES),
  reopened: z.boolean().describe('True: an event failed after the issue was resolved.'),
  code: z.string().describe('The error code (docs/errors.md); for EFFECT_REFUSED, the code of the refusal.'),
  effectKind: z.string().nullable().describe('The kind of effect, such as create-account; null: the event failed before any effect.'),
  operation: z.string().nullable().describe('The call, such as accounts.create.'),
  status: z.int().nullable().describe('The HTTP status; null: no answer, or not known.'),
  problemType: z.string().nullable(),
  parked: count,
  dead: count,
  unfinished: count.describe('Events with this failure that Gatehouse retries.'),
  customers: count,
  atLeast: z.boolean().describe('True: only the newest 10000 events were counted.'),
  firstSeenAt: time,
  lastSeenAt: time.nullable().describe('Null: no event has this cause now.'),
  sinceTreated: count.describe("Failures since an operator's decision; for a muted issue, the number that the mute hides."),
  treatedBy: z.string().nullable(),
  treatedAt: time.nullable(),
  reason: z.string().nullable(),
  mutedUntil: time.nullable(),
  note: z.string().nullable(),
  link: z.string().nullable(),
  detail: z.string().nullable().describe('The last error text of one of its events.'),
}

/** Failures grouped by cause. */
export const ISSUE_SCHEMAS = {
  IssueList: z.strictObject({ items: z.array(z.strictObject(issueFields)) }),
  IssueStory: z.strictObject({
    ...issueFields,
    byHour: z.array(count).describe('Failures in each of the last 24 hours, oldest hour first.'),
    events: z.array(Event).describe('The newest 20 events.'),
  }),
}
