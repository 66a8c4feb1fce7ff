import { AppError } from '../platform/app-error.ts'

/** The file as a whole cannot be imported. The message names the line, and no content of the file. Nothing of the file is sent. */
export class ImportFileError extends AppError {
  readonly code = 'IMPORT_FILE_INVALID'
  readonly retry = 'never'
}

/** Another process runs the import of this file. */
export class ImportInProgressError extends AppError {
  readonly code = 'IMPORT_IN_PROGRESS'
  readonly retry = 'snooze'
  constructor(id: string) {
    super(`Another process runs ${id}. Wait until it ends, or stop it and run this command again after 30 s.`)
  }
}

/** This process did not renew its lease in time, so another one may run the import. The lines that this one sent stay sent. */
export class ImportLeaseLostError extends AppError {
  readonly code = 'IMPORT_LEASE_LOST'
  readonly retry = 'snooze'
  constructor(id: string) {
    super(`The lease on ${id} was lost, so another process may run it. Run the same command again: it continues, and sends no line twice.`)
  }
}
