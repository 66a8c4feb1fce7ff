import Table from 'cli-table3'
import { printableLine } from '../platform/printable.ts'

const NO_BORDERS = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' },
}
const GAP = NO_BORDERS.middle.length
/** A column is not cut below this: an id cut shorter could be another one. */
const LEAST_WIDTH = 9

/** Columns of the terminal that standard output is; null for a pipe or a file, which get everything. */
export function terminalWidth(): number | null {
  return process.stdout.isTTY ? process.stdout.columns : null
}

/**
 * Aligned columns without borders, so that a line can be copied, cut and grepped. On a terminal the widest columns are cut, with an ellipsis,
 * until a row fits its width; `--json` and a pipe have the whole.
 */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { width = terminalWidth() }: { width?: number | null } = {},
): string {
  const cells = rows.map((row) => row.map(printableLine))
  const widths = head.map((name, column) => Math.max(name.length, ...cells.map((row) => row[column]?.length ?? 0)))
  if (width !== null) narrow(widths, width)
  const table = new Table({ head: [...head], chars: NO_BORDERS, style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 } })
  for (const row of cells) table.push(row.map((cell, column) => cut(cell, widths[column] ?? cell.length)))
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}

/** Takes from the widest column, one character at a time, until all of them fit or none can give more. */
function narrow(widths: number[], room: number): void {
  let over = widths.reduce((sum, width) => sum + width, GAP * (widths.length - 1)) - room
  for (; over > 0; over -= 1) {
    const widest = widths.indexOf(Math.max(...widths))
    if ((widths[widest] ?? 0) <= LEAST_WIDTH) return
    widths[widest] = (widths[widest] ?? 0) - 1
  }
}

function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text
}
