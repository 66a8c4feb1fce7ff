import type { z } from 'zod'
import type { PaxosIdentityDetails } from '../../paxos/identities.ts'
import { fieldErrors, sayIssue } from '../input/field-errors.ts'
import { InstitutionRequest } from '../onboarding/institution-request.ts'
import { PersonRequest } from '../onboarding/person-request.ts'
import { ChangeInvalidError } from './change-errors.ts'
import { CORRECTION_FIELDS, Correction, type Delta } from './correction-request.ts'

type FieldErrors = ReturnType<typeof fieldErrors>

/** Parts whose fields are a delta of their own. The others are replaced as a whole. */
const PARTS: readonly string[] = ['person_details', 'institution_details', 'customer_due_diligence']

/**
 * Checks a delta by the rules of single fields, and by the rules over several fields after it is laid over what Paxos has. A rule that the
 * identity at Paxos already breaks counts only where the delta touches it: an old fault does not block an unrelated correction.
 * @throws ChangeInvalidError naming every wrong field
 */
export function checkCorrection(delta: Delta, identity: PaxosIdentityDetails): void {
  if (Object.keys(delta).length === 0) throw new ChangeInvalidError([{ field: 'the change', message: 'must have at least one field' }])
  const parsed = Correction.safeParse(delta, { error: sayIssue })
  const own = parsed.success ? [] : fieldErrors(parsed.error, { known: CORRECTION_FIELDS, whole: 'the change' })
  const errors = [...own, ...typeErrors(delta, identity), ...jointErrors(delta, identity)]
  const distinct = new Map(errors.map((error) => [error.field, error] as const).toReversed()) // of several for one field the first says most
  if (distinct.size > 0) throw new ChangeInvalidError([...distinct.values()].toReversed())
}

/** The fields of a delta, as paths of at most two names, sorted. */
export function fieldsOf(delta: Delta): string[] {
  return Object.entries(delta)
    .flatMap(([name, value]) => (PARTS.includes(name) && isRecord(value) ? Object.keys(value).map((field) => `${name}.${field}`) : [name]))
    .sort()
}

/** Those fields of the delta whose value Paxos has already. */
export function unchangedFields(delta: Delta, identity: PaxosIdentityDetails): string[] {
  const before = laidOver({}, identity)
  const after = laidOver(delta, identity)
  const at = (value: unknown, path: string): string =>
    JSON.stringify(path.split('.').reduce((part, key) => (isRecord(part) ? part[key] : undefined), value)) ?? ''
  return fieldsOf(delta).filter((path) => at(before, path.replace(/^set_/, '')) === at(after, path.replace(/^set_/, '')))
}

/**
 * The fields for which Paxos may verify or screen the identity again, which may suspend its trading (Update Identity, documented): those of a
 * person's or institution's details.
 */
export function rescreeningOf(fields: readonly string[]): string[] {
  return fields.filter((field) => /^(person|institution)_details\./.test(field))
}

function typeErrors(delta: Delta, identity: PaxosIdentityDetails): FieldErrors {
  const [own, other] = identity.institution_details === null ? (['person', 'institution'] as const) : (['institution', 'person'] as const)
  const field = `${other}_details`
  return field in delta ? [{ field, message: `is for another type: this customer is of type ${own}, and the type cannot change` }] : []
}

function jointErrors(delta: Delta, identity: PaxosIdentityDetails): FieldErrors {
  const schema = identity.institution_details === null ? PersonRequest : InstitutionRequest
  const known = new Set(errorsIn(schema, laidOver({}, identity)).map(({ field, message }) => `${field} ${message}`))
  const touched = fieldsOf(delta).map((field) => field.replace(/^set_/, ''))
  const touches = (field: string): boolean => touched.some((each) => field === each || field.startsWith(`${each}.`))
  return errorsIn(schema, laidOver(delta, identity))
    .filter(({ field, message }) => touches(field) || !known.has(`${field} ${message}`))
    .map((error) => (error.field === 'tax_details_not_required' ? { ...error, field: `set_${error.field}` } : error))
    .filter(({ field }) => !/^(person|institution)_details$/.test(field)) // typeErrors says it
}

function errorsIn(schema: z.ZodType, value: unknown): FieldErrors {
  const parsed = schema.safeParse(value, { error: sayIssue })
  return parsed.success ? [] : fieldErrors(parsed.error, { known: [], whole: 'the change' })
}

/** The identity after the delta, in the form of Create Identity. */
function laidOver(delta: Delta, identity: PaxosIdentityDetails): Record<string, unknown> {
  const { last_kyc_refresh_date: _date, person_details, institution_details, customer_due_diligence, tax_details, ...rest } = identity
  const { tax_details_not_required, metadata, is_merchant } = rest
  const before = {
    person_details,
    institution_details,
    customer_due_diligence,
    tax_details,
    tax_details_not_required,
    metadata,
    is_merchant,
  }
  const merged: Record<string, unknown> = Object.fromEntries(Object.entries(before).filter(([, value]) => value !== null))
  for (const [name, value] of Object.entries(delta)) {
    const known = merged[name]
    merged[name.replace(/^set_/, '')] = PARTS.includes(name) && isRecord(known) && isRecord(value) ? { ...known, ...value } : value
  }
  return merged
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
