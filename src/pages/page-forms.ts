import { z } from 'zod'
import { EVENT_STATES } from '../domain/event-state.ts'
import { ONBOARDING_STATES } from '../domain/onboarding/onboarding.ts'
import { OperatorName } from '../operate/access/operator-name.ts'
import { SearchText } from '../operate/find.ts'
import { fieldErrors, sayIssue } from '../operate/input/field-errors.ts'
import { AUDIT_FILTERS, FAILURE_FILTERS, IdList, OptionalId, pageQuery, Time } from '../operate/input/query-inputs.ts'
import { unstorableFields } from '../operate/input/unstorable.ts'
import { Annotation, IssueId, IssueStateFilter } from '../operate/issues/issue-input.ts'
import { MAX_REPLAY_LIMIT, REPLAYABLE_STATES, Reason } from '../operate/replay/replay-request.ts'
import { HttpProblem } from '../platform/problem.ts'

const Text = z.string().max(200).optional()
export const OnboardingListQuery = pageQuery({ state: z.enum(ONBOARDING_STATES).optional(), q: Text })
export const EventListQuery = pageQuery({
  state: z.enum(EVENT_STATES).optional(),
  type: Text,
  identityId: OptionalId,
  ...FAILURE_FILTERS,
  from: Time.optional(),
  to: Time.optional(),
})
export const FindQuery = z.object({ q: SearchText })
export const DuplicateListQuery = pageQuery({})
export const ReplayListQuery = pageQuery({})
export const ReconciliationListQuery = pageQuery({})
export const ReconciliationForm = z.object({ from: Time.optional(), to: Time.optional() })
export const DriftForm = z.object({ plan: z.literal('true').optional() })
export const AuditQuery = pageQuery(AUDIT_FILTERS)
export const IssueListQuery = z.object({ state: IssueStateFilter.optional() })
export const ProofQuery = z.object({ here: z.enum(['true', 'false']).optional() })
export const ReasonForm = z.object({ reason: Reason })
export const MuteForm = z.object({ reason: Reason, until: Time })
export const NoteForm = z.object({ note: Annotation.shape.note.default(null), link: Annotation.shape.link.default(null) })
export const LoginForm = z.object({
  name: OperatorName,
  token: z.string().max(1_000).default(''),
  next: z.string().max(1_000).default('/'),
})

/** A field that takes several values: as checkboxes (the field is repeated) or as a list of ids in one text. */
const words = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => [value].flat().flatMap((text) => text.split(/[\s,]+/).filter((word) => word !== '')))
export const PlanForm = z.object({
  eventIds: words.pipe(IdList).optional(),
  identityIds: words.pipe(IdList).optional(),
  types: words.optional(),
  errorCodes: words.optional(),
  issueIds: words.pipe(z.array(IssueId)).optional(),
  keySlots: words.optional(),
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

/** Parses a form or a query: the values, or the errors. Empty text counts as absent, because a browser sends empty fields so. */
type Read<Form extends z.ZodObject> =
  | { query: z.output<Form>; errors: null }
  | { query: null; errors: { field: string; message: string }[] }

function read<Form extends z.ZodObject>(form: Form, sent: unknown): Read<Form> {
  const fields = Object.entries(typeof sent === 'object' && sent !== null ? sent : {}).filter(([, value]) => value !== '')
  const unstorable = unstorableFields(Object.fromEntries(fields))
  const parsed = form.safeParse(Object.fromEntries(fields), { error: sayIssue })
  if (parsed.success && unstorable.length === 0) return { query: parsed.data, errors: null }
  const wrong = parsed.success ? [] : fieldErrors(parsed.error, { known: Object.keys(form.shape), whole: 'form' })
  return { query: null, errors: [...unstorable, ...wrong] }
}

/** @throws HttpProblem 400 naming each wrong field */
export function readForm<Form extends z.ZodObject>(form: Form, sent: unknown): z.output<Form> {
  const { query, errors } = read(form, sent)
  if (errors === null) return query
  throw new HttpProblem(400, 'REQUEST_INVALID', `${errors.map(({ field, message }) => `${field} ${message}`).join('; ')}.`, { errors })
}

/** Parses the filters of a list. Returns an error per filter, so that the list shows the form again with a message at each. */
export function readFilters<Form extends z.ZodObject>(
  form: Form,
  sent: unknown,
): { query: z.output<Form>; wrong: null } | { query: null; wrong: ReadonlyMap<string, string> } {
  const { query, errors } = read(form, sent)
  return errors === null ? { query, wrong: null } : { query: null, wrong: new Map(errors.map(({ field, message }) => [field, message])) }
}

/** The sent values as text, to fill the form when it is shown again. */
export function sentTexts(sent: unknown): Record<string, string> {
  const entries = Object.entries(typeof sent === 'object' && sent !== null ? sent : {})
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}

/** The same with every value of each field: boxes of one name are sent several times. */
export function sentWords(sent: unknown): Record<string, string[]> {
  const entries = Object.entries(typeof sent === 'object' && sent !== null ? sent : {})
  return Object.fromEntries(entries.map(([name, value]) => [name, [value].flat().filter((each) => typeof each === 'string')]))
}
