import Table from 'cli-table3'
import { printableLine } from '../platform/printable.ts'

const NO_BORDERS = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' },
}
const GAP = NO_BORDERS.middle.length
/** Narrowest width of a cut column, because a shorter id could be mistaken for another one. */
const LEAST_WIDTH = 9

/** The terminal's width in columns; null if standard output is a pipe or a file, which get full rows. */
export function terminalWidth(): number | null {
  return process.stdout.isTTY ? process.stdout.columns : null
}

/**
 * Aligned columns without borders, so that a line can be copied, cut and grepped. On a terminal the widest columns are cut, with an ellipsis,
 * until a row fits. `--json` and a pipe get full values.
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

/** Narrows the widest column by one character at a time, until the row fits or every column has its narrowest width. */
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
