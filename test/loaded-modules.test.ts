import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const STARTED_IN_MS = 120_000

/** Loaded before everything else. At exit it prints the addresses of all loaded modules. */
const RECORD = `data:text/javascript,${encodeURIComponent(`
  import { writeSync } from 'node:fs'
  import { registerHooks } from 'node:module'
  const loaded = []
  registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
  process.on('exit', () => writeSync(2, JSON.stringify(loaded)))
`)}`

/** The modules that a process has loaded at its end when it imports these files of src and does nothing else. */
async function loadedBy(...parameters: string[]): Promise<string[]> {
  const { stderr } = await promisify(execFile)(process.execPath, ['--import', RECORD, ...parameters], { cwd: ROOT, maxBuffer: 50_000_000 })
  return JSON.parse(stderr) as string[]
}

/** The command line itself (its help imports what every command imports), the base of all roles, and the role. */
async function loadedByRole(role: string): Promise<string[]> {
  const both = [`./src/compose/open-foundation.ts`, `./src/compose/start-${role}.ts`]
  const importing = both.map((file) => `await import('${file}')`).join(';')
  const [command, started] = await Promise.all([
    loadedBy('src/cli/gatehouse.ts', '--help'),
    loadedBy('--input-type=module', '--eval', importing),
  ])
  return [...command, ...started]
}

const PARTS = {
  Prisma: /\/node_modules\/@prisma\/|\/src\/generated\//,
  'the schema engine': /\/schema-engine/,
  'the embedded Postgres': /\/platform\/postgres\/(embedded-postgres|postmaster)\.ts/,
  'the simulator': /\/src\/sandbox\/(?!world\/sample-person)/,
  'the operator pages': /\/src\/pages\//,
  'the HTTP client': /\/node_modules\/undici\//,
  BullMQ: /\/node_modules\/bullmq\//,
  Fastify: /\/node_modules\/fastify\//,
} as const
type Part = keyof typeof PARTS

const NEVER: Record<string, Part[]> = {
  '--help': [
    'Prisma',
    'the schema engine',
    'the embedded Postgres',
    'the simulator',
    'the operator pages',
    'the HTTP client',
    'BullMQ',
    'Fastify',
  ],
  receiver: ['Prisma', 'the schema engine', 'the embedded Postgres', 'the simulator', 'the operator pages', 'the HTTP client'],
  worker: ['Prisma', 'the schema engine', 'the embedded Postgres', 'the simulator', 'the operator pages'],
}

describe.each(Object.entries(NEVER))('gatehouse %s', (name, never) => {
  let loaded: string[]
  beforeAll(async () => {
    loaded = await (name === '--help' ? loadedBy('src/cli/gatehouse.ts', name) : loadedByRole(name))
  }, STARTED_IN_MS)

  it('loads the modules that it needs', () => {
    expect(loaded).toContainEqual(expect.stringMatching(/\/src\/cli\/gatehouse\.ts$/))
    if (name !== '--help') expect(loaded).toContainEqual(expect.stringMatching(PARTS.Fastify))
  })

  it.each(never)('does not load %s', (part) => {
    expect(loaded.filter((url) => PARTS[part].test(url))).toEqual([])
  })
})
