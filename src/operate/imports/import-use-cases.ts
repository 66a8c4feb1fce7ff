import type { Pool } from 'pg'
import type { Actor } from '../../domain/actor.ts'
import type { ImportRecord, RejectedLine } from '../../domain/bulk-import.ts'
import { ImportFileError } from '../../imports/import-errors.ts'
import { findImport, listImports, listRejectedLines, requestImport } from '../../imports/import-store.ts'
import type { SourceFile } from '../../imports/read-source.ts'
import { IDENTITY_REQUEST_READS } from '../../ledger/read-identity-requests.ts'
import type { Page } from '../../platform/page.ts'
import type { Perform } from '../audited.ts'
import { requestIdOf } from '../onboarding/create-onboarding.ts'
import type { RunOptions } from './follow-progress.ts'
import type { LineParts } from './import-line.ts'

export type { SourceFile }

export interface ImportUseCases {
  /**
   * Imports a file, or continues its import. A finished one is returned unchanged. `resume`: the import that the file must belong to.
   * @throws ImportFileError, ImportInProgressError, ImportLeaseLostError
   */
  runImport(file: SourceFile, run: Omit<RunOptions, 'requestedBy'> & { resume?: string | undefined }, actor: Actor): Promise<ImportRecord>
  /** Last requested first. @throws UsageError for a foreign cursor */
  listImports(query: { cursor?: string | undefined; limit: number }): Promise<Page<ImportRecord>>
  /** Null: unknown id. */
  getImport(id: string): Promise<ImportRecord | null>
  /** Lines that were not imported, after `afterLine`, in the order of the file. */
  listRejectedLines(id: string, query: { afterLine: number; limit: number }): Promise<RejectedLine[]>
}

interface Parts extends Pick<LineParts, 'createOnboarding' | 'now'> {
  pool: Pool
  perform: Perform
  encryptionKey: Buffer
}

/** Bulk imports of persons and institutions. */
export function importUseCases({ pool, perform, encryptionKey, createOnboarding, now }: Parts): ImportUseCases {
  const wasRequestedSince: LineParts['wasRequestedSince'] = async (idempotencyKey, since) => {
    const known = await IDENTITY_REQUEST_READS.find(pool, requestIdOf(encryptionKey, idempotencyKey))
    return known !== null && known.createdAt >= since
  }
  const parts = { pool, createOnboarding, wasRequestedSince, now }
  return {
    listImports: (query) => listImports(pool, query),
    getImport: (id) => findImport(pool, id),
    listRejectedLines: (id, query) => listRejectedLines(pool, id, query),
    runImport: async (file, { resume, ...run }, actor) => {
      // Loaded here, so that no other command reads CSV.
      const [{ scanFile }, { runImport }] = await Promise.all([import('./scan-file.ts'), import('./run-import.ts')])
      const scanned = await scanFile(file)
      const { sha256, records } = scanned
      const id = `import-${sha256.slice(0, 32)}`
      if (resume !== undefined && resume !== id)
        throw new ImportFileError(`the file is not the one of ${resume}: it was changed, or is a different file`)
      const known = await findImport(pool, id)
      if (resume !== undefined && known === null)
        throw new ImportFileError(`${resume} was never started here. Leave out --resume to start it`)
      if (known?.state === 'finished') return known
      const rule = {
        action: 'import.run',
        target: id,
        reason: null,
        data: { sha256, records, from: known?.position ?? 0 },
        entry: 'before',
      } as const
      return perform(actor, { ...rule, result: (done: ImportRecord) => ({ data: countsOf(done) }) }, async () => {
        const request = { id, fileSha256: sha256, format: file.format, records, requestedBy: actor.name, requestedAt: new Date(now()) }
        await requestImport(pool, request)
        await runImport(parts, scanned, id, { ...run, requestedBy: actor.name }).catch((error: unknown) => {
          if (!(run.signal.aborted && error instanceof Error && error.name === 'AbortError')) throw error // a stop is no failure
        })
        return (await findImport(pool, id)) ?? unreadable(id)
      })
    },
  }
}

function countsOf({ position, created, existing, held, rejected }: ImportRecord): Record<string, number> {
  return { position, created, existing, held, rejected }
}

function unreadable(id: string): never {
  throw new Error(`${id} was committed and cannot be read`)
}
