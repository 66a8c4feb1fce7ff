import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from 'pg'
import type { ImportCounts, ImportRecord } from '../../domain/bulk-import.ts'
import { ImportFileError, ImportInProgressError, ImportLeaseLostError } from '../../imports/import-errors.ts'
import { findImport, type ImportLease, takeImport } from '../../imports/import-store.ts'
import { errorCode } from '../../platform/app-error.ts'
import { followProgress, type RunOptions } from './follow-progress.ts'
import { importLine, type LineContext, type LineParts, type LineResult } from './import-line.ts'
import { lineGroups, type NextLine } from './line-groups.ts'
import type { ScannedFile } from './scan-file.ts'

export interface RunParts extends LineParts {
  pool: Pool
}

const RENEW_EVERY_MS = 5_000
/** The lease of a dead process on another machine ends by then. */
const LONGEST_LEASE_MS = 32_000
const ASK_EVERY_MS = 1_000

/**
 * Sends the lines that have no result yet, and records the results of each group of lines in one statement with the position. A killed run
 * leaves at most one group unrecorded. The next run sends it again under the same keys, which makes nothing twice.
 * @throws ImportInProgressError, ImportLeaseLostError, ImportFileError
 */
export async function runImport(parts: RunParts, scanned: ScannedFile, id: string, options: RunOptions): Promise<void> {
  const lease = await leaseWithin(parts, id, options.signal)
  if (lease === null) return // finished meanwhile
  const stop = new AbortController()
  const renewing = setInterval(() => {
    lease.renew().catch((error: unknown) => {
      if (error instanceof ImportLeaseLostError) stop.abort(error) // while Postgres is away, the position is the fence
    })
  }, RENEW_EVERY_MS)
  let failure: string | null = null
  try {
    await sendAll(parts, { scanned, id, lease, lost: stop.signal }, options)
  } catch (error) {
    failure = errorCode(error)
    throw error
  } finally {
    clearInterval(renewing)
    await lease.release(failure).catch(() => undefined) // otherwise it ends by itself after 30 s
  }
}

/** Waits for the end of a dead process's lease. Null: the import is finished. @throws ImportInProgressError if its holder renews it */
async function leaseWithin({ pool, now }: RunParts, id: string, signal: AbortSignal): Promise<ImportLease | null> {
  const before = await requireImport(pool, id)
  const until = now() + LONGEST_LEASE_MS
  for (;;) {
    const lease = await takeImport(pool, id)
    if (lease) return lease
    const { state, position } = await requireImport(pool, id)
    if (state === 'finished') return null
    if (position !== before.position || now() > until) throw new ImportInProgressError(id)
    await sleep(ASK_EVERY_MS, undefined, { signal })
  }
}

interface Sending {
  scanned: ScannedFile
  id: string
  lease: ImportLease
  /** Aborted once the lease is lost. */
  lost: AbortSignal
}

async function sendAll(parts: RunParts, { scanned, id, lease, lost }: Sending, options: RunOptions): Promise<void> {
  const start = await requireImport(parts.pool, id)
  const progress = followProgress(start, options)
  const hash = createHash('sha256')
  let position = start.position
  for await (const group of lineGroups(scanned, { position, hash })) {
    if (options.signal.aborted) return
    if (position + group.length > scanned.records) throw changed()
    const signal = AbortSignal.any([lost, options.signal])
    const results = await settleAll(
      group.map((next) => sendLine(parts, next, { ...progress.context, importedSince: start.requestedAt, signal })),
    )
    const counts = countOf(results)
    const rejected = results.flatMap((result) => (result.kind === 'rejected' ? [result.rejected] : []))
    await lease.record({ from: position, count: group.length, counts, rejected })
    position += group.length
    progress.add(counts, position)
  }
  if (hash.digest('hex') !== scanned.sha256) throw changed()
  await lease.finish()
}

async function sendLine(parts: LineParts, { checked, firstLine }: NextLine, context: Omit<LineContext, 'firstLine'>): Promise<LineResult> {
  return checked.kind === 'rejected' ? checked : importLine(parts, checked.ready, { ...context, firstLine })
}

/** Waits for all, so that no line is in progress after the run has failed. */
async function settleAll(running: Promise<LineResult>[]): Promise<LineResult[]> {
  await Promise.allSettled(running)
  return Promise.all(running)
}

function countOf(results: readonly LineResult[]): ImportCounts {
  const of = (kind: LineResult['kind']): number => results.filter((result) => result.kind === kind).length
  return { created: of('created'), existing: of('existing'), held: of('held'), rejected: of('rejected') }
}

function changed(): ImportFileError {
  return new ImportFileError('the file was changed while it was imported. Import the new file')
}

async function requireImport(pool: Pool, id: string): Promise<ImportRecord> {
  const found = await findImport(pool, id)
  if (!found) throw new Error(`${id} was committed and cannot be read`)
  return found
}
