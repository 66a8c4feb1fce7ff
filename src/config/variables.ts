import { z } from 'zod'
import { ALERT } from './alert.ts'
import { DATABASE } from './database.ts'
import { HTTP } from './http.ts'
import { LISTEN } from './listen.ts'
import { NOTIFY } from './notify.ts'
import { OPERATOR } from './operator.ts'
import { OUTGOING } from './outgoing.ts'
import { PAXOS } from './paxos.ts'
import { PROCESS } from './process.ts'
import { QUEUE } from './queue.ts'
import type { Role } from './role.ts'
import { SANDBOX } from './sandbox.ts'
import { SINGLE_SIGN_ON } from './single-sign-on.ts'
import { VAULT } from './vault.ts'
import { WEBHOOK } from './webhook.ts'
import { WORKER } from './worker.ts'

/** Every variable that Gatehouse reads. docs/configuration.md explains each; a test compares the two. */
export const Variables = z.object({
  ...PROCESS,
  ...DATABASE,
  ...QUEUE,
  ...LISTEN,
  ...HTTP,
  ...OPERATOR,
  ...SINGLE_SIGN_ON,
  ...VAULT,
  ...PAXOS,
  ...WEBHOOK,
  ...NOTIFY,
  ...ALERT,
  ...OUTGOING,
  ...WORKER,
  ...SANDBOX,
})
export type VariableName = keyof typeof Variables.shape

/** The names of all variables, for the documentation's test and for `--help`. */
export const VARIABLE_NAMES: readonly string[] = Object.keys(Variables.shape)

/** Secrets that may also be given as a file: `NAME_FILE` has its path, as Docker and Kubernetes mount secrets. */
export const SECRET_NAMES = [
  'DATABASE_URL',
  'DATABASE_DIRECT_URL',
  'REDIS_URL',
  'OPERATOR_TOKEN',
  'OIDC_CLIENT_SECRET',
  'METRICS_TOKEN',
  'ENCRYPTION_KEY',
  'ENCRYPTION_KEYS_ACCEPTED',
  'VAULT_KEYS_URL',
  'PAXOS_CLIENT_SECRET',
  'WEBHOOK_API_KEYS',
  'WEBHOOK_OAUTH_CLIENTS',
  'WEBHOOK_SIGNING_SECRETS',
  'NOTIFY_WEBHOOK_SECRET',
  'ALERT_WEBHOOK_URL',
  'ALERT_WEBHOOK_SECRET',
  'ALERT_SMTP_URL',
] as const satisfies readonly VariableName[]

const STORES: readonly Role[] = ['receiver', 'worker', 'operator', 'commands', 'migrate']
const CALLERS: readonly Role[] = ['worker', 'operator', 'commands']
const ROLES: readonly Role[] = ['receiver', 'worker', 'operator']
const SERVERS: readonly Role[] = [...ROLES, 'sandbox']
const EVERY: readonly Role[] = [...SERVERS, 'commands', 'migrate']

/**
 * The roles that read a variable and get its value: a receiver has neither Paxos's secret nor the encryption key. `start` reads them all.
 * Every role reads Paxos's address: beside the real Paxos, secrets that this repository prints are refused.
 */
export const READ_BY: Readonly<Record<VariableName, readonly Role[]>> = {
  NODE_ENV: EVERY,
  LOG_LEVEL: EVERY,
  DATABASE_URL: STORES,
  DATABASE_DIRECT_URL: STORES,
  DATABASE_WAIT_SECONDS: STORES,
  REDIS_URL: ['receiver', 'worker', 'operator', 'commands'],
  HOST: SERVERS,
  PORT: ['receiver', 'sandbox'],
  OPERATOR_PORT: ['operator'],
  WORKER_PORT: ['worker'],
  ALLOWED_HOSTS: ['operator'],
  TRUSTED_PROXIES: ['receiver', 'operator'],
  METRICS_TOKEN: ROLES,
  HTTP_KEEP_ALIVE_SECONDS: ROLES,
  HTTP_MAX_CONNECTIONS: ROLES,
  HTTP_MAX_CONNECTIONS_PER_ADDRESS: ROLES,
  OPERATOR_TOKEN: ['operator'],
  OPERATOR_SESSION_IDLE_MINUTES: ['operator'],
  OIDC_ISSUER: ['operator'],
  OIDC_CLIENT_ID: ['operator'],
  OIDC_CLIENT_SECRET: ['operator'],
  OIDC_REDIRECT_URL: ['operator'],
  OIDC_ROLES: ['operator'],
  OIDC_ROLE_CLAIM: ['operator'],
  OIDC_NAME_CLAIM: ['operator'],
  OIDC_SCOPES: ['operator'],
  REPLAY_SECOND_PERSON_ABOVE: ['operator', 'commands'],
  ENCRYPTION_KEY: CALLERS,
  ENCRYPTION_KEYS_ACCEPTED: CALLERS,
  VAULT_KEYS_URL: CALLERS,
  PAXOS_API_URL: EVERY,
  PAXOS_TOKEN_URL: CALLERS,
  PAXOS_CLIENT_ID: CALLERS,
  PAXOS_CLIENT_SECRET: CALLERS,
  PAXOS_BUDGET: CALLERS,
  PAXOS_ACCOUNTS_CLASS: CALLERS,
  PAXOS_FEATURES: CALLERS,
  PAXOS_TIMEOUT_MS: CALLERS,
  WEBHOOK_AUTH: ['receiver'],
  WEBHOOK_ALLOWED_ADDRESSES: ['receiver'],
  WEBHOOK_API_KEY_HEADER: ['receiver', 'sandbox'],
  WEBHOOK_API_KEYS: ['receiver', 'sandbox'],
  WEBHOOK_OAUTH_CLIENTS: ['receiver'],
  WEBHOOK_SIGNING_SECRETS: ['receiver'],
  NOTIFY_WEBHOOK_URL: ['worker', 'commands'],
  NOTIFY_WEBHOOK_SECRET: ['worker', 'commands'],
  ALERT_WEBHOOK_URL: CALLERS,
  ALERT_WEBHOOK_SECRET: CALLERS,
  ALERT_SMTP_URL: CALLERS,
  ALERT_EMAIL_FROM: CALLERS,
  ALERT_EMAIL_TO: CALLERS,
  ALERT_SEVERITY: CALLERS,
  ALERT_AFTER_SECONDS: CALLERS,
  ALERT_QUIET_HOURS: CALLERS,
  ALERT_HEARTBEAT_MINUTES: CALLERS,
  ALERT_RUNBOOK_URL: CALLERS,
  OUTGOING_NETWORKS: CALLERS,
  WORKER_CONCURRENCY: CALLERS,
  SWEEP_EVERY_SECONDS: ['worker'],
  IDENTITY_POLL_SECONDS: ['worker'],
  ADOPT_UNKNOWN_IDENTITIES: CALLERS,
  SANDBOX_PORT: ['sandbox', ...CALLERS],
  SANDBOX_SEED: ['sandbox'],
  SANDBOX_URL: EVERY,
  SANDBOX_WEBHOOK_URL: ['sandbox'],
}

export function isReadBy(role: Role, name: string): boolean {
  return role === 'start' || (READ_BY[name as VariableName]?.includes(role) ?? false) // undefined for an unknown name
}
