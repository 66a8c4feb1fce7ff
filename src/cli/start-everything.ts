import { hash } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { samplePerson } from '../compose/invented-person.ts'
import { enrolled, refuseOtherWorld, startOnce, worldOf } from '../compose/join-world.ts'
import { type Foundation, openFoundation } from '../compose/open-foundation.ts'
import type { RunningRole } from '../compose/running-role.ts'
import { startOperator } from '../compose/start-operator.ts'
import { startSandbox } from '../compose/start-sandbox.ts'
import { startWorker } from '../compose/start-worker.ts'
import type { Config } from '../config/load-config.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { giveWay } from '../platform/give-way.ts'
import type { Logger } from '../platform/logger.ts'
import { databaseHost } from '../platform/postgres/database-url.ts'
import { firstTrade } from './first-trade.ts'
import { renderTimeline } from './render-timeline.ts'
import { startReceiverProcess } from './start-receiver-process.ts'

const FIRST_ONBOARDING_MS = 30_000

/**
 * Starts all roles in the order in which an event passes them, the receiver in its own process, and the simulator if no `PAXOS_*` is set.
 * Prints the progress, onboards an invented person through the operator API, and prints the next commands. Returns the parts to close, in
 * order of opening.
 */
export async function startEverything({
  config,
  logger,
  directory,
  firstOnboarding,
}: {
  config: Config
  logger: Logger
  directory: string
  firstOnboarding: boolean
}): Promise<Pick<RunningRole, 'close'>[]> {
  const opened: Pick<RunningRole, 'close'>[] = []
  try {
    say('Gatehouse is starting.')
    const foundation = await step(
      config.databaseUrl ? 'database' : 'embedded Postgres',
      () => openFoundation(config, { directory, logger, migrations: 'apply' }),
      (base) => hostOf(base.databaseUrl),
    )
    opened.push(foundation)
    // An embedded database belongs to one folder, which allows one start at a time. With DATABASE_URL any number of starts may share it.
    if (config.databaseUrl === null) opened.push(await startOnce(foundation))
    const roles = await startRoles(foundation, { opened, directory })
    say(`  queue          BullMQ on ${worldOf(foundation).queue}`)
    opened.push(leaveHints(directory, roles))
    const [operatorUrl, token] = [roles.operator.url, foundation.secrets.operatorToken]
    if (firstOnboarding && config.paxos === null && (await isEmpty(operatorUrl, token))) {
      const accountId = await onboardSomebody(operatorUrl, token)
      if (accountId) await firstTrade({ operatorUrl, token, accountId }, say)
    }
    sayHowToGoOn(roles, foundation, directory)
    return opened
  } catch (error) {
    for (const part of opened.toReversed()) await part.close()
    throw error
  }
}

/** `running.json` in the state folder: the addresses of this installation, for operators and scripts. */
function leaveHints(directory: string, { receiver, operator, simulator }: Roles): Pick<RunningRole, 'close'> {
  const path = join(directory, 'running.json')
  const hints = {
    pid: process.pid,
    pages: `${operator.url}/`,
    receiver: receiver.url,
    simulator: simulator?.url ?? null,
    startedAt: new Date(),
  }
  mkdirSync(directory, { recursive: true })
  writeFileSync(path, `${JSON.stringify(hints, null, 2)}\n`)
  return { close: async () => rmSync(path, { force: true }) }
}

interface Roles {
  receiver: RunningRole
  operator: RunningRole
  simulator: RunningRole | null
}

async function startRoles(
  foundation: Foundation,
  { opened, directory }: { opened: Pick<RunningRole, 'close'>[]; directory: string },
): Promise<Roles> {
  const { config, logger } = foundation
  const started = async <Role extends RunningRole>(name: string, start: () => Promise<Role>): Promise<Role> => {
    const role = await step(name, start, ({ url }) => url)
    opened.push(role)
    return role
  }
  // Only production may have none, and production has no simulator.
  const webhookApiKey = foundation.secrets.webhookApiKeys[0] ?? ''
  const withSimulator = config.paxos === null && config.sandbox.url === null
  const stateFile = join(directory, simulatorFile(config.databaseUrl))
  const simulator = withSimulator
    ? await started('Paxos simulator', () => startSandbox({ config, logger, webhookApiKey, stateFile }))
    : null
  // The simulator may have moved to a free port, so roles and commands get its actual address.
  const complete: Foundation = simulator ? { ...foundation, simulatorUrl: simulator.url } : foundation
  refuseOtherWorld(worldOf(complete), await foundation.roster.live())
  const receiver = await started('receiver', () => startReceiverProcess(complete))
  simulator?.sandbox.setWebhook({
    url: `${receiver.url}/webhooks/paxos`,
    auth: { kind: 'api-key', header: config.webhook.apiKeyHeader, key: webhookApiKey },
  })
  giveWay() // the receiver process keeps its higher priority, so that acknowledgements come first, as with a separate worker
  await started('worker', async () => enrolled(complete, 'worker', await startWorker(complete)))
  const operator = await started('operator', async () => enrolled(complete, 'operator', await startOperator(complete)))
  return { receiver, operator, simulator }
}

/** Whether the database has no onboarding yet: the invented person is only for its first start. */
async function isEmpty(operatorUrl: string, token: string): Promise<boolean> {
  const answer = await fetch(`${operatorUrl}/v1/onboardings?limit=1`, { headers: { authorization: `Bearer ${token}` } })
  return answer.ok && ((await answer.json()) as { items: unknown[] }).items.length === 0 // our own API: its schema is tested
}

/** Each database has its own simulator state, so that customers of one database do not appear in another. */
function simulatorFile(databaseUrl: string | null): string {
  return databaseUrl === null ? 'sandbox.json' : `sandbox-${hash('sha256', databaseUrl).slice(0, 8)}.json`
}

/** Onboards an invented person as an application would: over HTTP, then waits for the state. Returns the account; null if it is not ready yet. */
async function onboardSomebody(operatorUrl: string, token: string): Promise<string | null> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  say('\nOnboarding an invented person through the operator API:')
  const created = await fetch(`${operatorUrl}/v1/onboardings`, {
    method: 'POST',
    headers: { ...headers, 'idempotency-key': `first-onboarding-${Date.now()}` },
    body: JSON.stringify(samplePerson()),
  })
  if (!created.ok) throw new Error(`Gatehouse refused the first onboarding: ${created.status} ${await created.text()}`)
  const { identityId } = (await created.json()) as { identityId: string }
  const deadline = Date.now() + FIRST_ONBOARDING_MS
  for (;;) {
    const answer = await fetch(`${operatorUrl}/v1/onboardings/${identityId}`, { headers })
    const onboarding = await answer.json()
    const { state, accountId } = onboarding as { state: string; accountId: string | null }
    if (state === 'ready' || Date.now() > deadline) {
      say(renderTimeline(onboarding as Parameters<typeof renderTimeline>[0]))
      if (state !== 'ready') say(`\nThe onboarding is still ${state}. Its page shows what it waits for.`)
      return state === 'ready' ? accountId : null
    }
    await sleep(50)
  }
}

function sayHowToGoOn({ receiver, operator, simulator }: Roles, { secrets, config }: Foundation, directory: string): void {
  say(`
Pages            ${operator.url}/
Operator API     ${operator.url}/v1/openapi.json
Webhooks         POST ${receiver.url}/webhooks/paxos  (${config.webhook.apiKeyHeader})${simulator ? `\nPaxos simulator  ${simulator.url}/_sandbox` : ''}`)
  const tokenFile = join(directory, 'operator-token')
  say(
    secrets.fresh
      ? `Operator token   ${secrets.operatorToken}  (shown only now; stored in ${tokenFile})`
      : `Operator token   in ${tokenFile}`,
  )
  if (simulator) {
    say(`
Onboard another person:
  ${GATEHOUSE} sandbox person | curl -s ${operator.url}/v1/onboardings -H "authorization: Bearer $(cat ${quoted(tokenFile)})" -H "idempotency-key: $(date +%s%N)" -H 'content-type: application/json' -d @-`)
  }
  if (simulator) say(`\nRun the demo, from identity to a sale with the balances at each step:\n  ${GATEHOUSE} demo trade`)
  say('\nGatehouse is running. Ctrl-C stops everything.')
}

/** Quotes a path as one shell word. */
function quoted(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`
}

async function step<T>(name: string, work: () => Promise<T>, where: (result: T) => string): Promise<T> {
  const startedAt = performance.now()
  const result = await work()
  say(`  ${name.padEnd(14)} ${where(result) || 'up'}  (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`)
  return result
}

function hostOf(url: string): string {
  return databaseHost(url)
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
