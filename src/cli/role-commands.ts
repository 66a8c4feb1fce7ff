import { join } from 'node:path'
import type { Command } from 'commander'
import { samplePerson } from '../compose/invented-person.ts'
import { developmentSecrets } from '../config/development-secrets.ts'
import { giveWay } from '../platform/give-way.ts'
import { limitHeapGrowth } from '../platform/heap-growth.ts'
import { print } from './print.ts'
import { runUntilStopped } from './run-until-stopped.ts'
import { registerSandboxCommands } from './sandbox-commands.ts'
import { openFoundation, STATE_DIRECTORY, settings } from './settings.ts'
import { simulatorUrl } from './simulator-url.ts'

/** `heapGrowth`, percent: measured for receiver and worker under full load, where a lower value would cost speed (docs/performance.md). */
const ROLES = [
  {
    name: 'receiver' as const,
    description: 'run a receiver: accepts webhooks at POST /webhooks/paxos on PORT',
    loadStart: async () => (await import('../compose/start-receiver.ts')).startReceiver,
    heapGrowth: 30,
  },
  {
    name: 'worker' as const,
    description: 'run a worker: confirms events, advances onboardings, sends notifications; health and metrics on WORKER_PORT',
    loadStart: async () => (await import('../compose/start-worker.ts')).startWorker,
    heapGrowth: 150,
    prepare: giveWay,
  },
  {
    name: 'operator' as const,
    description: 'run an operator server: the operator API and the pages on OPERATOR_PORT',
    loadStart: async () => (await import('../compose/start-operator.ts')).startOperator,
    heapGrowth: 100,
  },
]

/** `start|receiver|worker|operator|sandbox|migrate`: the commands that run a role until it is stopped, and the one that prepares the database. */
export function registerRoleCommands(program: Command): void {
  program
    .command('start')
    .description('run all roles; without DATABASE_URL and PAXOS_*, with an embedded Postgres and the Paxos simulator')
    .option('--no-first-onboarding', 'do not onboard an invented person at the first start (this happens only with the simulator)')
    .action(async ({ firstOnboarding }: { firstOnboarding: boolean }) => {
      const { config, logger } = settings('start', { quiet: true })
      const { startEverything } = await import('./start-everything.ts')
      await runUntilStopped(logger, await startEverything({ config, logger, directory: STATE_DIRECTORY, firstOnboarding }), { say: print })
    })

  for (const { name, description, loadStart, heapGrowth, prepare } of ROLES) {
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
      'run only the Paxos simulator on SANDBOX_PORT; it sends webhooks to SANDBOX_WEBHOOK_URL (GET /_sandbox lists its faults and settings)',
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
    .description('print an invented person as a body for POST /v1/onboardings')
    .action(() => print(JSON.stringify(samplePerson(), null, 2)))
  registerSandboxCommands(sandbox, simulatorUrl)

  program
    .command('migrate')
    .description('migrate the database schema; safe to run on several machines at the same time')
    .option(
      '--roles',
      'also create the database roles gatehouse_receiver, gatehouse_worker and gatehouse_operator with their minimal rights',
    )
    .action(async ({ roles = false }: { roles?: boolean }) => {
      const { config, logger } = settings('migrate')
      const foundation = await openFoundation('apply', { config, logger })
      const { applyDatabaseRoles } = await import('../platform/postgres/database-roles.ts')
      const applied = await applyDatabaseRoles(config.databaseDirectUrl ?? foundation.databaseUrl, { existing: !roles }).finally(() =>
        foundation.close(),
      )
      logger.info('the schema is up to date')
      if (applied)
        logger.info(
          "the database roles are up to date; set the password of a new role yourself: ALTER ROLE gatehouse_receiver PASSWORD '…'",
        )
    })
}
