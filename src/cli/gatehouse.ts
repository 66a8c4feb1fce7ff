#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, CommanderError } from 'commander'
import type { Foundation } from '../compose/open-foundation.ts'
import type { RunningRole } from '../compose/running-role.ts'
import { developmentSecrets } from '../config/development-secrets.ts'
import { type Config, loadConfig } from '../config/load-config.ts'
import type { Role } from '../config/role.ts'
import { VARIABLE_NAMES } from '../config/variables.ts'
import { AppError, ConfigError, errorCode, errorMessage, UsageError } from '../platform/app-error.ts'
import { startEventLoopWatchdog } from '../platform/event-loop-watchdog.ts'
import { giveWay } from '../platform/give-way.ts'
import { limitHeapGrowth } from '../platform/heap-growth.ts'
import { createLogger, type Logger } from '../platform/logger.ts'
import { printable } from '../platform/printable.ts'
import { samplePerson } from '../sandbox/world/sample-person.ts'
import { registerAuditCommands } from './audit-commands.ts'
import { endOnBrokenPipe, keepServingOnBrokenPipe } from './broken-pipe.ts'
import { registerDoctorCommand } from './doctor-command.ts'
import { registerEventCommands } from './event-commands.ts'
import { registerLedgerCommands } from './ledger-commands.ts'
import { registerOnboardingCommands } from './onboarding-commands.ts'
import { registerOpenapiCommand } from './openapi-command.ts'
import { registerQueueCommands } from './queue-commands.ts'
import { registerReplayCommands } from './replay-commands.ts'

const ROOT = join(import.meta.dirname, '../..')
/** Where a development machine keeps its database, its secrets and what runs where. */
const STATE_DIRECTORY = join(ROOT, '.gatehouse')
/** How long roles may take to finish what is in hand before the process leaves anyway. */
const SHUTDOWN_MS = 25_000
/** How long the event loop of a role may stand still: nothing that Gatehouse does keeps it for a second. */
const STANDSTILL_MS = 30_000

/** What a command runs is loaded when it runs: the receiver holds nothing of the operator's pages, and `--help` nothing at all. */
const openFoundation = async (migrations: 'apply' | 'require', { config, logger }: Settings): Promise<Foundation> =>
  (await import('../compose/open-foundation.ts')).openFoundation(config, { directory: STATE_DIRECTORY, logger, migrations })

const program = new Command('gatehouse')
  .description('Onboards people onto a crypto brokerage (Paxos) from its webhooks: loses no event, opens no account twice.')
  .version(readVersion())
  .showHelpAfterError('(gatehouse --help lists the commands)')
  .showSuggestionAfterError()
  .addHelpText(
    'after',
    `\nVariables (docs/configuration.md explains each; also read from .env):\n  ${wrap(VARIABLE_NAMES)}\n\nExit codes: 0 done, 1 failed, 2 wrong use.`,
  )

program
  .command('start')
  .description('run all roles; without DATABASE_URL and PAXOS_*, with an embedded Postgres and the Paxos simulator')
  .option('--no-first-onboarding', 'do not onboard an invented person at the start (only done with the simulator)')
  .action(async ({ firstOnboarding }: { firstOnboarding: boolean }) => {
    const { config, logger } = settings('start', { quiet: true })
    const { startEverything } = await import('./start-everything.ts')
    await runUntilStopped(logger, await startEverything({ config, logger, directory: STATE_DIRECTORY, firstOnboarding }))
  })

/** `heapGrowth`, percent: of receiver and worker as measured under full load, where less would cost speed (docs/performance.md). */
for (const { name, description, loadStart, heapGrowth, prepare } of [
  {
    name: 'receiver' as const,
    description: 'take webhooks: POST /webhooks/paxos on PORT',
    loadStart: async () => (await import('../compose/start-receiver.ts')).startReceiver,
    heapGrowth: 30,
  },
  {
    name: 'worker' as const,
    description: 'confirm events, advance onboardings, send notices; health and metrics on WORKER_PORT',
    loadStart: async () => (await import('../compose/start-worker.ts')).startWorker,
    heapGrowth: 150,
    prepare: giveWay,
  },
  {
    name: 'operator' as const,
    description: 'serve the onboarding and operator API and the pages on OPERATOR_PORT',
    loadStart: async () => (await import('../compose/start-operator.ts')).startOperator,
    heapGrowth: 100,
  },
]) {
  program
    .command(name)
    .description(description)
    .action(async () => {
      limitHeapGrowth(heapGrowth)
      prepare?.()
      const { config, logger } = settings(name)
      const start = await loadStart()
      const foundation = await openFoundation('require', { config, logger })
      const { enrolled, joinWorld } = await import('../compose/join-world.ts')
      const role = await joinWorld(foundation)
        .then(async (joined) => enrolled(joined, name, await start(joined)))
        .catch(async (error: unknown) => {
          await foundation.close()
          throw error
        })
      logger.info(`${role.name} is up on ${role.url}`)
      process.send?.({ url: role.url }) // to `gatehouse start`, when that is the parent
      await runUntilStopped(logger, [foundation, role])
    })
}

const sandbox = program
  .command('sandbox')
  .description(
    'run the Paxos simulator alone on SANDBOX_PORT; it delivers to SANDBOX_WEBHOOK_URL (GET /_sandbox lists its faults and knobs)',
  )
  .action(async () => {
    const { config, logger } = settings('sandbox')
    const webhookApiKey = config.webhook.apiKeys?.[0] ?? developmentSecrets(STATE_DIRECTORY).webhookApiKey
    const { startSandbox } = await import('../compose/start-sandbox.ts')
    const role = await startSandbox({ config, logger, webhookApiKey, stateFile: join(STATE_DIRECTORY, 'sandbox.json') })
    logger.info(
      `Paxos simulator is up on ${role.url} (seed ${role.seed}): PAXOS_API_URL=${role.sandbox.apiUrl} PAXOS_TOKEN_URL=${role.sandbox.tokenUrl}`,
    )
    await runUntilStopped(logger, [role])
  })
sandbox
  .command('person')
  .description('print the data of an invented person, as POST /v1/onboardings takes it')
  .action(() => print(JSON.stringify(samplePerson(), null, 2)))

program
  .command('migrate')
  .description('bring the database schema up to date; safe to run from several machines at once')
  .action(async () => {
    const { config, logger } = settings('migrate')
    const foundation = await openFoundation('apply', { config, logger })
    await foundation.close()
    logger.info('the schema is up to date')
  })

const open = async (): ReturnType<typeof openForCommand> => openForCommand()
/** `doctor` is to say what differs, so it is not refused for it. */
const openAnyWorld = async (): ReturnType<typeof openForCommand> => openForCommand({ anyWorld: true })
registerOnboardingCommands(program, open)
registerEventCommands(program, open)
registerReplayCommands(program, open)
registerQueueCommands(program, open)
registerLedgerCommands(program, open)
registerAuditCommands(program, open)
registerOpenapiCommand(program)
registerDoctorCommand(program, { config: () => settings('commands', { quiet: true }).config, open: openAnyWorld })

/** A command may read the settings twice. */
let warned = false

endOnBrokenPipe()
await main()

async function main(): Promise<void> {
  for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)]) command.exitOverride()
  try {
    await program.parseAsync()
  } catch (error) {
    // What a failed start had opened must not keep the process half alive; nothing in it needs a farewell.
    process.exit(report(error))
  }
}

/** What opens for one command: the use cases on the same database, without roles and with little talk. */
async function openForCommand({ anyWorld = false } = {}) {
  const { openUseCases } = await import('../compose/open-use-cases.ts')
  const { joinWorld, lookAtWorld } = await import('../compose/join-world.ts')
  const foundation = await openFoundation('require', settings('commands', { quiet: true }))
  try {
    const joined = await (anyWorld ? lookAtWorld : joinWorld)(foundation)
    const { close, ...opened } = await openUseCases(joined)
    return {
      ...opened,
      close: async (): Promise<void> => {
        await close()
        await foundation.close()
      },
    }
  } catch (error) {
    await foundation.close()
    throw error
  }
}

interface Settings {
  config: Config
  logger: Logger
}

/** Warnings go to standard error, so that standard output stays what was asked for. */
function settings(role: Role, { quiet = false } = {}): Settings {
  const config = loadConfig({ directory: ROOT, role })
  if (!warned) for (const warning of config.warnings) process.stderr.write(`gatehouse: ${warning}\n`)
  warned = true
  // A terminal is for reading; a pipe, a container or production is for machines.
  const pretty = config.mode === 'development' && process.stdout.isTTY === true
  const level = quiet && config.logLevel === 'info' ? 'warn' : config.logLevel
  return { config, logger: createLogger({ level, pretty }) }
}

/** Runs until SIGINT or SIGTERM, then closes in reverse order of opening; a second signal leaves at once. */
async function runUntilStopped(logger: Logger, opened: readonly Pick<RunningRole, 'close'>[]): Promise<void> {
  keepServingOnBrokenPipe()
  const stopWatchdog = startEventLoopWatchdog({ limitMs: STANDSTILL_MS, logger })
  const signal = await new Promise<string>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => resolve(name))
    process.once('disconnect', () => resolve('the end of gatehouse start')) // the parent wants it, or is gone
  })
  logger.info(`${signal}: finishing what is in hand`)
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => process.exit(1))
  setTimeout(() => {
    logger.error('not everything has finished in time; leaving (nothing is lost: the inbox has it)')
    process.exit(1)
  }, SHUTDOWN_MS).unref()
  for (const part of opened.toReversed()) await part.close()
  await stopWatchdog()
}

/** Says what went wrong, for a person, and returns the exit code. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2 // commander has said it
  const code = error instanceof AppError ? error.code : errorCode(error)
  process.stderr.write(printable(`gatehouse: ${errorMessage(error)} [${code}]\n`))
  if (!(error instanceof AppError) && error instanceof Error) process.stderr.write(printable(`${error.stack}\n`)) // unforeseen: whoever reports it needs this
  return error instanceof ConfigError || error instanceof UsageError ? 2 : 1
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

function readVersion(): string {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
  return version
}

function wrap(names: readonly string[]): string {
  const lines: string[] = []
  for (const name of names) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + name.length < 96) lines[lines.length - 1] = `${last}, ${name}`
    else lines.push(name)
  }
  return lines.join(',\n  ')
}
