import { z } from 'zod'
import type { HttpAnswer } from '../../platform/http-exchange.ts'
import { parseRetryAfter } from '../../platform/retry-after.ts'
import {
  PaxosAnswerMalformedError,
  PaxosConflictError,
  type PaxosFailure,
  PaxosForbiddenError,
  PaxosNotFoundError,
  PaxosOutcomeUnknownError,
  PaxosRefusedError,
  PaxosRejectedError,
  PaxosThrottledError,
  PaxosUnauthorizedError,
  PaxosUnavailableError,
  REFUSALS,
  slugOf,
} from '../paxos-errors.ts'
import { knownWords, typeOfKnownWords } from './known-words.ts'

/** What must be known of a call to understand its answer. */
export interface AnswerRules<T> {
  operation: string
  /** The call changes something upstream: an answer that is lost leaves its outcome unknown. */
  acts: boolean
  /** The request carries a person's details, which a refusal may repeat: nothing of its text is kept. */
  personal?: boolean
  /** 400 means an id that cannot be one (paxos/api.md 3.1: `error parsing event id`). */
  unknownIdIs400?: boolean
  /** Documented to answer with nothing, or with `{}`: either counts as `{}`. */
  mayBeEmpty?: boolean
  /** A field that every answer of Paxos to this call has, `id` unless told: an object without it comes from somebody else. */
  mark?: string
  schema: z.ZodType<T>
}

/** What Paxos sent for a 2xx, checked and normalised. @throws the error for any other status, or for an answer that cannot be used. */
export function readAnswer<T>(answer: HttpAnswer, rules: AnswerRules<T>, requestBody?: string): T {
  const { status, text } = answer
  const { operation, acts, mark = 'id' } = rules
  if (status < 200 || status > 299) throw refusal(answer, rules, requestBody)
  const json = rules.mayBeEmpty && text.trim() === '' ? {} : parseJson(text)
  // The parser's own message quotes the answer, which may name a person: it goes no further.
  if (json === undefined) throw notFromPaxos({ operation, status, detail: 'The answer is not JSON.' }, acts)
  const parsed = rules.schema.safeParse(json)
  if (parsed.success) return parsed.data
  if (!isRecord(json) || !(mark in json)) throw notFromPaxos({ operation, status, detail: `The answer has no field ${mark}.` }, acts)
  const paths = parsed.error.issues.map((issue) => issue.path.join('.') || 'the whole').join(', ')
  throw new PaxosAnswerMalformedError({ operation, status, acts, problem: `unexpected value at ${paths}` })
}

/**
 * The failure for an answer that Paxos cannot have given: a CDN's maintenance page, a gateway's refusal. It says nothing about
 * the request, so it is an outage: it spends no attempt of any event, and the breaker counts it. A write may have been done.
 */
function notFromPaxos(failure: PaxosFailure, acts: boolean): PaxosOutcomeUnknownError | PaxosUnavailableError {
  return acts ? new PaxosOutcomeUnknownError(failure) : new PaxosUnavailableError(failure)
}

/** The answer, if it is about what was asked for: acting on another customer's would be worse than not acting. */
export function about<T extends { id: string }>(id: string, answer: T, operation: string): T {
  if (answer.id.toLowerCase() === id.toLowerCase()) return answer
  throw new PaxosAnswerMalformedError({ operation, acts: false, problem: 'it is about another id' })
}

/** Lists end with an empty cursor, or none (paxos/api.md 3.2). */
export const NextCursor = z
  .string()
  .nullish()
  .transform((cursor) => cursor || null)

/** An id as Paxos gives it: bounded, since it is stored and becomes part of a path. */
export const PaxosId = z.string().min(1).max(128)

/**
 * A page of a list under `key`. An empty list may come as `[]`, as `null`, or as no field at all where the object has no other
 * field than the cursor; an object with other fields is somebody else's answer.
 */
export function pageOf<Row>(key: string, row: z.ZodType<Row>): z.ZodType<{ rows: Row[]; nextCursor: string | null }> {
  return z
    .looseObject({ [key]: z.array(row).nullish(), next_page_cursor: NextCursor })
    .refine((page) => page[key] !== undefined || Object.keys(page).every((name) => name === key || name === 'next_page_cursor'), {
      path: [key],
    })
    .transform((page) => ({ rows: (page[key] ?? []) as Row[], nextCursor: page.next_page_cursor as string | null })) // as declared above
}

/** A row that may be odd, in a list that goes on without it: `null` for one that cannot be used. */
export function orOdd<Row>(row: z.ZodType<Row>): z.ZodType<Row | null> {
  return z.unknown().transform((value) => {
    const parsed = row.safeParse(value)
    return parsed.success ? parsed.data : null
  })
}

/** An RFC 3339 time, kept as it was written: it may have nanoseconds. */
export const RawTime = z.iso.datetime({ offset: true })

/** The error for an answer that is not a 2xx. Goes by the shape of the body, never by its content type (paxos/api.md 1.4). */
function refusal({ status, headers, text }: HttpAnswer, rules: AnswerRules<unknown>, requestBody?: string): Error {
  const { operation, acts } = rules
  const json = parseJson(text)
  const problem = Problem.parse(json)
  const failure: PaxosFailure = {
    operation,
    status,
    problemType: rules.personal ? typeOfKnownWords(problem.type) : (problem.type?.slice(0, 200) ?? null),
    meta: rules.personal ? {} : plainMeta(problem.meta),
    title: rules.personal ? knownWords(problem.title ?? problem.error) : ((problem.title ?? problem.error)?.slice(0, 100) ?? null),
    detail: rules.personal ? fieldsSpokenOf(problem.detail ?? '', requestBody ?? '') : (problem.detail?.slice(0, 300) ?? null),
  }
  if (status === 429) return new PaxosThrottledError(failure, { retryAfterMs: parseRetryAfter(headers['retry-after'], Date.now()) })
  if (status === 401) return new PaxosUnauthorizedError(failure)
  if (status < 400 || status >= 500 || !isProblem(json)) return notFromPaxos(failure, acts)
  if (acts && REFUSALS.has(slugOf(failure.problemType))) return new PaxosRefusedError(failure)
  if (status === 403) return new PaxosForbiddenError(failure, { acts })
  if (status === 404 || (status === 400 && rules.unknownIdIs400)) return new PaxosNotFoundError(failure)
  if (acts && status === 409) return conflict(failure, problem, rules.personal ?? false)
  const verdicts = acts ? VERDICTS_ON_WRITES : VERDICTS_ON_READS
  return verdicts.has(status) ? new PaxosRejectedError(failure) : notFromPaxos(failure, acts)
}

/**
 * Statuses by which Paxos itself refuses what was asked (paxos/api.md 1.4). Others that are 4xx (406, 408, 413 on a read, 421,
 * 431, 451) come from gateways, and say nothing about what was asked.
 */
const VERDICTS_ON_READS: ReadonlySet<number> = new Set([400, 405, 410, 422])
const VERDICTS_ON_WRITES: ReadonlySet<number> = new Set([...VERDICTS_ON_READS, 402, 412, 413, 415])

/** The answer has the shape of Paxos's refusals, or of the token endpoint's (RFC 6749): a gateway's page has none of these fields. */
function isProblem(json: unknown): boolean {
  return isRecord(json) && ['type', 'title', 'detail', 'error'].some((name) => typeof json[name] === 'string')
}

/** `meta.existing` in whole, but for calls that carry a person's details: of those only the id. */
function conflict(failure: PaxosFailure, { meta, detail }: z.output<typeof Problem>, personal: boolean): PaxosConflictError {
  const existing = isRecord(meta?.existing) ? meta.existing : null
  const existingId = typeof existing?.id === 'string' && existing.id !== '' ? existing.id : null
  return new PaxosConflictError(failure, { existingId, duplicate: duplicate(detail ?? ''), existing: personal ? null : existing })
}

/** The figures that a problem explains itself with (`available`, `max_notional_value`): texts of one level, each cut at 200 characters. */
function plainMeta(meta: Readonly<Record<string, unknown>> | undefined): Record<string, string> {
  const texts = Object.entries(meta ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return Object.fromEntries(texts.map(([name, value]) => [name, value.slice(0, 200)]))
}

const text = z.string().optional().catch(undefined)
/** problem+json, or the token endpoint's `{ error }` (RFC 6749). Takes anything: what is not as it should be is left out. */
const Problem = z
  .object({ type: text, title: text, error: text, detail: text, meta: z.record(z.string(), z.unknown()).optional().catch(undefined) })
  .catch({})

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The two documented details differ in nothing else (paxos/api.md 4.6). */
function duplicate(detail: string): 'ref_id' | 'person' | null {
  if (detail.includes('cip_id')) return 'person'
  return detail.includes('ref_id') ? 'ref_id' : null
}

/** The names of our own request's fields that `detail` speaks of: says what is wrong without repeating a value. */
function fieldsSpokenOf(detail: string, requestBody: string): string | null {
  const sent = new Set(Array.from(requestBody.matchAll(/"([a-z0-9_]+)":/g), ([, name]) => name))
  const spokenOf = new Set(detail.match(/[a-z0-9_]+/g)?.filter((word) => sent.has(word)))
  return spokenOf.size === 0 ? null : `It mentions ${[...spokenOf].join(', ')}.`
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
