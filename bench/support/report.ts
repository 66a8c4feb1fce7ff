import { writeFileSync } from 'node:fs'
import Table from 'cli-table3'
import type { Spread } from './statistics.ts'

/** A ratio, pair by pair. `asked` is its minimum. */
export interface Comparison extends Spread {
  name: string
  asked: number | null
}

/** The results of one bench. */
export interface Report {
  title: string
  settings: Record<string, string | number>
  comparisons: Comparison[]
  /** Absolute figures of each side, for orientation: they depend on the machine as much as on the code. */
  sides: { name: string; figures: Record<string, number> }[]
}

/** Prints the report for readers and writes it as JSON to `--out`. */
export function printReport(report: Report, { out }: { out?: string | undefined }): void {
  if (out !== undefined) writeFileSync(out, `${JSON.stringify(report, null, 2)}\n`)
  console.log(renderReports([report]))
}

/** All ratios in one table, then the absolute figures and the settings of each bench. */
export function renderReports(reports: readonly Report[]): string {
  const table = new Table({ head: ['ratio', 'median', 'from', 'to', 'runs', 'asked'], style: { head: [], border: [] } })
  for (const { name, median, min, max, runs, asked } of reports.flatMap(({ comparisons }) => comparisons)) {
    const verdict = asked === null ? '' : `${asked} ${median >= asked ? 'met' : 'MISSED'}`
    table.push([name, median.toFixed(3), min.toFixed(3), max.toFixed(3), runs, verdict])
  }
  const details = reports.map(({ title, settings, sides }) =>
    [`${title} (${list(settings)})`, ...sides.map(({ name, figures }) => `  ${name}: ${list(figures)}`)].join('\n'),
  )
  return [table.length > 0 ? table.toString() : '', ...details].join('\n\n')
}

function list(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value : shortly(value)}`)
    .join(', ')
}

function shortly(value: number): string {
  if (!Number.isFinite(value)) return 'unknown' // also null, which JSON makes of it
  return Number.isInteger(value) || Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2)
}
