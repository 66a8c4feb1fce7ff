import type { Hash } from 'node:crypto'
import { SeenKeys } from '../../imports/seen-keys.ts'
import { type CheckedLine, checkLine } from './check-line.ts'
import { dataRecords, type ScannedFile } from './scan-file.ts'

/** Lines in progress at once. At Paxos's limit of 10 identities/s, a live request waits behind them for at most 2 s. */
const AT_ONCE = 16

/** A line of the file, checked; `firstLine` had the same `ref_id`. */
export interface NextLine {
  readonly checked: CheckedLine
  readonly firstLine: number | null
}

/**
 * The lines after `position`, in groups. A `ref_id` is in a group once, so that of two lines with the same one the first is done first. The lines
 * before `position` are read too, because a later line may repeat them.
 */
export async function* lineGroups(
  { file }: ScannedFile,
  { position, hash }: { position: number; hash: Hash },
): AsyncGenerator<readonly NextLine[]> {
  const seen = new SeenKeys()
  let group: NextLine[] = []
  let read = 0
  for await (const { record, columns } of dataRecords(file, hash)) {
    const checked = checkLine(record, columns)
    const firstLine = checked.kind === 'ready' ? seen.firstLineOf(checked.ready.refId, record.line) : null
    read += 1
    if (read <= position) continue
    if (firstLine !== null && group.length > 0) {
      yield group
      group = []
    }
    group.push({ checked, firstLine })
    if (group.length < AT_ONCE) continue
    yield group
    group = []
  }
  if (group.length > 0) yield group
}
