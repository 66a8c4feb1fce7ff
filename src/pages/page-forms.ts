import { z } from 'zod'
import { EVENT_STATES } from '../domain/event-state.ts'
import { ONBOARDING_STATES } from '../domain/onboarding/onboarding.ts'
import { fieldErrors, sayIssue } from '../operate/field-errors.ts'
import { OperatorName } from '../operate/operator-name.ts'
import { IdList, OptionalId, pageQuery, Time } from '../operate/query-inputs.ts'
import { MAX_REPLAY_LIMIT, REPLAYABLE_STATES, Reason } from '../operate/replay-request.ts'
import { unstorableFields } from '../operate/unstorable.ts'
import { HttpProblem } from '../platform/problem.ts'

const Text = z.string().max(200).optional()
export const OnboardingListQuery = pageQuery({ state: z.enum(ONBOARDING_STATES).optional(), q: Text })
export const EventListQuery = pageQuery({
  state: z.enum(EVENT_STATES).optional(),
  type: Text,
  identityId: OptionalId,
  from: Time.optional(),
  to: Time.optional(),
})
export const ReplayListQuery = pageQuery({})
export const AuditQuery = pageQuery({})
export const ReasonForm = z.object({ reason: Reason })
export const LoginForm = z.object({
  name: OperatorName,
  token: z.string().max(1_000).default(''),
  next: z.string().max(1_000).default('/'),
})

/** One field may hold several values, and a field may come several times: checkboxes, lists of ids. */
const words = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => [value].flat().flatMap((text) => text.split(/[\s,]+/).filter((word) => word !== '')))
export const PlanForm = z.object({
  eventIds: words.pipe(IdList).optional(),
  identityIds: words.pipe(IdList).optional(),
  types: words.optional(),
  errorCodes: words.optional(),
  states: words.pipe(z.array(z.enum(REPLAYABLE_STATES))).optional(),
  from: Time.optional(),
  to: Time.optional(),
  limit: z.coerce.number().int().min(1).max(MAX_REPLAY_LIMIT).optional(),
  action: z.literal('dismiss').optional(),
  releaseHolds: z
    .literal('yes')
    .transform(() => true)
    .optional(),
})

/** What a form or an address holds; a browser sends fields left empty as empty text. @throws HttpProblem 400 naming each wrong field */
export function readForm<Form extends z.ZodObject>(form: Form, sent: unknown): z.output<Form> {
  const fields = Object.entries(typeof sent === 'object' && sent !== null ? sent : {}).filter(([, value]) => value !== '')
  const unstorable = unstorableFields(Object.fromEntries(fields))
  const parsed = form.safeParse(Object.fromEntries(fields), { error: sayIssue })
  if (parsed.success && unstorable.length === 0) return parsed.data
  const wrong = parsed.success ? [] : fieldErrors(parsed.error, { known: Object.keys(form.shape), whole: 'form' })
  const errors = [...unstorable, ...wrong]
  throw new HttpProblem(400, 'REQUEST_INVALID', `${errors.map(({ field, message }) => `${field} ${message}`).join('; ')}.`, { errors })
}
