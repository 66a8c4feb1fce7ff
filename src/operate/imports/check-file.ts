import type { RejectedLine } from '../../domain/bulk-import.ts'
import type { SourceFile } from '../../imports/read-source.ts'
import { SeenKeys } from '../../imports/seen-keys.ts'
import { checkLine } from './check-line.ts'
import { dataRecords, scanFile } from './scan-file.ts'

/** The result of `--dry-run`. */
export interface FileCheck {
  readonly records: number
  /** Lines that an import would send. */
  valid: number
  rejected: number
  /** Valid lines whose `ref_id` an earlier line of the file has. The import makes nothing twice. */
  repeated: number
}

/**
 * Checks all lines. Sends nothing, and asks neither the database nor Paxos. `check` is complete once all of `rejectedLines` was read.
 * @throws ImportFileError
 */
export async function checkFile(file: SourceFile): Promise<{ check: FileCheck; rejectedLines: AsyncGenerator<RejectedLine> }> {
  const { records } = await scanFile(file)
  const check: FileCheck = { records, valid: 0, rejected: 0, repeated: 0 }
  return { check, rejectedLines: rejectedIn(file, check) }
}

async function* rejectedIn(file: SourceFile, check: FileCheck): AsyncGenerator<RejectedLine> {
  const seen = new SeenKeys()
  for await (const { record, columns } of dataRecords(file)) {
    const checked = checkLine(record, columns)
    if (checked.kind === 'rejected') {
      check.rejected += 1
      yield checked.rejected
      continue
    }
    check.valid += 1
    if (seen.firstLineOf(checked.ready.refId, record.line) !== null) check.repeated += 1
  }
}
