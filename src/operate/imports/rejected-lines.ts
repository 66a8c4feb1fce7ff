import type { RejectedLine } from '../../domain/bulk-import.ts'
import { headLine, rowLine } from '../export/export-format.ts'

const COLUMNS = ['line', 'field', 'message', 'code'] as const
const PAGE = 1_000

/** All rejected lines of an import, read in pages. */
export async function* rejectedLines(
  read: (query: { afterLine: number; limit: number }) => Promise<readonly RejectedLine[]>,
): AsyncGenerator<RejectedLine> {
  for (let afterLine = 0; ; ) {
    const lines = await read({ afterLine, limit: PAGE })
    const last = lines.at(-1)
    if (last === undefined) return
    yield* lines
    afterLine = last.line
  }
}

/** The head line of a report of rejected lines. */
export const REPORT_HEAD = headLine('csv', COLUMNS)

/** A rejected line in a report, as CSV: one row for each wrong field, and never a value of the line. */
export function reportRows({ line, code, fields }: RejectedLine): string {
  return fields.map(({ field, message }) => rowLine('csv', COLUMNS, { line, field, message, code })).join('')
}
