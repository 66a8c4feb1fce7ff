import type { z } from 'zod'
import type { AddressPolicy } from '../platform/address-policy.ts'
import { ConfigError } from '../platform/app-error.ts'
import { callsPaxos, contradictions } from './contradictions.ts'
import { readDotEnv, sayUnknown } from './dot-env.ts'
import { likelyName } from './likely-name.ts'
import { type ListenPort, listenPort } from './listen.ts'
import { outgoingPolicy } from './outgoing.ts'
import { type BudgetLimits, defaultFeatures, type PaxosFeature } from './paxos.ts'
import type { Role } from './role.ts'
import { fileVariable, readSecrets } from './secret-files.ts'
import type { SingleSignOn } from './single-sign-on.ts'
import { isReadBy, SECRET_NAMES, VARIABLE_NAMES, Variables } from './variables.ts'
import type { KeyPlace } from './vault.ts'
import { weakSecrets } from './weak-secrets.ts'

/** All settings, read once at start and passed down as arguments. */
export interface Config {
  /** The role whose variables were read. */
  role: Role
  mode: 'production' | 'development' | 'test'
  logLevel: string
  /** `null`: the embedded Postgres under `.gatehouse/`. */
  databaseUrl: string | null
  /** Postgres itself, if `databaseUrl` leads to PgBouncer; `null`: the same address. */
  databaseDirectUrl: string | null
  /** How long a start waits for a database that does not answer, seconds. */
  databaseWaitSeconds: number
  /** `null`: BullMQ on Postgres. */
  redisUrl: string | null
  host: string
  receiver: ListenPort
  /** `sessionIdleMs`: a session of the pages ends after this time without use, milliseconds. */
  operator: ListenPort & { token: string | null; sessionIdleMs: number }
  /** Login by single sign-on; `null`: off. */
  singleSignOn: SingleSignOn | null
  /**
   * `url`: its address if it runs elsewhere; `null`: on its port here. `webhookUrl` null: the receiver on `PORT`. `seed` null: another
   * story at each start.
   */
  sandbox: ListenPort & { url: string | null; seed: number | null; webhookUrl: string | null }
  /** Health and metrics of a worker. */
  worker: ListenPort & { concurrency: number }
  /** Limits of every server of this process. */
  http: { keepAliveMs: number; maxConnections: number; maxConnectionsPerAddress: number }
  /** Proxies whose `X-Forwarded-For` names the sender, in CIDR notation. */
  trustedProxies: readonly string[]
  /** Names in `Host` that the operator's server accepts; `null`: all. */
  allowedHosts: readonly string[] | null
  /**
   * Who may read `/metrics`: a caller with the token; without a token every caller on a development machine, and no caller in production.
   */
  metricsAccess: 'open' | 'closed' | { token: string }
  /** `null`: the built-in simulator. */
  paxos: { apiUrl: string; tokenUrl: string; clientId: string; clientSecret: string } | null
  budget: BudgetLimits
  /** The budget class of the account endpoints, which Paxos does not document. */
  accountsClass: 'identity' | 'general'
  /** Paxos features that Gatehouse uses besides onboarding. */
  paxosFeatures: readonly PaxosFeature[]
  /** Longest wait for one answer of Paxos, milliseconds. */
  paxosTimeoutMs: number
  webhook: {
    authenticators: ('api-key' | 'oauth' | 'signature')[]
    /** Addresses that webhooks may come from, in CIDR notation; `null`: any. */
    allowedAddresses: readonly string[] | null
    apiKeyHeader: string
    /** `null`: generated in development. */
    apiKeys: string[] | null
    oauthClients: { id: string; secret: string }[]
    signingSecrets: string[]
  }
  /** What happens to an identity that Gatehouse did not create, at its first webhook. */
  unknownIdentities: 'adopt' | 'hold'
  /** `null`: the log channel. */
  notifyWebhook: { url: string; secret: string } | null
  alerts: AlertConfig
  /** Addresses that this process may connect to when it calls Paxos, the application and the receivers of alerts. */
  outgoing: AddressPolicy
  /** Interval of sweeps over List Events for events that no webhook brought, seconds. */
  sweepEverySeconds: number
  /** Interval of polls over List Identities for changes that no event reports, seconds. */
  identityPollSeconds: number
  /** A replay of more events than this needs two people; `null`: one is enough. */
  replaySecondPersonAbove: number | null
  /** 32 bytes; `null`: generated under `.gatehouse/` in development, or not for this role. */
  encryptionKey: Buffer | null
  /** Further keys of 32 bytes that may have wrapped data keys: the old one during a rotation. */
  acceptedKeys: readonly Buffer[]
  /** Where data keys are kept; `null`: in the database itself. */
  vaultKeys: KeyPlace | null
  /** Settings without effect: one sentence each, for a person. */
  warnings: readonly string[]
  /** Faults of all configured secrets, also those of other roles: refused beside the real Paxos, accepted beside a simulator. */
  weakSecrets: readonly string[]
}

/** Where and when problems are reported to operators. */
export interface AlertConfig {
  /** `null`: no alerts by webhook. `secret` null: they are not signed. */
  webhook: { url: string; secret: string | null } | null
  /** `null`: no alerts by e-mail. */
  email: { smtpUrl: string; from: string; to: readonly string[] } | null
  /** The lowest severity that opens an incident. */
  severity: 'fault' | 'warning'
  /** How long a problem must last before it is reported, seconds. */
  afterSeconds: number
  /** A daily window in UTC in which only critical alerts go out. */
  quietHours: { fromMinute: number; toMinute: number } | null
  /** `null`: no heartbeat. */
  heartbeatSeconds: number | null
  /** The address of your copy of docs/operations.md; `null`: its path in the repository. */
  runbookUrl: string | null
}

const FILE_NAMES = SECRET_NAMES.map(fileVariable)
const KNOWN: readonly string[] = [...VARIABLE_NAMES, ...FILE_NAMES]
/** Prefixes that other variables hardly have: an unknown name with one of them is a slip. */
const OUR_PREFIXES = /^(PAXOS|WEBHOOK|NOTIFY|SANDBOX|OPERATOR|WORKER|SWEEP|ADOPT|ENCRYPTION|VAULT|ALERT|OIDC)_/

/**
 * Reads and checks the variables of `role` from the environment and from the file `.env` in `directory`, if it exists. The environment
 * wins. An empty value counts as not set, in either place. Variables of other roles are left out.
 * @throws ConfigError naming every bad variable at once; names, never values
 */
export function loadConfig({
  directory,
  env = process.env,
  role = 'start',
}: {
  directory: string
  env?: NodeJS.ProcessEnv
  role?: Role
}): Config {
  const file = readDotEnv(directory, KNOWN)
  const given = { ...withoutEmpty(file.values), ...withoutEmpty(env) }
  const secrets = readSecrets(readBy(role, given))
  const parsed = Variables.safeParse(secrets.values)
  const issues = parsed.error?.issues ?? []
  const malformed = issues.map(
    ({ path, message }) => `${String(path[0])} ${path.length > 1 ? `(item ${Number(path[1]) + 1}) ` : ''}${message}`,
  )
  const names = new Set(issues.map(({ path }) => String(path[0])))
  const wrongTogether = contradictions({ ...secrets.values, NODE_TLS_REJECT_UNAUTHORIZED: env.NODE_TLS_REJECT_UNAUTHORIZED }, role).filter(
    (problem) => !names.has(problem.split(' ')[0] ?? ''),
  )
  const problems = [...malformed, ...secrets.problems, ...wrongTogether]
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems)
  return {
    role,
    ...toConfig(parsed.data, { besidePaxos: callsPaxos(secrets.values) }),
    outgoing: outgoingPolicy(secrets.values),
    warnings: [...file.warnings, ...slips(env)],
    weakSecrets: weakSecrets({ ...given, ...secrets.values }),
  }
}

function withoutEmpty(values: NodeJS.Dict<string>): NodeJS.Dict<string> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== ''))
}

/** The variables that the role reads, with secrets given as files. */
function readBy(role: Role, values: NodeJS.Dict<string>): NodeJS.Dict<string> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => isReadBy(role, FILE_NAMES.includes(name) ? name.slice(0, -5) : name)))
}

/** Names in the environment that differ from one of ours by a slip. Other names are not ours to judge. */
function slips(env: NodeJS.ProcessEnv): string[] {
  return Object.keys(env)
    .filter((name) => OUR_PREFIXES.test(name) && !KNOWN.includes(name) && likelyName(name, KNOWN) !== null)
    .map((name) => sayUnknown(name, KNOWN))
}

/** The parts of the configuration from the checked variables. One list, so that each variable is seen where it goes. */
function toConfig(
  v: z.output<typeof Variables>,
  { besidePaxos }: { besidePaxos: boolean },
): Omit<Config, 'role' | 'outgoing' | 'warnings' | 'weakSecrets'> {
  const { PAXOS_API_URL: apiUrl, PAXOS_TOKEN_URL: tokenUrl } = v
  return {
    mode: v.NODE_ENV,
    logLevel: v.LOG_LEVEL,
    databaseUrl: v.DATABASE_URL ?? null,
    databaseDirectUrl: v.DATABASE_DIRECT_URL ?? null,
    databaseWaitSeconds: v.DATABASE_WAIT_SECONDS,
    redisUrl: v.REDIS_URL ?? null,
    host: v.HOST,
    receiver: listenPort(v.PORT, 8080),
    operator: {
      ...listenPort(v.OPERATOR_PORT, 8081),
      token: v.OPERATOR_TOKEN ?? null,
      sessionIdleMs: v.OPERATOR_SESSION_IDLE_MINUTES * 60_000,
    },
    singleSignOn: singleSignOn(v),
    sandbox: {
      ...listenPort(v.SANDBOX_PORT, 8082),
      url: v.SANDBOX_URL ?? null,
      seed: v.SANDBOX_SEED ?? null,
      webhookUrl: v.SANDBOX_WEBHOOK_URL ?? null,
    },
    worker: { ...listenPort(v.WORKER_PORT, 8083), concurrency: v.WORKER_CONCURRENCY },
    http: {
      keepAliveMs: v.HTTP_KEEP_ALIVE_SECONDS * 1_000,
      maxConnections: v.HTTP_MAX_CONNECTIONS,
      maxConnectionsPerAddress: v.HTTP_MAX_CONNECTIONS_PER_ADDRESS,
    },
    trustedProxies: v.TRUSTED_PROXIES ?? [],
    allowedHosts: v.ALLOWED_HOSTS ?? null,
    metricsAccess: v.METRICS_TOKEN ? { token: v.METRICS_TOKEN } : v.NODE_ENV === 'production' ? 'closed' : 'open',
    paxos:
      apiUrl && tokenUrl
        ? { apiUrl, tokenUrl, clientId: v.PAXOS_CLIENT_ID ?? 'sandbox', clientSecret: v.PAXOS_CLIENT_SECRET ?? 'sandbox' }
        : null,
    budget: v.PAXOS_BUDGET,
    accountsClass: v.PAXOS_ACCOUNTS_CLASS,
    paxosFeatures: v.PAXOS_FEATURES ?? defaultFeatures({ besidePaxos }),
    paxosTimeoutMs: v.PAXOS_TIMEOUT_MS,
    webhook: {
      authenticators: v.WEBHOOK_AUTH,
      allowedAddresses: v.WEBHOOK_ALLOWED_ADDRESSES ?? null,
      apiKeyHeader: v.WEBHOOK_API_KEY_HEADER,
      apiKeys: v.WEBHOOK_API_KEYS ?? null,
      oauthClients: v.WEBHOOK_OAUTH_CLIENTS ?? [],
      signingSecrets: v.WEBHOOK_SIGNING_SECRETS ?? [],
    },
    unknownIdentities: v.ADOPT_UNKNOWN_IDENTITIES,
    notifyWebhook: v.NOTIFY_WEBHOOK_URL && v.NOTIFY_WEBHOOK_SECRET ? { url: v.NOTIFY_WEBHOOK_URL, secret: v.NOTIFY_WEBHOOK_SECRET } : null,
    alerts: toAlerts(v),
    sweepEverySeconds: v.SWEEP_EVERY_SECONDS,
    identityPollSeconds: v.IDENTITY_POLL_SECONDS,
    replaySecondPersonAbove: v.REPLAY_SECOND_PERSON_ABOVE,
    encryptionKey: v.ENCRYPTION_KEY === undefined ? null : Buffer.from(v.ENCRYPTION_KEY, 'base64'),
    acceptedKeys: v.ENCRYPTION_KEYS_ACCEPTED.map((key) => Buffer.from(key, 'base64')),
    vaultKeys: v.VAULT_KEYS_URL ?? null,
  }
}

function toAlerts(v: z.output<typeof Variables>): AlertConfig {
  const { ALERT_WEBHOOK_URL: url, ALERT_SMTP_URL: smtpUrl, ALERT_EMAIL_FROM: from, ALERT_EMAIL_TO: to } = v
  return {
    webhook: url === undefined ? null : { url, secret: v.ALERT_WEBHOOK_SECRET ?? null },
    email: smtpUrl && from && to ? { smtpUrl, from, to } : null,
    severity: v.ALERT_SEVERITY,
    afterSeconds: v.ALERT_AFTER_SECONDS,
    quietHours: v.ALERT_QUIET_HOURS ?? null,
    heartbeatSeconds: v.ALERT_HEARTBEAT_MINUTES === null ? null : v.ALERT_HEARTBEAT_MINUTES * 60,
    runbookUrl: v.ALERT_RUNBOOK_URL ?? null,
  }
}

function singleSignOn(v: z.output<typeof Variables>): SingleSignOn | null {
  const {
    OIDC_ISSUER: issuer,
    OIDC_CLIENT_ID: clientId,
    OIDC_CLIENT_SECRET: clientSecret,
    OIDC_REDIRECT_URL: redirectUrl,
    OIDC_ROLES: roles,
  } = v
  if (!issuer || !clientId || !clientSecret || !redirectUrl || !roles) return null
  const claims = { scopes: v.OIDC_SCOPES, roleClaim: v.OIDC_ROLE_CLAIM, nameClaim: v.OIDC_NAME_CLAIM }
  return { issuer, clientId, clientSecret, redirectUrl, roles, ...claims }
}

/** This process's environment with these changes, for a role that is started as a process of its own. */
export function environmentWith(changes: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return { ...process.env, ...changes }
}
