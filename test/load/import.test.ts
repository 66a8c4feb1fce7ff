import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { expect, it, onTestFinished } from 'vitest'
import { createPool } from '../../src/platform/postgres/postgres.ts'
import { importFile, personLine } from '../imports/import-files.ts'
import { openSandbox } from '../sandbox/start-sandbox.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { runGatehouse } from './run-gatehouse.ts'

const CLI = join(import.meta.dirname, '../../src/cli/gatehouse.ts')
/** `IMPORT_PERSONS=100000 npx vitest run test/load/import.test.ts` is the long mode. */
const PERSONS = Number(process.env.IMPORT_PERSONS ?? 300)
/** After these parts of the file the importing process is killed. */
const KILLED_AT = [0.05, 0.15, 0.3]
/** 30 s per restart, and the slowest pace seen is 25 lines/s. */
const TIMEOUT_MS = 180_000 + (PERSONS / 25) * 1_000
/** By then an importing process has loaded its code and its heap has reached its size. */
const WARM_UP_LINES = 800
/** Growth of an importing process after that. */
const MOST_GROWTH_MB = 30
const MOST_PEAK_MB = 400

interface Stored {
  id: string
  position: number
  created: number
  existing: number
  rejected: number
  finished: boolean
}

it(`creates each of ${PERSONS} persons once, with flat memory, when the importing process is killed three times`, {
  timeout: TIMEOUT_MS,
}, async () => {
  const database = await createTestDatabase()
  onTestFinished(() => database.drop())
  const sandbox = await openSandbox({ seed: 11, decisionDelayMs: 100_000_000 })
  onTestFinished(() => sandbox.close())
  const env = {
    ...{ DATABASE_URL: database.url, PAXOS_API_URL: sandbox.apiUrl, PAXOS_TOKEN_URL: sandbox.tokenUrl, PAXOS_BUDGET: 'off' },
    ...{ PAXOS_CLIENT_ID: 'sandbox', PAXOS_CLIENT_SECRET: 'sandbox', LOG_LEVEL: 'warn' },
  }
  await runGatehouse(env)
  const pool = createPool({ connectionString: database.url, max: 2, applicationName: 'import test' })
  onTestFinished(() => pool.end())
  const read = async (): Promise<Stored | undefined> =>
    (await pool.query<Stored>('SELECT id, position, created, existing, rejected, finished_at IS NOT NULL AS finished FROM import')).rows[0]
  const file = await importFile('people.jsonl', '')
  await pipeline(Readable.from(lines()), createWriteStream(file))

  let peakMb = 0
  let grownMb = 0
  const startedMs = performance.now()
  for (const part of [...KILLED_AT, 1]) {
    const child = spawn(process.execPath, [CLI, 'import', file, '--operator', 'Ada', '--json'], {
      env: { PATH: process.env.PATH ?? '', NODE_ENV: 'development', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let printed = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (printed += chunk.toString()))
    onTestFinished(() => void child.kill('SIGKILL'))
    const ended = once(child, 'exit')
    const before = (await read())?.position ?? 0
    let warmMb: number | null = null
    for (;;) {
      const stored = await read()
      const position = stored?.position ?? 0
      const memory = memoryOf(child)
      if (position >= before + WARM_UP_LINES) warmMb ??= memory?.now ?? null
      if (memory && warmMb !== null) grownMb = Math.max(grownMb, memory.now - warmMb)
      peakMb = Math.max(peakMb, memory?.peak ?? 0)
      if (part < 1 && position >= PERSONS * part) break
      if (stored?.finished || child.exitCode !== null) break
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    if (part < 1) child.kill('SIGKILL')
    const [code] = await ended
    if (part === 1) expect({ code, printed }).toEqual({ code: 0, printed: expect.stringContaining('"state": "finished"') })
  }
  const seconds = (performance.now() - startedMs) / 1_000
  const figures = `a process used at most ${peakMb.toFixed(0)} MB and grew by ${grownMb.toFixed(1)} MB after its first ${WARM_UP_LINES} lines`
  console.log(`${PERSONS} persons in ${seconds.toFixed(1)} s with three kills; ${figures}`)

  expect(await read()).toMatchObject({ position: PERSONS, created: PERSONS, existing: 0, rejected: 0 })
  const refIds = sandbox.identities.all.map(({ refId }) => refId)
  expect(refIds).toHaveLength(PERSONS)
  expect(new Set(refIds).size).toBe(PERSONS)
  const { rows } = await pool.query<{ onboardings: number; sealed: number }>(
    'SELECT (SELECT count(*)::int FROM onboarding) AS onboardings, (SELECT count(*)::int FROM sealed_payload) AS sealed',
  )
  expect(rows).toEqual([{ onboardings: PERSONS, sealed: 0 }])
  expect(grownMb).toBeLessThan(MOST_GROWTH_MB)
  expect(peakMb).toBeLessThan(MOST_PEAK_MB)
})

function* lines(): Generator<string> {
  for (let number = 1; number <= PERSONS; number += 1) yield `${JSON.stringify(personLine(number))}\n`
}

/** Resident memory of the process in MB, from Linux's own record; null once it has ended. */
function memoryOf({ pid }: ChildProcess): { now: number; peak: number } | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const megabytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN) / 1_000
    const [now, peak] = [megabytes('VmRSS'), megabytes('VmHWM')]
    return Number.isNaN(now) || Number.isNaN(peak) ? null : { now, peak }
  } catch {
    return null
  }
}
