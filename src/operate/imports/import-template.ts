import { PERSON_COLUMN_NAMES } from './import-columns.ts'

/** A file to start from: for CSV the head line with every column of a person, then one invented person. */
export function importTemplate(format: 'csv' | 'jsonl', person: Readonly<Record<string, unknown>>): string {
  if (format === 'jsonl') return `${JSON.stringify(person)}\n`
  const leaves = Object.fromEntries(leavesOf(person, []))
  const columns = [...new Set([...PERSON_COLUMN_NAMES, ...Object.keys(leaves)])]
  return `${csvLine(columns)}${csvLine(columns.map((column) => String(leaves[column] ?? '')))}`
}

/** Unlike a line of an export, it has no apostrophe before `+` or `-`: the import would send it to Paxos. */
function csvLine(cells: readonly string[]): string {
  return `${cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\n`
}

function leavesOf(value: unknown, path: readonly string[]): [string, unknown][] {
  if (typeof value !== 'object' || value === null) return [[path.join('.'), value]]
  return Object.entries(value).flatMap(([name, each]) => leavesOf(each, [...path, name]))
}
