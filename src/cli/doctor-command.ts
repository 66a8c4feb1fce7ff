import Table from 'cli-table3'
import type { Command } from 'commander'
import { type Finding, fault, findingOf, type Seen } from '../operate/health/finding.ts'
import { UsageError } from '../platform/app-error.ts'
import { printableLine } from '../platform/printable.ts'
import { type OpenUseCases, systemUser } from './command-input.ts'
import { print } from './print.ts'
import { readInput } from './read-input.ts'
import { searchLeaks } from './search-leaks.ts'

const OLDEST_NODE = 24

const VALUES_REMEDY = '--values - reads the values from standard input, one to a line: pipe them in'

interface Flags {
  json?: boolean
  notice?: boolean
  leaks?: string[]
  values?: string
}

function failOn(finds: number): void {
  if (finds > 0) process.exitCode = 1
}

/** The warnings about a usable configuration. */
interface Checked {
  warnings: readonly string[]
  weakSecrets: readonly string[]
}

/** `doctor`: checks everything that Gatehouse depends on and says how to fix faults. Exit 1 if there is a fault. */
export function registerDoctorCommand(program: Command, { config, open }: { config: () => Checked; open: OpenUseCases }): void {
  program
    .command('doctor')
    .description('check configuration, database, roles, queue, clock, Redis, Paxos and the application, and say how to fix each fault')
    .option('--notice', 'also send one signed test notification to the application')
    .option('--leaks <file...>', 'instead: search these files for personal data, by its shape; exit 1 if there is any')
    .option('--values <file>', 'with --leaks: search for these values, one to a line; - reads standard input')
    .option('--json', 'print JSON')
    .action(async ({ json, notice, leaks, values }: Flags) => {
      if (leaks)
        return failOn(await searchLeaks(leaks, { print, values: values === undefined ? '' : await readInput(values, VALUES_REMEDY) }))
      if (values !== undefined) throw new UsageError('--values needs --leaks: the files to search')
      const findings = await examine({ config, open, notice })
      print(json ? JSON.stringify(findings, null, 2) : render(findings))
      if (findings.some(({ result }) => result === 'fault')) process.exitCode = 1
    })
}

/** All checks. A failed check does not hide the others that can still run. */
export async function examine({
  config,
  open,
  notice = false,
}: {
  config: () => Checked
  open: OpenUseCases
  /** Also send a test notification. */
  notice?: boolean | undefined
}): Promise<Finding[]> {
  const findings = [nodeVersion()]
  const configuration = await findingOf('configuration', () => {
    const { warnings, weakSecrets } = config()
    const said = [...warnings, ...weakSecrets]
    if (said.length === 0) return { result: 'ok', saw: 'every variable is usable' }
    return { result: 'warning', saw: said.join('; '), remedy: 'see docs/configuration.md; with the real Paxos a weak secret is refused' }
  })
  findings.push(configuration)
  if (configuration.result === 'fault') return findings
  let opened: Awaited<ReturnType<OpenUseCases>>
  try {
    opened = await open()
  } catch (error) {
    return [...findings, fault('database', error)]
  }
  try {
    findings.push(...(await opened.useCases.diagnose()))
    if (notice) findings.push(await findingOf('notice', () => tryNotice(opened)))
    return findings
  } finally {
    await opened.close()
  }
}

async function tryNotice({ useCases }: Awaited<ReturnType<OpenUseCases>>): Promise<Seen> {
  const { url, status, tookMs } = await useCases.testNotice({ kind: 'operator', name: systemUser() })
  return { result: 'ok', saw: `${url} accepted a test notification (${status}) in ${tookMs} ms` }
}

function nodeVersion(): Finding {
  const major = Number(process.versions.node.split('.')[0])
  return major >= OLDEST_NODE
    ? { check: 'node', result: 'ok', saw: process.versions.node }
    : { check: 'node', result: 'fault', saw: process.versions.node, remedy: `run Node ${OLDEST_NODE} or newer; ./gatehouse brings its own` }
}

function render(findings: readonly Finding[]): string {
  const table = new Table({
    head: ['check', 'result', 'saw', 'remedy'],
    style: { head: [], border: [] },
    colWidths: [15, 9, 48, 48],
    wordWrap: true,
  })
  for (const { check, result, saw, remedy } of findings) table.push([check, result, saw, remedy ?? ''].map(printableLine))
  return table.toString()
}
