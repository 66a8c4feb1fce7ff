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

/** What the reader of an answer must know about the call. */
export interface AnswerRules<T> {
  operation: string
  /** The call changes something at Paxos, so a lost answer leaves its outcome unknown. */
  acts: boolean
  /** The request carries a person's details. A refusal may repeat them, so no text of it is kept. */
  personal?: boolean
  /** 400 means that the id is malformed (paxos/api.md 3.1: `error parsing event id`). */
  unknownIdIs400?: boolean
  /** Paxos answers with an empty body or `{}` (documented). Either counts as `{}`. */
  mayBeEmpty?: boolean
  /** A field that every answer of Paxos to this call has; `id` by default. An object without it comes from another server. */
  mark?: string
  schema: z.ZodType<T>
}

/** The checked and normalised body of a 2xx. @throws the error for any other status, or for an unusable answer */
export function readAnswer<T>(answer: HttpAnswer, rules: AnswerRules<T>, requestBody?: string): T {
  const { status, text } = answer
  const { operation, acts, mark = 'id' } = rules
  if (status < 200 || status > 299) throw refusal(answer, rules, requestBody)
  const json = rules.mayBeEmpty && text.trim() === '' ? {} : parseJson(text)
  // The parser's message quotes the answer, which may name a person, so it is dropped.
  if (json === undefined) throw notFromPaxos({ operation, status, detail: 'The answer is not JSON.' }, acts)
  const parsed = rules.schema.safeParse(json)
  if (parsed.success) return parsed.data
  if (!isRecord(json) || !(mark in json)) throw notFromPaxos({ operation, status, detail: `The answer has no field ${mark}.` }, acts)
  const paths = parsed.error.issues.map((issue) => issue.path.join('.') || 'its root').join(', ')
  throw new PaxosAnswerMalformedError({ operation, status, acts, problem: `unexpected value at ${paths}` })
}

/**
 * The failure for an answer that cannot be Paxos's: a CDN's maintenance page, a gateway's refusal. It says nothing about the request, so it
 * is an outage: it spends no attempt of any event, and the breaker counts it. A write may have been done.
 */
function notFromPaxos(failure: PaxosFailure, acts: boolean): PaxosOutcomeUnknownError | PaxosUnavailableError {
  return acts ? new PaxosOutcomeUnknownError(failure) : new PaxosUnavailableError(failure)
}

/** Returns the answer if its id is the requested one. Acting on another customer's data would be worse than not acting. */
export function about<T extends { id: string }>(id: string, answer: T, operation: string): T {
  if (answer.id.toLowerCase() === id.toLowerCase()) return answer
  throw new PaxosAnswerMalformedError({ operation, acts: false, problem: 'its id is not the requested one' })
}

/** The cursor of a list. An empty or absent one ends the list (paxos/api.md 3.2). */
export const NextCursor = z
  .string()
  .nullish()
  .transform((cursor) => cursor || null)

/** An id from Paxos. Its length is bounded, since it is stored and becomes part of a path. */
export const PaxosId = z.string().min(1).max(128)

/**
 * A page of a list under `key`. An empty list may come as `[]`, as `null`, or as an object that has no field but the cursor. An object with
 * other fields is not Paxos's answer.
 */
export function pageOf<Row>(key: string, row: z.ZodType<Row>): z.ZodType<{ rows: Row[]; nextCursor: string | null }> {
  return z
    .looseObject({ [key]: z.array(row).nullish(), next_page_cursor: NextCursor })
    .refine((page) => page[key] !== undefined || Object.keys(page).every((name) => name === key || name === 'next_page_cursor'), {
      path: [key],
    })
    .transform((page) => ({ rows: (page[key] ?? []) as Row[], nextCursor: page.next_page_cursor as string | null })) // as declared above
}

/** A row of a list that tolerates unreadable rows: `null` for an unreadable one. */
export function orOdd<Row>(row: z.ZodType<Row>): z.ZodType<Row | null> {
  return z.unknown().transform((value) => {
    const parsed = row.safeParse(value)
    return parsed.success ? parsed.data : null
  })
}

/** An RFC 3339 time, kept as text: it may have nanoseconds. */
export const RawTime = z.iso.datetime({ offset: true })

/** The error for an answer other than 2xx. It reads the shape of the body, never its content type (paxos/api.md 1.4). */
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
 * Statuses by which Paxos itself refuses a read (paxos/api.md 1.4). Other 4xx (406, 408, 413 on a read, 421, 431, 451) come from gateways
 * and say nothing about the request.
 */
const VERDICTS_ON_READS: ReadonlySet<number> = new Set([400, 405, 410, 422])
const VERDICTS_ON_WRITES: ReadonlySet<number> = new Set([...VERDICTS_ON_READS, 402, 412, 413, 415])

/** The answer has the shape of a refusal by Paxos or by the token endpoint (RFC 6749). A gateway's page has none of these fields. */
function isProblem(json: unknown): boolean {
  return isRecord(json) && ['type', 'title', 'detail', 'error'].some((name) => typeof json[name] === 'string')
}

/** Keeps all of `meta.existing`. For calls with a person's details only its id. */
function conflict(failure: PaxosFailure, { meta, detail }: z.output<typeof Problem>, personal: boolean): PaxosConflictError {
  const existing = isRecord(meta?.existing) ? meta.existing : null
  const existingId = typeof existing?.id === 'string' && existing.id !== '' ? existing.id : null
  return new PaxosConflictError(failure, { existingId, duplicate: duplicate(detail ?? ''), existing: personal ? null : existing })
}

/** The figures in a problem's `meta` (`available`, `max_notional_value`): top-level texts only, each cut at 200 characters. */
function plainMeta(meta: Readonly<Record<string, unknown>> | undefined): Record<string, string> {
  const texts = Object.entries(meta ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return Object.fromEntries(texts.map(([name, value]) => [name, value.slice(0, 200)]))
}

const text = z.string().optional().catch(undefined)
/** problem+json, or the token endpoint's `{ error }` (RFC 6749). Accepts anything: malformed fields are left out. */
const Problem = z
  .object({ type: text, title: text, error: text, detail: text, meta: z.record(z.string(), z.unknown()).optional().catch(undefined) })
  .catch({})

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Only the text tells the two documented conflicts apart (paxos/api.md 4.6). */
function duplicate(detail: string): 'ref_id' | 'person' | null {
  if (detail.includes('cip_id')) return 'person'
  return detail.includes('ref_id') ? 'ref_id' : null
}

/** The names of the request's fields that `detail` mentions: they say what is wrong without repeating a value. */
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
