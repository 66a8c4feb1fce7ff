import type { ImportCounts, ImportRecord } from '../../domain/bulk-import.ts'
import type { LineContext } from './import-line.ts'

export interface ImportProgress extends ImportCounts {
  readonly position: number
  readonly records: number
  /** Why lines wait; null: none waits. */
  readonly waitsFor: string | null
}

export interface RunOptions {
  requestedBy: string
  /** Stops the run after the lines in progress. */
  signal: AbortSignal
  onProgress: (progress: ImportProgress) => void
}

/** Tells the caller of each group, and of each change of what the lines wait for. */
export function followProgress(
  start: ImportRecord,
  { requestedBy, onProgress }: RunOptions,
): { context: Pick<LineContext, 'requestedBy' | 'onWait'>; add: (counts: ImportCounts, to: number) => void } {
  let { created, existing, held, rejected, position } = start
  let waitsFor: string | null = null
  const tell = (): void => onProgress({ position, records: start.records, created, existing, held, rejected, waitsFor })
  tell()
  return {
    context: {
      requestedBy,
      onWait: (reason: string | null): void => {
        if (reason === waitsFor) return
        waitsFor = reason
        tell()
      },
    },
    add: (counts: ImportCounts, to: number): void => {
      created += counts.created
      existing += counts.existing
      held += counts.held
      rejected += counts.rejected
      position = to
      tell()
    },
  }
}
