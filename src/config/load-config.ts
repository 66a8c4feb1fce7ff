import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { z } from 'zod'
import { ConfigError } from '../platform/app-error.ts'

/** The classes that calls to Paxos are budgeted in (src/paxos/transport/endpoint-class.ts), requests per second averaged over five minutes. */
export const BUDGET_CLASSES = ['token', 'identity', 'quote', 'transfer', 'general', 'unproven'] as const
export type BudgetClass = (typeof BUDGET_CLASSES)[number]
/** Requests per second for each endpoint class; `null` means no limit of ours. */
export type BudgetLimits = Readonly<Record<BudgetClass, number | null>>

const DOCUMENTED: BudgetLimits = { token: 1, identity: 10, quote: 10, transfer: 20, general: 50, unproven: 5 }
const UNLIMITED: BudgetLimits = { token: null, identity: null, quote: null, transfer: null, general: null, unproven: null }

/** One list of comma-separated values, blanks around them dropped. */
const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
)
const port = z.coerce.number('must be a port number').int().min(0).max(65_535)
const positive = z.coerce.number('must be a number').int('must be a whole number').positive('must be more than 0')
/** Kept as it was set, to the last byte: an application may know only the address with the slash at its end. */
const httpUrl = z.url({ protocol: /^https?$/, message: 'must be an http:// or https:// URL' })
/** A name or token that travels in a header: a blank or line end around it (a secret made with `echo`) could never be sent. */
const headerSecret = z
  .string()
  .trim()
  .regex(/^[\x21-\x7e]*$/, 'may hold only visible ASCII characters')
  .min(16, 'must have at least 16 characters')

/** Every variable that Gatehouse reads. docs/configuration.md explains each; a test compares the two. */
const Variables = z.object({
  NODE_ENV: z.enum(['production', 'development', 'test']).default('development'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, message: 'must be a postgres:// or postgresql:// URL' }).optional(),
  REDIS_URL: z
    .union(
      [
        z.url({ protocol: /^rediss?$/ }),
        z.string().regex(/^rediss?\+sentinel:\/\/([^@/]*:[^@/]*@)?[^@/?#,]+(,[^@/?#,]+)*\/[^/?#]+(\/\d+)?(\?sentinelPassword=[^&#]+)?$/),
      ],
      {
        error: 'must be a redis:// or rediss:// URL, or redis+sentinel://host:port,host:port/master',
      },
    )
    .optional(),
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: port.optional(),
  OPERATOR_PORT: port.optional(),
  OPERATOR_TOKEN: headerSecret.optional(),
  METRICS_TOKEN: headerSecret.optional(),
  HTTP_KEEP_ALIVE_SECONDS: positive.max(3_600, 'must be at most 3600').default(620),
  HTTP_MAX_CONNECTIONS: positive.max(100_000, 'must be at most 100000').default(8_192),
  HTTP_MAX_CONNECTIONS_PER_ADDRESS: positive.max(100_000, 'must be at most 100000').default(4_096),
  PAXOS_API_URL: httpUrl.optional(),
  PAXOS_TOKEN_URL: httpUrl.optional(),
  PAXOS_CLIENT_ID: z.string().min(1).optional(),
  PAXOS_CLIENT_SECRET: z.string().min(1).optional(),
  PAXOS_BUDGET: z
    .string()
    .default('documented')
    .transform((text, context) => parseBudget(text, context)),
  PAXOS_ACCOUNTS_CLASS: z.enum(['identity', 'general'], 'must be identity or general').default('identity'),
  PAXOS_TIMEOUT_MS: positive.max(20_000, 'must be at most 20000').default(10_000),
  WEBHOOK_AUTH: list
    .pipe(z.array(z.enum(['api-key', 'oauth', 'signature'], 'takes api-key, oauth, signature')).min(1))
    .default(['api-key']),
  WEBHOOK_API_KEY_HEADER: z
    .string()
    .regex(/^[A-Za-z0-9-]+$/, 'must be a header name: letters, digits, hyphens')
    .transform((name) => name.toLowerCase())
    .default('x-api-key'),
  WEBHOOK_API_KEYS: list.pipe(z.array(z.string().min(16, 'needs keys of at least 16 characters')).min(1, 'names no key')).optional(),
  WEBHOOK_OAUTH_CLIENTS: list
    .pipe(
      z.array(z.string().regex(/^[^:]+:.{16,}$/, 'takes id:secret pairs, each secret at least 16 characters')).min(1, 'names no client'),
    )
    .transform((pairs) => pairs.map((pair) => ({ id: pair.slice(0, pair.indexOf(':')), secret: pair.slice(pair.indexOf(':') + 1) })))
    .optional(),
  WEBHOOK_SIGNING_SECRETS: list
    .pipe(
      z
        .array(z.string().regex(/^whsec_[A-Za-z0-9+/=]{32,}$/, 'takes Standard Webhooks secrets: whsec_ and at least 24 bytes in base64'))
        .min(1, 'names no secret'),
    )
    .optional(),
  ADOPT_UNKNOWN_IDENTITIES: z.enum(['adopt', 'hold'], 'must be adopt or hold').default('adopt'),
  NOTIFY_WEBHOOK_URL: httpUrl.optional(),
  NOTIFY_WEBHOOK_SECRET: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/=]{32,}$/, 'must be a Standard Webhooks secret: whsec_ and at least 24 bytes in base64')
    .optional(),
  WORKER_CONCURRENCY: positive.max(1000, 'must be at most 1000').default(50),
  SWEEP_EVERY_SECONDS: positive.default(300),
  DATABASE_WAIT_SECONDS: z.coerce.number('must be a number').min(0).default(30),
  ENCRYPTION_KEY: z
    .base64('must be base64')
    .refine((text) => Buffer.from(text, 'base64').length === 32, 'must be 32 bytes in base64 (openssl rand -base64 32)')
    .optional(),
  SANDBOX_PORT: port.optional(),
  SANDBOX_SEED: positive.optional(),
  SANDBOX_WEBHOOK_URL: httpUrl.optional(),
  WORKER_PORT: port.optional(),
})

/** The names of every variable, for the documentation's test and for `--help`. */
export const VARIABLE_NAMES: readonly string[] = Object.keys(Variables.shape)

export interface ListenPort {
  port: number
  /** The variable was set: a taken port is then an error, not a reason to move. */
  asked: boolean
}

/** Everything that can be set from outside, read once at start and passed down as arguments. */
export interface Config {
  mode: 'production' | 'development' | 'test'
  logLevel: string
  /** `null`: the embedded Postgres under `.gatehouse/`. */
  databaseUrl: string | null
  /** How long to wait for a database that does not answer at start, seconds. */
  databaseWaitSeconds: number
  /** `null`: BullMQ on Postgres. */
  redisUrl: string | null
  host: string
  /** Bounds of every server of this process. */
  http: { keepAliveMs: number; maxConnections: number; maxConnectionsPerAddress: number }
  /** Who may read `/metrics`: whoever has the token, everybody on a development machine, nobody in production without a token. */
  metricsAccess: 'open' | 'closed' | { token: string }
  receiver: ListenPort
  operator: ListenPort & { token: string | null }
  /** `webhookUrl` null: the receiver on `PORT`; `seed` null: another story at each start. */
  sandbox: ListenPort & { seed: number | null; webhookUrl: string | null }
  /** Health and metrics of a worker. */
  worker: ListenPort & { concurrency: number }
  /** `null`: the built-in simulator. */
  paxos: { apiUrl: string; tokenUrl: string; clientId: string; clientSecret: string } | null
  budget: BudgetLimits
  /** The class that the account endpoints count against: Paxos does not document it. */
  accountsClass: 'identity' | 'general'
  /** Longest wait for one answer of Paxos, milliseconds. */
  paxosTimeoutMs: number
  webhook: {
    authenticators: ('api-key' | 'oauth' | 'signature')[]
    apiKeyHeader: string
    /** `null`: made in development. */
    apiKeys: string[] | null
    oauthClients: { id: string; secret: string }[]
    signingSecrets: string[]
  }
  /** What a webhook for an identity that Gatehouse did not create leads to. */
  unknownIdentities: 'adopt' | 'hold'
  /** `null`: the log channel. */
  notifyWebhook: { url: string; secret: string } | null
  /** How often List Events is swept for what no webhook has brought, seconds. */
  sweepEverySeconds: number
  /** 32 bytes; `null`: made under `.gatehouse/` in development. */
  encryptionKey: Buffer | null
}

/**
 * Reads and checks the environment, over the lines of `.env` in `directory` where that file exists (the environment wins).
 * @throws ConfigError naming every bad variable at once; names, never values.
 */
export function loadConfig({ directory, env = process.env }: { directory: string; env?: NodeJS.ProcessEnv }): Config {
  const set: NodeJS.Dict<string> = Object.fromEntries(
    Object.entries({ ...readDotEnv(directory), ...env }).filter(([, value]) => value !== undefined && value !== ''),
  )
  const parsed = Variables.safeParse(set)
  const malformed = parsed.error?.issues.map(
    ({ path, message }) => `${String(path[0])} ${path.length > 1 ? `(item ${Number(path[1]) + 1}) ` : ''}${message}`,
  )
  const problems = [...(malformed ?? []), ...contradictions(set)]
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems)
  const v = parsed.data
  const { PAXOS_API_URL: apiUrl, PAXOS_TOKEN_URL: tokenUrl } = v
  return {
    mode: v.NODE_ENV,
    logLevel: v.LOG_LEVEL,
    databaseUrl: v.DATABASE_URL ?? null,
    databaseWaitSeconds: v.DATABASE_WAIT_SECONDS,
    redisUrl: v.REDIS_URL ?? null,
    host: v.HOST,
    http: {
      keepAliveMs: v.HTTP_KEEP_ALIVE_SECONDS * 1_000,
      maxConnections: v.HTTP_MAX_CONNECTIONS,
      maxConnectionsPerAddress: v.HTTP_MAX_CONNECTIONS_PER_ADDRESS,
    },
    metricsAccess: v.METRICS_TOKEN ? { token: v.METRICS_TOKEN } : v.NODE_ENV === 'production' ? 'closed' : 'open',
    receiver: { port: v.PORT ?? 8080, asked: v.PORT !== undefined },
    operator: { port: v.OPERATOR_PORT ?? 8081, asked: v.OPERATOR_PORT !== undefined, token: v.OPERATOR_TOKEN ?? null },
    sandbox: {
      port: v.SANDBOX_PORT ?? 8082,
      asked: v.SANDBOX_PORT !== undefined,
      seed: v.SANDBOX_SEED ?? null,
      webhookUrl: v.SANDBOX_WEBHOOK_URL ?? null,
    },
    worker: { port: v.WORKER_PORT ?? 8083, asked: v.WORKER_PORT !== undefined, concurrency: v.WORKER_CONCURRENCY },
    paxos:
      apiUrl && tokenUrl
        ? { apiUrl, tokenUrl, clientId: v.PAXOS_CLIENT_ID ?? 'sandbox', clientSecret: v.PAXOS_CLIENT_SECRET ?? 'sandbox' }
        : null,
    budget: v.PAXOS_BUDGET,
    accountsClass: v.PAXOS_ACCOUNTS_CLASS,
    paxosTimeoutMs: v.PAXOS_TIMEOUT_MS,
    webhook: {
      authenticators: v.WEBHOOK_AUTH,
      apiKeyHeader: v.WEBHOOK_API_KEY_HEADER,
      apiKeys: v.WEBHOOK_API_KEYS ?? null,
      oauthClients: v.WEBHOOK_OAUTH_CLIENTS ?? [],
      signingSecrets: v.WEBHOOK_SIGNING_SECRETS ?? [],
    },
    unknownIdentities: v.ADOPT_UNKNOWN_IDENTITIES,
    notifyWebhook: v.NOTIFY_WEBHOOK_URL && v.NOTIFY_WEBHOOK_SECRET ? { url: v.NOTIFY_WEBHOOK_URL, secret: v.NOTIFY_WEBHOOK_SECRET } : null,
    sweepEverySeconds: v.SWEEP_EVERY_SECONDS,
    encryptionKey: v.ENCRYPTION_KEY === undefined ? null : Buffer.from(v.ENCRYPTION_KEY, 'base64'),
  }
}

/** Each makes no sense, or means something else, without the other. */
const PAIRS = [
  ['PAXOS_API_URL', 'PAXOS_TOKEN_URL', 'the built-in simulator'],
  ['NOTIFY_WEBHOOK_URL', 'NOTIFY_WEBHOOK_SECRET', 'the log channel'],
] as const
/** What production must not leave to a default that was made for a development machine. */
const REQUIRED_IN_PRODUCTION = [
  'DATABASE_URL',
  'OPERATOR_TOKEN',
  'PAXOS_API_URL',
  'PAXOS_TOKEN_URL',
  'PAXOS_CLIENT_ID',
  'PAXOS_CLIENT_SECRET',
  'ENCRYPTION_KEY',
] as const
/** What each authenticator of WEBHOOK_AUTH lives on; development makes the API key itself. */
const AUTHENTICATORS = [
  ['oauth', 'WEBHOOK_OAUTH_CLIENTS', false],
  ['signature', 'WEBHOOK_SIGNING_SECRETS', false],
  ['api-key', 'WEBHOOK_API_KEYS', true],
] as const

/** What is well formed alone and wrong together. Looks at what was set, so that it is told along with what is malformed. */
function contradictions(set: NodeJS.Dict<string>): string[] {
  const problems: string[] = []
  for (const [one, other, otherwise] of PAIRS) {
    if ((set[one] === undefined) === (set[other] === undefined)) continue
    problems.push(`${set[one] === undefined ? one : other} is missing: set both or neither (neither means ${otherwise})`)
  }
  const production = set.NODE_ENV === 'production'
  const enabled = (set.WEBHOOK_AUTH ?? 'api-key').split(',').map((name) => name.trim())
  for (const [name, variable, onlyInProduction] of AUTHENTICATORS) {
    if (!enabled.includes(name) || set[variable] !== undefined || (onlyInProduction && !production)) continue
    problems.push(`${variable} is required: WEBHOOK_AUTH ${set.WEBHOOK_AUTH === undefined ? 'defaults to' : 'names'} ${name}`)
  }
  if (set.PORT !== undefined && set.PORT !== '0' && set.PORT === set.OPERATOR_PORT) {
    problems.push("OPERATOR_PORT must differ from PORT: the operator API never shares the receiver's port")
  }
  for (const name of REQUIRED_IN_PRODUCTION) {
    if (production && set[name] === undefined) problems.push(`${name} is required when NODE_ENV=production`)
  }
  return problems
}

const BudgetOverrides = z.partialRecord(z.enum(BUDGET_CLASSES), z.number().positive().nullable())

function parseBudget(text: string, context: z.core.$RefinementCtx<string>): BudgetLimits {
  if (text === 'documented') return DOCUMENTED
  if (text === 'off') return UNLIMITED
  try {
    return { ...DOCUMENTED, ...BudgetOverrides.parse(JSON.parse(text)) }
  } catch {
    context.addIssue(`must be documented, off, or JSON with requests per second for any of ${BUDGET_CLASSES.join(', ')} (null: no limit)`)
    return z.NEVER
  }
}

function readDotEnv(directory: string): NodeJS.Dict<string> {
  try {
    return parseEnv(readFileSync(`${directory}/.env`, 'utf8'))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {}
    throw new ConfigError([`.env cannot be read: ${error instanceof Error ? error.message : 'unknown reason'}`])
  }
}
