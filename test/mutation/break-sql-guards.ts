import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { SqlGuard } from './sql-guards.ts'

/** The part of vitest's JSON report that is read here. */
interface Report {
  numPassedTests: number
  numFailedTests: number
  testResults: { assertionResults: (Failure & { status: string })[] }[]
}

export interface BrokenGuard {
  guard: SqlGuard
  /** The first test that failed, or null. */
  noticedBy: string | null
}

/** Of this process, so that two parts can run in parallel. */
const COPY = resolve(`.stryker-tmp/sql-${process.pid}`)

/**
 * Breaks each of these SQL guards in a copy of the project and runs its tests there.
 * @throws when a fragment is not where the list says, when the tests fail without a change, or when a mutant is not valid SQL
 */
export async function breakSqlGuards(guards: readonly SqlGuard[]): Promise<BrokenGuard[]> {
  await rm(COPY, { recursive: true, force: true })
  await mkdir(COPY, { recursive: true })
  for (const name of ['src', 'test', 'prisma', 'package.json']) await cp(name, `${COPY}/${name}`, { recursive: true })
  await symlink(resolve('node_modules'), `${COPY}/node_modules`)
  for (const guard of guards) breakGuard(await readFile(`${COPY}/${guard.file}`, 'utf8'), guard)
  const whole = new Set<string>()
  const results: BrokenGuard[] = []
  for (const guard of guards) {
    const source = await readFile(`${COPY}/${guard.file}`, 'utf8')
    if (!whole.has(guard.tests)) {
      const fault = await failureOf(guard.tests)
      if (fault) throw new Error(`fails on what is whole: ${fault.fullName}\n${fault.failureMessages.join('\n')}`)
      whole.add(guard.tests)
    }
    await writeFile(`${COPY}/${guard.file}`, breakGuard(source, guard))
    const failure = await failureOf(guard.tests)
    await writeFile(`${COPY}/${guard.file}`, source)
    if (failure?.failureMessages.some((message) => /syntax error/.test(message)))
      throw new Error(`no SQL: ${guard.broken} in ${guard.file}`)
    console.log(
      `${failure ? 'noticed ' : 'SURVIVED'} ${guard.file}: ${guard.fragment} => ${guard.broken}${failure ? ` (${failure.fullName})` : ''}`,
    )
    results.push({ guard, noticedBy: failure?.fullName ?? null })
  }
  await rm(COPY, { recursive: true, force: true })
  return results
}

function breakGuard(source: string, { file, fragment, broken }: SqlGuard): string {
  const found = source.split(fragment).length - 1
  if (found !== 1) throw new Error(`${file} has this ${found} times, not once: ${fragment}`)
  return source.replace(fragment, () => broken)
}

interface Failure {
  fullName: string
  title: string
  failureMessages: string[]
}

/** How often all tests run until a failing one also fails alone: a busy machine must neither count as a test that noticed nor hide one. */
const ROUNDS = 3

/** The first test that fails, and fails again alone. */
async function failureOf(tests: string): Promise<Failure | null> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const first = await runTests(tests)
    if (!first) return null
    const again = await runTests(tests, first.title)
    if (again) return again
  }
  return null
}

async function runTests(tests: string, only?: string): Promise<Failure | null> {
  const output = `${COPY}/report.json`
  await rm(output, { force: true })
  const args = ['run', '--config', 'test/mutation/vitest.config.ts', '--bail', '1', '--reporter', 'json', '--outputFile', output]
  if (only !== undefined) args.push('--testNamePattern', only.replaceAll(/[^\w ]/g, '.'))
  const child = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', ...args], {
    cwd: COPY,
    env: { ...process.env, MUTATION_TESTS: tests },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (chunk) => {
    stderr = `${stderr}${chunk}`.slice(-4_000)
  })
  await once(child, 'close')
  const report = await readFile(output, 'utf8').catch(() => {
    throw new Error(`the tests did not run:\n${stderr}`)
  })
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(report) as Report
  if (numPassedTests + numFailedTests === 0) throw new Error(`no test ran:\n${stderr}`)
  return testResults.flatMap(({ assertionResults }) => assertionResults).find(({ status }) => status === 'failed') ?? null
}
