export const EXPORT_FORMATS = ['csv', 'jsonl'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

export const CONTENT_TYPES: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  jsonl: 'application/x-ndjson; charset=utf-8',
}

/** One line for the names of the columns; a JSON line names its fields itself. */
export function headLine(format: ExportFormat, columns: readonly string[]): string {
  return format === 'csv' ? csvLine(columns) : ''
}

export function rowLine(format: ExportFormat, columns: readonly string[], row: Readonly<Record<string, unknown>>): string {
  const values = columns.map((column) => textOf(row[column]))
  if (format === 'csv') return csvLine(values.map((value) => value ?? ''))
  return `${JSON.stringify(Object.fromEntries(columns.map((column, index) => [column, rawOf(row[column], values[index] ?? null)])))}\n`
}

/** Numbers and truth values stay what they are in JSON; times and amounts are texts. */
function rawOf(value: unknown, text: string | null): unknown {
  return typeof value === 'number' || typeof value === 'boolean' ? value : text
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null
  return value instanceof Date ? value.toISOString() : String(value)
}

/**
 * A line of RFC 4180. A cell that a spreadsheet would run as a formula (=, +, -, @, tab, line end at its start) begins with an apostrophe, except a plain
 * number: an id or a code comes from outside and may hold anything.
 */
function csvLine(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`
}

const PLAIN_NUMBER = /^-?\d+(\.\d+)?$/

function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r\n]/.test(text) && !PLAIN_NUMBER.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
