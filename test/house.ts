/**
 * `npm run house`: prints how long files and functions are and how full folders are, beside models of the field. It enforces nothing: an
 * outlier is a place to look at. A long file that is one thing says so in its head; one that is two things is split.
 */
import { globSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Files, median, 90th percentile and longest, in lines, as counted in the source of each (tests apart). */
const MODELS: readonly (readonly [string, number, number, number, number])[] = [
  ['rails/solid_queue', 69, 48, 122, 257],
  ['basecamp/fizzy', 387, 24, 79, 269],
]

const print = (line: string): void => console.log(line)
const at = (sorted: readonly number[], share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
const ascending = (a: number, b: number): number => a - b

interface Measured {
  readonly name: string
  readonly lines: number
}

function functionsIn(path: string, text: string): Measured[] {
  const lines = text.split('\n')
  return lines.flatMap((line, start): Measured[] => {
    const [, name] = /^(?:export )?(?:async )?function\*? (\w+)/.exec(line) ?? []
    if (name === undefined) return []
    const length = lines.slice(start).indexOf('}') + 1
    return [{ name: `${path}:${start + 1} ${name}`, lines: length }]
  })
}

const files = globSync('src/**/*.{ts,mjs}', { cwd: ROOT, exclude: ['src/generated/**'] }).map((path) => {
  const text = readFileSync(`${ROOT}${path}`, 'utf8')
  return { name: path, lines: text.split('\n').length - 1, functions: functionsIn(path, text) }
})
const functions = files.flatMap((file) => file.functions)
const folders = [...Map.groupBy(files, ({ name }) => dirname(name))].map(([name, members]) => ({ name, lines: members.length }))

function row(name: string, numbers: readonly number[]): void {
  print(name.padEnd(22) + numbers.map((number) => String(number).padStart(8)).join(''))
}

function distribution(measured: readonly Measured[]): number[] {
  const sorted = measured.map(({ lines }) => lines).sort(ascending)
  return [sorted.length, at(sorted, 0.5), at(sorted, 0.9), sorted.at(-1) ?? 0]
}

function outliers(title: string, measured: readonly Measured[], most: number): void {
  print(`\n${title}`)
  for (const { name, lines } of measured.toSorted((a, b) => b.lines - a.lines).slice(0, most))
    print(`${String(lines).padStart(6)}  ${name}`)
}

print('lines in a file           files  median     p90 longest')
row('Gatehouse', distribution(files))
for (const [name, ...numbers] of MODELS) row(name, numbers)
print('\nlines in a function       count  median     p90 longest')
row('Gatehouse', distribution(functions))
outliers('longest files', files, 15)
outliers('longest functions', functions, 15)
outliers('fullest folders (files)', folders, 12)
