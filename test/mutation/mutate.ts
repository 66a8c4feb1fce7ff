import { globSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { Stryker } from '@stryker-mutator/core'
import { startTestServices, type TestServices } from '../support/test-services.ts'
import { ACCEPTED_SURVIVORS, type Survivor } from './accepted-survivors.ts'
import { breakSqlGuards } from './break-sql-guards.ts'
import { MUTATION_GROUPS, type MutationGroup } from './groups.ts'
import { SQL_GUARDS } from './sql-guards.ts'

/**
 * `npm run mutation [group …]`: breaks the guards, one expression or one SQL fragment at a time. Fails when a mutant survives that is not
 * in the list of accepted survivors, or when the tests notice one of the list. `<group>:<text>` breaks only the files of the group whose
 * path has the text; of the group `sql` also the fragments that have it. docs/mutation.md says more.
 */
const RESULTS = 'coverage/mutation'

interface GroupResult {
  killed: number
  accepted: number
  survivors: Survivor[]
  /** In the list, and killed. */
  stale: Survivor[]
}

/** `parts`: parts of file paths. Empty: the whole group. */
async function mutate(group: string, { mutate, tests, inMemory = false }: MutationGroup, parts: readonly string[]): Promise<GroupResult> {
  const broken = globSync(mutate).filter((file) => parts.length === 0 || parts.some((part) => file.includes(part)))
  if (broken.length === 0) throw new Error(`the group ${group} breaks no file with this in its path: ${parts.join(', ')}`)
  const name = [group, ...parts].join('-').replaceAll(/[^\w-]/g, '_')
  process.env.MUTATION_TESTS = tests.join(' ') // for vitest.config.ts, in Stryker's runner process
  const options: ConstructorParameters<typeof Stryker>[0] = {
    mutate: broken,
    ignorePatterns: ['.gatehouse', 'coverage'], // the test services change their files while Stryker copies the project
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner', './test/mutation/ignore-texts.mjs'],
    ignorers: ['texts'],
    coverageAnalysis: 'perTest',
    concurrency: 1, // a mutant that is slow because of its neighbours would count as timed out, which counts as noticed
    timeoutMS: inMemory ? 10_000 : 40_000, // beyond the timeouts of the tests themselves
    incremental: true,
    incrementalFile: `${RESULTS}/${name}.json`,
    reporters: ['html', 'progress-append-only'],
    htmlReporter: { fileName: `${RESULTS}/${name}.html` },
    tsconfigFile: 'none', // Stryker would rewrite its paths with an API that TypeScript 7 does not have; vitest reads none
  }
  await forgetStaticSurvivors(`${RESULTS}/${name}.json`)
  // The package's types lack the runner's option.
  const results = await new Stryker({
    ...options,
    vitest: { configFile: 'test/mutation/vitest.config.ts', related: false },
  }).runMutationTest()
  const sources = new Map<string, string[]>()
  const alive: Survivor[] = []
  for (const { fileName, location, replacement, status } of results) {
    if (status !== 'Survived' && status !== 'NoCoverage') continue
    const file = fileName.slice(fileName.indexOf('src/'))
    const lines = sources.get(file) ?? (await readFile(file, 'utf8')).split('\n')
    sources.set(file, lines)
    const line = lines[location.start.line - 1] ?? ''
    const sameLine = location.end.line === location.start.line
    const original = line.slice(location.start.column - 1, sameLine ? location.end.column - 1 : undefined)
    alive.push({ file, line: line.trim(), mutant: `${original}${sameLine ? '' : ' …'} => ${replacement.replaceAll(/\s+/g, ' ')}` })
  }
  const files = new Set(results.map(({ fileName }) => fileName.slice(fileName.indexOf('src/'))))
  return compare(
    alive,
    results.filter(({ status }) => status === 'Killed' || status === 'Timeout').length,
    ACCEPTED_SURVIVORS.filter(({ line, file }) => line !== null && files.has(file)),
  )
}

/** Code that runs when a module is loaded is covered by no single test, so that no new test makes Stryker try it again. */
async function forgetStaticSurvivors(incrementalFile: string): Promise<void> {
  const results = await readFile(incrementalFile, 'utf8').catch(() => null)
  if (results === null) return // the first run
  const report = JSON.parse(results) as { files: Record<string, { mutants: { static?: boolean; status: string }[] }> }
  for (const file of Object.values(report.files))
    file.mutants = file.mutants.filter((mutant) => !mutant.static || mutant.status !== 'Survived')
  await writeFile(incrementalFile, JSON.stringify(report))
}

/** `parts`: parts of file paths or of fragments. Empty: all guards. */
async function mutateSql(parts: readonly string[]): Promise<GroupResult> {
  const guards = SQL_GUARDS.filter(
    ({ file, fragment }) => parts.length === 0 || parts.some((part) => file.includes(part) || fragment.includes(part)),
  )
  if (guards.length === 0) throw new Error(`no SQL guard has this in the path of its file or its fragment: ${parts.join(', ')}`)
  const meant = new Set(guards.map(({ file, fragment, broken }) => `${file}: ${fragment} => ${broken}`))
  const results = await breakSqlGuards(guards)
  const alive = results
    .filter(({ noticedBy }) => noticedBy === null)
    .map(({ guard: { file, fragment, broken } }) => ({ file, line: null, mutant: `${fragment} => ${broken}` }))
  return compare(
    alive,
    results.length - alive.length,
    ACCEPTED_SURVIVORS.filter(
      (survivor) => survivor.line === null && (parts.length === 0 || meant.has(`${survivor.file}: ${survivor.mutant}`)),
    ),
  )
}

function compare(alive: Survivor[], killed: number, accepted: readonly Survivor[]): GroupResult {
  return {
    killed,
    accepted: alive.filter((survivor) => accepted.some(same(survivor))).length,
    survivors: alive.filter((survivor) => !accepted.some(same(survivor))),
    stale: accepted.filter((survivor) => !alive.some(same(survivor))),
  }
}

const same =
  (left: Survivor) =>
  (right: Survivor): boolean =>
    left.file === right.file && left.line === right.line && left.mutant === right.mutant

const groups: Readonly<Record<string, MutationGroup | null>> = { ...MUTATION_GROUPS, sql: null }
/** The requested parts by group. Empty: the whole group. */
const wanted = new Map<string, string[]>()
for (const argument of process.argv.slice(2)) {
  const [group = '', part] = argument.split(':', 2)
  if (!(group in groups)) throw new Error(`there is no group ${group}; there are ${Object.keys(groups).join(', ')}`)
  wanted.set(group, [...(wanted.get(group) ?? []), ...(part === undefined ? [] : [part])])
}
await mkdir(RESULTS, { recursive: true })
const rows: object[] = []
let services: TestServices | undefined
try {
  for (const [name, group] of Object.entries(groups)) {
    if (wanted.size > 0 && !wanted.has(name)) continue
    const parts = wanted.get(name) ?? []
    delete process.env.MUTATION_SERVICES
    if (!group?.inMemory) {
      services ??= await startTestServices()
      process.env.MUTATION_SERVICES = JSON.stringify({ postgresUrl: services.postgresUrl, redisUrl: services.redisUrl })
    }
    const { killed, accepted, survivors, stale } = group ? await mutate(name, group, parts) : await mutateSql(parts)
    for (const { file, line, mutant } of survivors) console.log(`\nsurvived in ${file}: ${line ?? 'SQL'}\n  ${mutant}`)
    for (const { file, line, mutant } of stale) console.log(`\non the list, but noticed, in ${file}: ${line ?? 'SQL'}\n  ${mutant}`)
    const mutants = killed + accepted + survivors.length
    rows.push({ group: name, mutants, killed, accepted, survived: survivors.length, score: `${((100 * killed) / mutants).toFixed(1)} %` })
    if (survivors.length + stale.length > 0) process.exitCode = 1
  }
} finally {
  await services?.stop()
}
console.table(rows)
