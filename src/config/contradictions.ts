import ipaddr from 'ipaddr.js'
import { addressKind, allowsAddress } from '../platform/address-policy.ts'
import { isPooled } from '../platform/postgres/database-url.ts'
import { isLoopback } from './loopback.ts'
import { DESTINATIONS, outgoingPolicy } from './outgoing.ts'
import type { Role } from './role.ts'
import { isReadBy } from './variables.ts'
import { weakSecrets } from './weak-secrets.ts'

/** Pairs of variables: each makes no sense, or means something else, without the other. */
const PAIRS = [
  ['PAXOS_API_URL', 'PAXOS_TOKEN_URL', 'the built-in simulator'],
  ['NOTIFY_WEBHOOK_URL', 'NOTIFY_WEBHOOK_SECRET', 'the log channel'],
] as const
const MAIL = ['ALERT_SMTP_URL', 'ALERT_EMAIL_FROM', 'ALERT_EMAIL_TO'] as const
/** Variables that production must not leave to a development default, for the roles that read them. */
const REQUIRED_IN_PRODUCTION = ['DATABASE_URL', 'OPERATOR_TOKEN', 'ENCRYPTION_KEY'] as const
/** Likewise, unless SANDBOX_URL requests the simulator. */
const REQUIRED_BESIDE_PAXOS = ['PAXOS_API_URL', 'PAXOS_TOKEN_URL', 'PAXOS_CLIENT_ID', 'PAXOS_CLIENT_SECRET'] as const
/** The variables of each authenticator of WEBHOOK_AUTH. Development generates the API key itself. */
const AUTHENTICATORS = [
  ['oauth', 'WEBHOOK_OAUTH_CLIENTS', false],
  ['signature', 'WEBHOOK_SIGNING_SECRETS', false],
  ['api-key', 'WEBHOOK_API_KEYS', true],
] as const

/** What single sign-on needs. */
const SIGN_ON = ['OIDC_ISSUER', 'OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET', 'OIDC_REDIRECT_URL', 'OIDC_ROLES'] as const

type Values = NodeJS.Dict<string>

/**
 * Variables that are well formed alone and wrong together: one sentence each, starting with a variable. It takes the raw values, so that
 * these faults are reported together with malformed ones. It checks only what `role` reads.
 */
export function contradictions(set: Values, role: Role): string[] {
  return [
    ...halves(set, role),
    ...alerts(set, role),
    ...singleSignOn(set, role),
    ...authenticators(set, role),
    ...ports(set),
    ...requirements(set, role),
    ...simulator(set, role),
    ...pooler(set),
    ...destinations(set, role),
    ...certificates(set),
    ...keyPlaces(set),
    ...(callsPaxos(set) ? [...plainHttp(set), ...weakSecrets(set)] : []),
  ]
}

/**
 * Whether the upstream is Paxos. In production it is, unless SANDBOX_URL requests the simulator. Elsewhere it is when PAXOS_API_URL leads
 * beyond this machine.
 */
export function callsPaxos(set: Values): boolean {
  if (set.PAXOS_API_URL !== undefined) return set.NODE_ENV === 'production' || !isLoopback(set.PAXOS_API_URL)
  return set.NODE_ENV === 'production' && set.SANDBOX_URL === undefined
}

function halves(set: Values, role: Role): string[] {
  return PAIRS.filter(([one, other]) => isReadBy(role, one) && isReadBy(role, other)).flatMap(([one, other, otherwise]) => {
    if ((set[one] === undefined) === (set[other] === undefined)) return []
    return [`${set[one] === undefined ? one : other} is missing: set both or neither (neither means ${otherwise})`]
  })
}

/** Mail needs all three variables, and a secret needs an address. */
function alerts(set: Values, role: Role): string[] {
  if (!isReadBy(role, 'ALERT_SMTP_URL')) return []
  const missing = MAIL.filter((name) => set[name] === undefined)
  const orphan = set.ALERT_WEBHOOK_SECRET !== undefined && set.ALERT_WEBHOOK_URL === undefined
  return [
    ...(missing.length < MAIL.length ? missing.map((name) => `${name} is missing: alerts by e-mail need ${MAIL.join(', ')}`) : []),
    ...(orphan ? ['ALERT_WEBHOOK_URL is missing: ALERT_WEBHOOK_SECRET signs the alerts that go there'] : []),
  ]
}

/** All or none; and plain HTTP only to this machine, because the provider says who an operator is. */
function singleSignOn(set: Values, role: Role): string[] {
  if (!isReadBy(role, 'OIDC_ISSUER') || SIGN_ON.every((name) => set[name] === undefined)) return []
  const missing = SIGN_ON.filter((name) => set[name] === undefined)
  const plain = ['OIDC_ISSUER', 'OIDC_REDIRECT_URL'].filter((name) => /^http:/i.test(set[name] ?? '') && !isLoopback(set[name] ?? ''))
  return [
    ...missing.map((name) => `${name} is missing: single sign-on needs ${SIGN_ON.join(', ')}`),
    ...plain.map((name) => `${name} must be https:// beyond this machine`),
  ]
}

function authenticators(set: Values, role: Role): string[] {
  if (!isReadBy(role, 'WEBHOOK_AUTH')) return []
  const enabled = (set.WEBHOOK_AUTH ?? 'api-key').split(',').map((name) => name.trim())
  return AUTHENTICATORS.filter(
    ([name, variable, inProduction]) =>
      enabled.includes(name) && set[variable] === undefined && !(inProduction && set.NODE_ENV !== 'production'),
  ).map(([name, variable]) => `${variable} is required: WEBHOOK_AUTH ${set.WEBHOOK_AUTH === undefined ? 'defaults to' : 'names'} ${name}`)
}

function ports(set: Values): string[] {
  if (set.PORT === undefined || set.PORT === '0' || set.PORT !== set.OPERATOR_PORT) return []
  return ["OPERATOR_PORT must differ from PORT: the operator API never shares the receiver's port"]
}

function requirements(set: Values, role: Role): string[] {
  if (set.NODE_ENV !== 'production') return []
  const besidePaxos = callsPaxos(set) && isReadBy(role, 'PAXOS_CLIENT_SECRET') ? REQUIRED_BESIDE_PAXOS : []
  return [...REQUIRED_IN_PRODUCTION, ...besidePaxos]
    .filter((name) => isReadBy(role, name) && set[name] === undefined)
    .map((name) => `${name} is required when NODE_ENV=production`)
}

/** A simulator must not run beside the real Paxos: it has no password, and its events look like Paxos's. */
function simulator(set: Values, role: Role): string[] {
  if (role !== 'sandbox' || set.NODE_ENV !== 'production' || !callsPaxos(set)) return []
  return [
    'SANDBOX_URL is required when NODE_ENV=production, and PAXOS_API_URL must not be set: the simulator runs only if SANDBOX_URL names it',
  ]
}

/** Migrations and a queue on Postgres need sessions of their own, which PgBouncer in transaction mode does not give. */
function pooler(set: Values): string[] {
  const direct = set.DATABASE_DIRECT_URL
  const pooled = (url: string | undefined): boolean => {
    try {
      return url !== undefined && isPooled(url)
    } catch {
      return false // reported as malformed
    }
  }
  if (pooled(direct)) return ['DATABASE_DIRECT_URL must name Postgres itself, without pgbouncer=true']
  if (!pooled(set.DATABASE_URL) || direct !== undefined) return []
  return [
    'DATABASE_DIRECT_URL is required: DATABASE_URL leads to PgBouncer (pgbouncer=true), and migrations and the queue need Postgres itself',
  ]
}

/** Plain HTTP would send credentials and personal data unencrypted. */
function plainHttp(set: Values): string[] {
  return ['PAXOS_API_URL', 'PAXOS_TOKEN_URL']
    .filter((name) => /^http:/i.test(set[name] ?? '') && !isLoopback(set[name] ?? ''))
    .map((name) => `${name} must be https:// beyond this machine (for a simulator elsewhere, set SANDBOX_URL instead)`)
}

/** Addresses that the policy forbids. A name is looked up at the connection. */
function destinations(set: Values, role: Role): string[] {
  const policy = outgoingPolicy(set)
  return DESTINATIONS.filter((name) => isReadBy(role, name)).flatMap((name) => {
    const host = hostOf(set[name])
    if (host === null || !ipaddr.isValid(host) || allowsAddress(policy, host)) return []
    return [`${name} leads to ${host} (${addressKind(host)}), which is not allowed: set another address, or add it to OUTGOING_NETWORKS`]
  })
}

function hostOf(url: string | undefined): string | null {
  if (url === undefined || !URL.canParse(url)) return null // reported as malformed
  const host = new URL(url).hostname.replace(/^\[(.*)\]$/, '$1')
  return host === 'localhost' ? '127.0.0.1' : host
}

/** Keys in the database of the data would be in its backup. */
function keyPlaces({ VAULT_KEYS_URL: keys, DATABASE_URL: data }: Values): string[] {
  return keys !== undefined && keys === data ? ['VAULT_KEYS_URL is the same as DATABASE_URL: name another database, or leave it out'] : []
}

/** Node's own switch: with it, anyone on the network can read Paxos's secret and people's data. */
function certificates(set: Values): string[] {
  if (set.NODE_ENV !== 'production' || set.NODE_TLS_REJECT_UNAUTHORIZED !== '0') return []
  return ['NODE_TLS_REJECT_UNAUTHORIZED must not be 0 when NODE_ENV=production: name your own CA with NODE_EXTRA_CA_CERTS instead']
}
