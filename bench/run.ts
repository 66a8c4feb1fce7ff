/**
 * Runs all benches, one after the other, and prints one table of all their ratios.
 *
 *   npm run bench                             everything; about 45 min
 *   npm run bench -- --quick                  for CI, about 1 min: fails if a ratio is more than a third below bench/reference.json
 *   npm run bench -- --write-reference        the quick run three times; its median ratios become the reference
 *   npm run bench -- --out <folder>           the folder of the results; default: bench/results
 *
 * It compares ratios, never absolute times: a slower machine is slower on both sides. On a noisy machine a pair can be bad
 * by chance, so a ratio that seems lost is measured again, and the better result counts.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Comparison, type Report, renderReports } from './support/report.ts'
import { describeGround, openServices, type Services } from './support/services.ts'
import { medianOf } from './support/statistics.ts'

/** A script of this folder, with its arguments. */
type Step = readonly [script: string, ...args: string[]]

/** The default number of events in progress per worker. */
const BY_DEFAULT = ['--concurrency', '50'] as const
const ONE_AND_TWO = 'gatehouse-redis,gatehouse-two-workers'
const FULL: readonly Step[] = [
  ['durable-ack'],
  ['durable-ack', '--client', 'fetch'],
  ['ceilings', '--rounds', '5'],
  ['onboardings'],
  // For the acknowledgements' p99 beside a saturated worker.
  ['onboardings', '--events', '20000', '--pairs', '5', '--sides', 'gatehouse-redis'],
  ['onboardings', ...BY_DEFAULT, '--sides', 'gatehouse-redis,textbook-redis'],
  ['onboardings', ...BY_DEFAULT, '--latency-ms', '20', '--sides', 'gatehouse-redis,calls-only'],
  // At 20 ms two workers on two cores have more CPU time to share than latency to hide.
  ['onboardings', ...BY_DEFAULT, '--latency-ms', '60', '--events', '3000', '--pairs', '5', '--sides', ONE_AND_TWO],
  ['drain'],
  ['orders'],
  ['memory', '--minutes', '10'],
]
const QUICK_SIDES = 'gatehouse-redis,textbook-redis,calls-only,gatehouse-postgres,textbook-postgres'
/** Without memory: after 3 s of load its result depends on the machine's speed and not on the process. */
const QUICK: readonly Step[] = [
  ['durable-ack', '--pairs', '3', '--seconds', '1'],
  ['onboardings', '--events', '1500', '--warm-up', '500', '--pairs', '2', '--sides', QUICK_SIDES],
  ['drain', '--events', '2000'],
]
const REFERENCE = join(import.meta.dirname, 'reference.json')
/** A ratio below this share of its reference is lost. */
const KEPT = 2 / 3
const REFERENCE_RUNS = 3

interface Reference {
  /** The machine and the versions of the measurement. */
  ground: Record<string, string | number>
  ratios: Record<string, number>
}

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    'write-reference': { type: 'boolean', default: false },
    out: { type: 'string', default: join(import.meta.dirname, 'results') },
  },
})

const services = await openServices()
const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'))
try {
  if (options['write-reference']) await writeReference()
  else if (options.quick) await checkAgainstReference()
  else keep(await runAll(FULL))
} finally {
  rmSync(scratch, { recursive: true })
  await services.close()
}

async function writeReference(): Promise<void> {
  const measured: Comparison[] = []
  for (let run = 0; run < REFERENCE_RUNS; run += 1) {
    const reports = await runAll(QUICK)
    console.log(renderReports(reports))
    measured.push(...reports.flatMap(({ comparisons }) => comparisons))
  }
  const byName = Map.groupBy(measured, ({ name }) => name)
  const ratios = [...byName].map(([name, runs]) => [name, Number(medianOf(runs.map(({ median }) => median)).toFixed(3))])
  const reference: Reference = { ground: await describeGround(services.postgresUrl), ratios: Object.fromEntries(ratios) }
  writeFileSync(REFERENCE, `${JSON.stringify(reference, null, 2)}\n`)
}

async function checkAgainstReference(): Promise<void> {
  const { ratios } = JSON.parse(readFileSync(REFERENCE, 'utf8')) as Reference
  const lostIn = ({ comparisons }: Report): string[] =>
    comparisons.filter(({ name, median }) => median < (ratios[name] ?? 0) * KEPT).map(({ name }) => name)
  const reports: Report[] = []
  const lost: string[] = []
  for (const step of QUICK) {
    const report = await runStep(step)
    const suspected = lostIn(report)
    reports.push(report)
    if (suspected.length === 0) continue
    console.error(`seems lost, once more: ${suspected.join('; ')}`)
    const again = await runStep(step)
    reports.push({ ...again, title: `${again.title}, again` })
    lost.push(...lostIn(again).filter((name) => suspected.includes(name)))
  }
  keep(reports)
  for (const name of lost) console.log(`LOST: ${name}, more than a third below its reference of ${ratios[name]}`)
  if (lost.length > 0) process.exitCode = 1
}

function keep(reports: readonly Report[]): void {
  const text = renderReports(reports)
  console.log(text)
  mkdirSync(options.out, { recursive: true })
  const name = join(options.out, new Date().toISOString().replaceAll(':', '-').slice(0, 19))
  writeFileSync(`${name}.txt`, `${text}\n`)
  writeFileSync(`${name}.json`, `${JSON.stringify(reports, null, 2)}\n`)
  console.log(`\nwritten to ${name}.txt and .json`)
}

async function runAll(steps: readonly Step[]): Promise<Report[]> {
  const reports: Report[] = []
  for (const step of steps) reports.push(await runStep(step))
  return reports
}

/** Uses the servers that this process has open, so they start once. */
async function runStep([script, ...args]: Step): Promise<Report> {
  console.error(`\n== ${[script, ...args].join(' ')}`)
  const out = join(scratch, 'report.json')
  const child = spawn(process.execPath, [join(import.meta.dirname, `${script}.ts`), ...args, '--out', out], {
    env: { ...process.env, ...environmentOf(services) },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`bench/${script}.ts failed (${code})`)
  return JSON.parse(readFileSync(out, 'utf8')) as Report
}

function environmentOf({ postgresUrl, redisUrl }: Services): Record<string, string> {
  return { DATABASE_URL: postgresUrl, REDIS_URL: redisUrl }
}
