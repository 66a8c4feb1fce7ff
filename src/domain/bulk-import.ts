/**
 * Where an import stands.
 *
 * - `running`: a process sends its lines and renews the lease. In: `gatehouse import`. Out: the process, when the last line has a result or when
 *   it stops; the end of the lease, when the process is dead.
 * - `stopped`: no process runs it, and lines are left. In: a stop, an outage, a dead process. Out: `gatehouse import` with the same file.
 * - `finished`: each line has a result. In: the process that recorded the last line. Out: never.
 */
export const IMPORT_STATES = ['running', 'stopped', 'finished'] as const
export type ImportState = (typeof IMPORT_STATES)[number]

/** The formats of a file. */
export const SOURCE_FORMATS = ['csv', 'jsonl'] as const
export type SourceFormat = (typeof SOURCE_FORMATS)[number]

/** The ids of imports. */
export const IMPORT_ID = /^import-[0-9a-f]{32}$/

/** Lines by result. */
export interface ImportCounts {
  /** Paxos has the identity, and this import requested it. */
  readonly created: number
  /** The same request was known before, so nothing was sent. */
  readonly existing: number
  /** Paxos knows the person already, and an operator has to decide. */
  readonly held: number
  readonly rejected: number
}

/** An import of one file. It holds counts and a hash, and nothing of a person. */
export interface ImportRecord extends ImportCounts {
  /** It follows from the file's hash: the same file is the same import. */
  readonly id: string
  readonly state: ImportState
  /** SHA-256 of the file, hexadecimal. */
  readonly fileSha256: string
  readonly format: SourceFormat
  /** Records in the file: lines of JSONL, rows of CSV without the head line. */
  readonly records: number
  /** Records with a result. The next run continues after them. */
  readonly position: number
  readonly requestedBy: string
  readonly requestedAt: Date
  readonly finishedAt: Date | null
  /** Code of the error that stopped the last run; null: none did. */
  readonly lastError: string | null
}

/** One wrong field of a line. Never a value. */
export interface RejectedField {
  readonly field: string
  readonly message: string
}

/** A line that was not imported. */
export interface RejectedLine {
  /** Number of the line in the file, from 1. */
  readonly line: number
  readonly code: string
  readonly fields: readonly RejectedField[]
}
