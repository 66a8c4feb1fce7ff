import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { developmentSecrets } from '../config/development-secrets.ts'
import type { Config } from '../config/load-config.ts'
import { type Budget, createBudget } from '../paxos/transport/budget.ts'
import { createPostgresBudgetStore } from '../paxos/transport/budget-store.ts'
import { ConfigError, errorCode } from '../platform/app-error.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import type { Logger } from '../platform/logger.ts'
import type { EmbeddedPostgres } from '../platform/postgres/embedded-postgres.ts'
import { migrate, pendingMigrations } from '../platform/postgres/migrate.ts'
import { createPool, waitForPostgres } from '../platform/postgres/postgres.ts'
import type { QueueBackend } from '../queue/queue-connection.ts'
import { readInstallation } from '../roster/installation.ts'
import { createRoster, type Roster } from '../roster/roster.ts'
import { STATEMENT_TIMEOUT_MS } from './running-role.ts'

/** What every role stands on: the database, where the queue lives, and the secrets in force. */
export interface Foundation {
  config: Config
  logger: Logger
  databaseUrl: string
  queueBackend: QueueBackend
  secrets: Secrets
  /** One for all roles of the process, and shared through Postgres with all others (paxos/api.md 1.5). */
  budget: Budget
  /** Where the simulator is expected, which stands in for Paxos while no `PAXOS_*` is set. */
  simulatorUrl: string
  /** Who else runs on this database. */
  roster: Roster
  /** Leaves the embedded Postgres; the last process to leave stops it. */
  close(): Promise<void>
}

interface Secrets {
  operatorToken: string
  webhookApiKeys: string[]
  encryptionKey: Buffer
  /** Made by this very start, so that they are shown once. */
  fresh: boolean
}

/** Of all keys in Redis: the installation's own, so that two of them with one Redis keep apart (case c08). */
export function queuePrefix(installation: string): string {
  return `gatehouse-${installation}`
}

/**
 * Finds or starts the database, brings its schema up (embedded) or checks that it is (given), and resolves the secrets.
 * `directory` is the project's `.gatehouse`. @throws ConfigError, ServiceUnavailableError, MigrationFailedError
 */
export async function openFoundation(
  config: Config,
  { directory, logger, migrations }: { directory: string; logger: Logger; migrations: 'apply' | 'require' },
): Promise<Foundation> {
  const secrets = resolveSecretsHere(config, directory)
  const embedded = config.databaseUrl === null ? await embeddedPostgres(directory, logger) : null
  const databaseUrl = config.databaseUrl ?? embedded?.url ?? ''
  // Migrations, and the queue where it lives in Postgres, need sessions of their own: not those of a PgBouncer.
  const directUrl = config.databaseDirectUrl ?? databaseUrl
  try {
    await waitForPostgres(databaseUrl, { timeoutMs: config.databaseWaitSeconds * 1_000, log: logger })
    if (migrations === 'apply' || embedded) await migrate({ connectionString: directUrl, log: logger })
    else await refuseUnmigrated(databaseUrl)
  } catch (error) {
    await embedded?.stop()
    throw error
  }
  // Of its own, so that no role's work makes calls to Paxos or a sign of life wait. It connects with the first call.
  const pool = createPool({
    connectionString: databaseUrl,
    max: 2,
    applicationName: 'gatehouse-foundation',
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  })
  const close = async (): Promise<void> => {
    await pool.end()
    await embedded?.stop()
  }
  const installation = await readInstallation(pool).catch(async (error: unknown) => {
    await close()
    throw error
  })
  const queueBackend: QueueBackend = config.redisUrl
    ? { kind: 'redis', url: config.redisUrl, prefix: queuePrefix(installation) }
    : { kind: 'postgres', connectionString: directUrl }
  return {
    config,
    logger,
    databaseUrl,
    queueBackend,
    secrets,
    budget: createBudget({ limits: config.budget, store: createPostgresBudgetStore({ pool }) }),
    simulatorUrl: config.sandbox.url?.replace(/\/$/, '') ?? `http://127.0.0.1:${config.sandbox.port}`,
    roster: createRoster({ pool, logger }),
    close,
  }
}

/** Loaded only where there is no DATABASE_URL. */
async function embeddedPostgres(directory: string, log: Logger): Promise<EmbeddedPostgres> {
  const { startEmbeddedPostgres } = await import('../platform/postgres/embedded-postgres.ts')
  return startEmbeddedPostgres({ directory, log })
}

async function refuseUnmigrated(databaseUrl: string): Promise<void> {
  const pending = await pendingMigrations({ connectionString: databaseUrl })
  if (pending.length > 0)
    throw new ConfigError([
      `DATABASE_URL names a database without ${pending.length} migration(s) (${pending.join(', ')}): run ${GATEHOUSE} migrate`,
    ])
}

/** @throws ConfigError where the folder belongs to another user of this machine */
function resolveSecretsHere(config: Config, directory: string): Secrets {
  try {
    return resolveSecrets(config, directory)
  } catch (error) {
    const code = errorCode(error)
    if (!['EACCES', 'EPERM', 'EROFS'].includes(code)) throw error
    const remedy = 'Run as its owner, or in your own copy of the project'
    throw new ConfigError([`${directory} holds the secrets of this installation, and this user has no access to it (${code}). ${remedy}.`])
  }
}

function resolveSecrets({ role, mode, operator, webhook, encryptionKey }: Config, directory: string): Secrets {
  const given = { operatorToken: operator.token, webhookApiKeys: webhook.apiKeys, encryptionKey }
  if (mode === 'production') {
    // loadConfig has refused production without what the role needs; the others know nothing of it.
    return {
      operatorToken: given.operatorToken ?? '',
      webhookApiKeys: given.webhookApiKeys ?? [],
      encryptionKey: given.encryptionKey ?? Buffer.alloc(0),
      fresh: false,
    }
  }
  const made = developmentSecrets(directory)
  const operatorToken = given.operatorToken ?? made.operatorToken
  if (role === 'start' || role === 'operator') keepOperatorToken(join(directory, 'operator-token'), operatorToken)
  return {
    operatorToken,
    webhookApiKeys: given.webhookApiKeys ?? [made.webhookApiKey],
    encryptionKey: given.encryptionKey ?? Buffer.from(made.encryptionKey, 'base64'),
    fresh: made.fresh && given.operatorToken === null,
  }
}

/** The mode of a file that is there already does not change with what is written into it. */
function keepOperatorToken(path: string, token: string): void {
  writeFileSync(path, token, { mode: 0o600 })
  chmodSync(path, 0o600)
}
