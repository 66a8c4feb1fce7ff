import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** Not a stage: Prisma's output, which no rule checks. */
const UNGUARDED = ['generated']

/** For each folder of src, imports that its rule allows and imports that it stops. */
const FOLDERS: Record<string, { may: string[]; mayNot: string[] }> = {
  compose: {
    may: ['../config/load-config.ts', '../receive/register-receiver.ts', '../sandbox/sandbox.ts', '../api/operator-api.ts'],
    mayNot: ['../cli/gatehouse.ts', '../cli/start-everything.ts'],
  },
  cli: {
    may: ['../compose/open-foundation.ts', '../config/load-config.ts', '../operate/use-cases.ts'],
    mayNot: [
      '../api/api-schemas.ts',
      '../pages/home-page.ts',
      '../ledger/ledger.ts',
      '../sandbox/sandbox.ts',
      '../receive/register-receiver.ts',
    ],
  },
  api: {
    may: ['../operate/use-cases.ts', '../domain/event-state.ts', '../platform/problem.ts'],
    mayNot: [
      '../pages/home-page.ts',
      '../cli/print.ts',
      '../ledger/ledger.ts',
      '../saga/process-event.ts',
      '../compose/open-foundation.ts',
    ],
  },
  pages: {
    may: ['../operate/use-cases.ts', '../domain/event-state.ts', '../platform/problem.ts'],
    mayNot: [
      '../api/api-schemas.ts',
      '../cli/print.ts',
      '../ledger/ledger.ts',
      '../saga/process-event.ts',
      '../compose/open-foundation.ts',
    ],
  },
  config: { may: ['../platform/app-error.ts'], mayNot: ['../inbox/inbox.ts', '../compose/open-foundation.ts'] },
  domain: { may: ['./event-state.ts'], mayNot: ['../platform/app-error.ts', '../ledger/ledger.ts', 'node:crypto', 'zod', 'big.js'] },
  'domain/onboarding': {
    may: ['./onboarding.ts', '../event-state.ts'],
    mayNot: ['../../platform/app-error.ts', '../../ledger/ledger.ts', 'node:crypto', 'zod'],
  },
  effects: {
    may: ['../paxos/paxos-client.ts', '../notify/notice.ts', '../domain/effect.ts', '../platform/app-error.ts'],
    mayNot: ['../saga/run-stream.ts', '../ledger/ledger.ts', '../inbox/inbox.ts', '../queue/event-queue.ts'],
  },
  platform: {
    may: ['./app-error.ts', 'node:fs', 'pino', '../generated/prisma/client.ts'],
    mayNot: ['../domain/event-state.ts', '../config/load-config.ts', '../queue/event-queue.ts'],
  },
  'platform/postgres': { may: ['../app-error.ts', './postgres.ts'], mayNot: ['../../domain/event-state.ts', '../../inbox/inbox.ts'] },
  operators: { may: ['../domain/roles.ts', '../platform/page.ts'], mayNot: ['../audit/audit.ts', '../operate/use-cases.ts'] },
  audit: { may: ['../domain/event-state.ts', '../platform/hash-chain.ts'], mayNot: ['../ledger/ledger.ts', '../operate/use-cases.ts'] },
  receive: {
    may: ['../inbox/inbox.ts', '../queue/event-queue.ts', '../platform/logger.ts'],
    mayNot: [
      '../paxos/paxos-client.ts',
      '../ledger/ledger.ts',
      '../saga/process-event.ts',
      '../domain/onboarding/onboarding.ts',
      '../config/load-config.ts',
    ],
  },
  inbox: { may: ['../domain/event-state.ts', '../platform/logger.ts'], mayNot: ['../queue/event-queue.ts', '../ledger/ledger.ts'] },
  imports: { may: ['../domain/event-state.ts', '../platform/app-error.ts'], mayNot: ['../inbox/inbox.ts', '../operate/use-cases.ts'] },
  queue: { may: ['../domain/event-state.ts', '../platform/logger.ts'], mayNot: ['../inbox/inbox.ts', '../generated/prisma/client.ts'] },
  ledger: {
    may: ['../domain/onboarding/onboarding.ts', '../generated/prisma/client.ts'],
    mayNot: ['../inbox/inbox.ts', '../paxos/paxos-client.ts'],
  },
  paxos: { may: ['../domain/event-state.ts', '../platform/logger.ts'], mayNot: ['../ledger/ledger.ts', '../sandbox/sandbox.ts'] },
  'paxos/transport': {
    may: ['../paxos-errors.ts', '../../platform/logger.ts'],
    mayNot: ['../../ledger/ledger.ts', '../../saga/process-event.ts'],
  },
  vault: {
    may: ['../domain/event-state.ts', '../platform/app-error.ts', 'node:crypto'],
    mayNot: ['../ledger/ledger.ts', '../inbox/inbox.ts', '../paxos/paxos-client.ts', '../effects/effect-kind.ts'],
  },
  roster: {
    may: ['../domain/event-state.ts', '../platform/logger.ts'],
    mayNot: ['../queue/event-queue.ts', '../paxos/paxos-client.ts', '../operate/use-cases.ts'],
  },
  alert: {
    may: ['../domain/event-state.ts', '../platform/logger.ts'],
    mayNot: ['../notify/notice.ts', '../inbox/inbox.ts', '../operate/use-cases.ts'],
  },
  notify: {
    may: ['../domain/onboarding/onboarding.ts', '../platform/logger.ts'],
    mayNot: ['../paxos/paxos-client.ts', '../queue/event-queue.ts'],
  },
  saga: {
    may: ['../ledger/ledger.ts', '../paxos/paxos-client.ts'],
    mayNot: [
      '../notify/notice.ts',
      '../receive/register-receiver.ts',
      '../replay/run-replay.ts',
      '../operate/use-cases.ts',
      '../compose/open-foundation.ts',
    ],
  },
  replay: { may: ['../saga/process-event.ts'], mayNot: ['../notify/notice.ts', '../operate/use-cases.ts', '../sandbox/sandbox.ts'] },
  reconcile: {
    may: ['../saga/process-event.ts'],
    mayNot: ['../notify/notice.ts', '../operate/use-cases.ts', '../receive/register-receiver.ts'],
  },
  operate: {
    may: [
      '../replay/run-replay.ts',
      '../saga/process-event.ts',
      '../audit/audit.ts',
      '../operators/operators.ts',
      '../imports/read-source.ts',
    ],
    mayNot: [
      '../api/operator-api.ts',
      '../pages/home-page.ts',
      '../cli/print.ts',
      '../receive/register-receiver.ts',
      '../sandbox/sandbox.ts',
      '../compose/open-foundation.ts',
    ],
  },
  'operate/trading': {
    may: ['../audited.ts', '../../ledger/ledger.ts', '../../saga/process-event.ts', '../../domain/event-state.ts'],
    mayNot: ['../../api/operator-api.ts', '../../pages/home-page.ts', '../../cli/print.ts', '../../receive/register-receiver.ts'],
  },
  sandbox: { may: ['../platform/logger.ts'], mayNot: ['../paxos/paxos-client.ts', '../domain/event-state.ts'] },
  'sandbox/api': {
    may: ['../world/identity-store.ts', '../../platform/logger.ts'],
    mayNot: ['../../paxos/paxos-client.ts', '../../domain/event-state.ts'],
  },
}

/** Every way to import another module. */
const FORMS: Record<string, (from: string) => string> = {
  import: (from) => `import { a } from '${from}'\nexport const b = a\n`,
  'import type': (from) => `import type { A } from '${from}'\nexport type B = A\n`,
  'export from': (from) => `export { a } from '${from}'\n`,
  'import()': (from) => `export const a = (): Promise<unknown> => import('${from}')\n`,
}

/** Ways to give money the type of a JavaScript number. */
const MONEY_AS_NUMBER: Record<string, string> = {
  'money-property': 'export interface Order {\n  quoteAmount: number\n}\n',
  'money-or-null': 'export interface Order {\n  price?: number | null\n}\n',
  'money-parameter': 'export const double = (balance: number): unknown => balance\n',
  'money-schema': "import { z } from 'zod'\nexport const Order = z.object({ base_amount: z.number() })\n",
}

interface Diagnostic {
  category: string
  location: { path: string | { file: string } }
}

let scratch: string
let diagnostics: Diagnostic[]

/** The rules that stop a scratch file. */
function stopping(path: string): string[] {
  const file = ({ location }: Diagnostic): string => (typeof location.path === 'string' ? location.path : location.path.file)
  return diagnostics.filter((diagnostic) => file(diagnostic).endsWith(path)).map(({ category }) => category)
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(scratch, path)), { recursive: true })
  await writeFile(join(scratch, path), text)
}

const fileFor = (folder: string, form: string, from: string): string =>
  `src/${folder}/${`${form} ${from}`.replaceAll(/[^a-z]+/g, '-').replaceAll(/^-|-$/g, '')}.ts`

/** One run of the linter over all files, in a folder of its own with a copy of the rules. */
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'gatehouse-boundaries-'))
  for (const file of ['.biome.json', '.gitignore', 'lint']) await cp(join(ROOT, file), join(scratch, file), { recursive: true })
  for (const [folder, { may, mayNot }] of Object.entries(FOLDERS)) {
    for (const from of [...may, ...mayNot]) await write(fileFor(folder, 'import', from), FORMS.import?.(from) ?? '')
  }
  for (const [form, text] of Object.entries(FORMS))
    await write(fileFor('sandbox', form, '../paxos/paxos-client.ts'), text('../paxos/paxos-client.ts'))
  await write('src/saga/reads-environment.ts', 'export const port = process.env.PORT\n')
  for (const [name, text] of Object.entries(MONEY_AS_NUMBER)) await write(`src/saga/${name}.ts`, text)
  await write('src/domain/money.ts', "import Big from 'big.js'\nimport { a } from './event-state.ts'\nexport const b = [Big, a]\n")
  await write('src/saga/prints.ts', "export const print = (): void => console.log('x')\n")
  await write('src/saga/round.ts', "import { trip } from './trip.ts'\nexport const round = trip\n")
  await write('src/saga/type-round.ts', "import type { Trip } from './type-trip.ts'\nexport type Round = { trip: Trip }\n")
  await write('src/saga/type-trip.ts', "import type { Round } from './type-round.ts'\nexport type Trip = { round: Round }\n")
  await write('src/saga/trip.ts', "import { round } from './round.ts'\nexport const trip = (): unknown => round\n")
  const biome = join(ROOT, 'node_modules/.bin/biome')
  const stdout = await new Promise<string>((resolve) => {
    execFile(biome, ['lint', '--reporter=json', '--max-diagnostics=none', '.'], { cwd: scratch, maxBuffer: 50_000_000 }, (_, output) =>
      resolve(output),
    )
  })
  diagnostics = (JSON.parse(stdout) as { diagnostics: Diagnostic[] }).diagnostics
})
afterAll(() => rm(scratch, { recursive: true }))

describe('the import rules', () => {
  it('exist for every folder of src', async () => {
    const entries = await readdir(join(ROOT, 'src'), { withFileTypes: true })
    const folders = entries.filter((entry) => entry.isDirectory() && !UNGUARDED.includes(entry.name)).map(({ name }) => name)
    expect(Object.keys(FOLDERS)).toEqual(expect.arrayContaining(folders))
  })

  describe.each(Object.entries(FOLDERS))('for src/%s', (folder, { may, mayNot }) => {
    it.each(may)('allow %s', (from) => {
      expect(stopping(fileFor(folder, 'import', from))).toEqual([])
    })
    it.each(mayNot)('stop %s', (from) => {
      expect(stopping(fileFor(folder, 'import', from))).toContain('lint/style/noRestrictedImports')
    })
  })

  it.each(Object.keys(FORMS))('hold for %s', (form) => {
    expect(stopping(fileFor('sandbox', form, '../paxos/paxos-client.ts'))).toContain('lint/style/noRestrictedImports')
  })
})

describe('money', () => {
  it.each(Object.keys(MONEY_AS_NUMBER))('A20: is never a number: the linter stops %s', (name) => {
    expect(stopping(`src/saga/${name}.ts`)).toEqual(['plugin'])
  })

  it('is based on big.js in domain/money.ts only', () => {
    expect(stopping('src/domain/money.ts')).toEqual([])
    expect(stopping(fileFor('domain', 'import', 'big.js'))).toContain('lint/style/noRestrictedImports')
  })
})

describe('the linter', () => {
  it.each([
    ['reading the environment outside load-config.ts', 'src/saga/reads-environment.ts', 'lint/style/noProcessEnv'],
    ['printing to the console', 'src/saga/prints.ts', 'lint/suspicious/noConsole'],
    ['importing in a circle', 'src/saga/round.ts', 'lint/suspicious/noImportCycles'],
    ['importing types in a circle', 'src/saga/type-round.ts', 'lint/suspicious/noImportCycles'],
  ])('stops %s', (_, path, rule) => {
    expect(stopping(path)).toContain(rule)
  })
})
