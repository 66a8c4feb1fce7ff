import { setTimeout as sleep } from 'node:timers/promises'
import type { RejectedField, RejectedLine } from '../../domain/bulk-import.ts'
import { IdempotencyKeyReusedError } from '../../inbox/commands.ts'
import { AppError, errorCode } from '../../platform/app-error.ts'
import { isDatabaseAway } from '../../platform/postgres/database-away.ts'
import { EffectRefusedError } from '../../saga/saga-errors.ts'
import type { CreatedOnboarding, CreateOrder } from '../onboarding/create-onboarding.ts'
import type { ReadyLine } from './check-line.ts'

export interface LineParts {
  createOnboarding: (order: CreateOrder) => Promise<CreatedOnboarding>
  /** Whether the request under this key was made after `since`: by a run of this import that did not record it. */
  wasRequestedSince: (idempotencyKey: string, since: Date) => Promise<boolean>
  now: () => number
}

/** The run that a line is part of. */
export interface LineContext {
  readonly requestedBy: string
  /** When the import was requested. */
  readonly importedSince: Date
  /** The line of the file that had the same `ref_id` before; null: none. */
  readonly firstLine: number | null
  /** Ends waits. */
  readonly signal: AbortSignal
  /** Why the line waits; null: it no longer does. */
  readonly onWait: (reason: string | null) => void
}

export type LineResult = { kind: 'created' | 'existing' | 'held' } | { kind: 'rejected'; rejected: RejectedLine }

/** An outage that lasts longer stops the run, milliseconds. A lockout after a 429 takes 5 min. */
const LONGEST_OUTAGE_MS = 600_000
/** Tries after failures that are not outages, before the line is rejected. */
const MOST_FAILURES = 12
/** Refusals of our API user or our configuration. Every further line would be refused too, so they stop the run. */
const OURS: ReadonlySet<string> = new Set(['PAXOS_FORBIDDEN', 'FEATURE_OFF'])
const SHORTEST_WAIT_MS = 500
const LONGEST_WAIT_MS = 30_000
const WAIT_MS = 2_000

/**
 * Requests one identity and waits for Paxos's answer, through outages and rate limits. The `ref_id` is the Idempotency-Key, so a line that is
 * sent again makes nothing twice. Rejects with the failure when an outage lasts longer than 10 min, and when the signal ends a wait.
 */
export async function importLine(parts: LineParts, { line, refId, request }: ReadyLine, context: LineContext): Promise<LineResult> {
  const { requestedBy, signal, firstLine, onWait } = context
  const since = parts.now()
  for (let failures = 0; ; ) {
    signal.throwIfAborted()
    try {
      const made = await parts.createOnboarding({ idempotencyKey: refId, request, requestedBy })
      if (made.kind !== 'running') return await resultOf(parts, made, { refId, ...context })
      onWait('a worker finishes a request of an earlier run')
    } catch (error) {
      const retry = retryOf(error)
      if (retry === 'fault') throw error
      if (retry !== 'outage') failures += 1
      if (retry === 'never' || failures >= MOST_FAILURES) return { kind: 'rejected', rejected: rejectedOf(line, error, firstLine) }
      if (parts.now() - since > LONGEST_OUTAGE_MS) throw error
      onWait(errorCode(error))
      await sleep(waitOf(error), undefined, { signal })
    }
  }
}

async function resultOf(
  { wasRequestedSince }: LineParts,
  made: Exclude<CreatedOnboarding, { kind: 'running' }>,
  { refId, firstLine, importedSince, onWait }: LineContext & { refId: string },
): Promise<LineResult> {
  onWait(null)
  if (made.kind === 'duplicate') return { kind: 'held' }
  if (firstLine !== null) return { kind: 'existing' }
  return { kind: made.created || (await wasRequestedSince(refId, importedSince)) ? 'created' : 'existing' }
}

/** `fault`: an error that is not about the line, or that Gatehouse did not foresee. It stops the run. */
function retryOf(error: unknown): 'outage' | 'again' | 'never' | 'fault' {
  if (isDatabaseAway(error)) return 'outage'
  if (!(error instanceof AppError) || OURS.has(error.code)) return 'fault'
  if (error.retry === 'snooze') return 'outage'
  return error.retry === 'never' ? 'never' : 'again'
}

function waitOf(error: unknown): number {
  const named = error instanceof Error && 'retryAfterMs' in error && typeof error.retryAfterMs === 'number' ? error.retryAfterMs : WAIT_MS
  const waitMs = Math.min(Math.max(named, SHORTEST_WAIT_MS), LONGEST_WAIT_MS)
  return waitMs + Math.random() * SHORTEST_WAIT_MS // so that lines that failed together do not return together
}

function rejectedOf(line: number, error: unknown, firstLine: number | null): RejectedLine {
  // A run that was killed before it recorded the refusal.
  const code = error instanceof EffectRefusedError && error.refusal !== null ? error.refusal : errorCode(error)
  return { line, code, fields: fieldsOf(error, firstLine) }
}

/** Gatehouse's and Paxos's messages hold no values of the request (platform/app-error.ts, paxos/paxos-errors.ts). */
function fieldsOf(error: unknown, firstLine: number | null): RejectedField[] {
  if (error instanceof IdempotencyKeyReusedError) {
    const where = firstLine === null ? 'an earlier request' : `line ${firstLine}`
    return error.fields.map((field) => ({ field, message: `differs from ${where} with the same ref_id` }))
  }
  const named = error instanceof Error && 'errors' in error && Array.isArray(error.errors) ? (error.errors as RejectedField[]) : []
  if (named.length > 0) return named.map(({ field, message }) => ({ field, message }))
  const message = error instanceof Error ? error.message : 'was refused'
  return [{ field: errorCode(error) === 'REF_ID_TAKEN' ? 'ref_id' : 'the line', message }]
}
