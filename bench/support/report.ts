import { writeFileSync } from 'node:fs'
import Table from 'cli-table3'
import type { Spread } from './statistics.ts'

/** A ratio, pair by pair. `asked`: what it should at least be. */
export interface Comparison extends Spread {
  name: string
  asked: number | null
}

/** What one bench found. */
export interface Report {
  title: string
  settings: Record<string, string | number>
  comparisons: Comparison[]
  /** Absolute figures of each side, for orientation: they are the machine's as much as ours. */
  sides: { name: string; figures: Record<string, number> }[]
}

/** Prints the report for a reader and writes it as JSON where `--out` says. */
export function printReport(report: Report, { out }: { out?: string | undefined }): void {
  if (out !== undefined) writeFileSync(out, `${JSON.stringify(report, null, 2)}\n`)
  console.log(
    `\n${report.title}: ${Object.entries(report.settings)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')}`,
  )
  if (report.comparisons.length > 0) console.log(comparisonTable(report.comparisons))
  for (const { name, figures } of report.sides)
    console.log(
      `${name}: ${Object.entries(figures)
        .map(([figure, value]) => `${figure} ${shortly(value)}`)
        .join(', ')}`,
    )
}

function comparisonTable(comparisons: readonly Comparison[]): string {
  const table = new Table({ head: ['ratio', 'median', 'from', 'to', 'runs', 'asked'], style: { head: [], border: [] } })
  for (const { name, median, min, max, runs, asked } of comparisons) {
    const verdict = asked === null ? '' : `${asked} ${median >= asked ? 'met' : 'MISSED'}`
    table.push([name, median.toFixed(3), min.toFixed(3), max.toFixed(3), runs, verdict])
  }
  return table.toString()
}

function shortly(value: number): string {
  if (Number.isNaN(value)) return 'unknown'
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2)
}
