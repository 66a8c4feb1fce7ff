import { isLoopback } from './loopback.ts'

/** Secrets printed in this repository (.env.example, docker-compose.yml, the documentation), so publicly known. A test compares. */
const PUBLIC_SECRETS: ReadonlySet<string> = new Set([
  'development-only-operator-token',
  'development-only-webhook-key',
  'ZGV2ZWxvcG1lbnQtb25seS1lbmNyeXB0aW9uLWtleSE=',
  'a-token-of-at-least-16-characters',
  'a-metrics-token-of-16-characters',
  'the-key-of-today',
  'the-key-of-tomorrow',
  'a-secret-of-at-least-16-characters',
  'your-client-secret',
  'the-client-secret-at-the-provider',
  'whsec_ZG9jcy1vbmx5LXNlY3JldC1vZi0yNC1ieXRlcw==',
  'ZG9jcy1vbmx5LWVuY3J5cHRpb24ta2V5LTMyLWJ5dCE=',
])
/** A secret with fewer different characters (or bytes, for a base64 key) was typed and not generated. 16 random bytes have 10 or more. */
const LEAST_VARIETY = 8

type Named = readonly [name: string, secret: string]

/**
 * Faults of the configured secrets: one sentence each, starting with the variable and repeating no value. Known from this repository, too
 * little variety, or equal to another. `loadConfig` refuses to start with one beside the real Paxos; `doctor` shows the same.
 */
export function weakSecrets(set: NodeJS.Dict<string>): string[] {
  // The secret that a simulator on this machine accepts as Paxos's does not matter.
  const named = secretsIn(set).filter(([name]) => name !== 'PAXOS_CLIENT_SECRET' || !isLoopback(set.PAXOS_API_URL ?? ''))
  const problems: string[] = []
  for (const [index, [name, secret]] of named.entries()) {
    const twin = named.slice(0, index).find(([other, value]) => value === secret && (other !== name || isSeveral(name)))
    if (PUBLIC_SECRETS.has(secret)) problems.push(`${name} is printed in Gatehouse's public repository: create your own`)
    else if (variety(name, secret) < LEAST_VARIETY)
      problems.push(`${name} has too little variety for a secret: create a random one (openssl rand -base64 32)`)
    if (twin && !PUBLIC_SECRETS.has(secret))
      problems.push(`${name} is the same as ${twin[0] === name ? 'another of its own values' : twin[0]}: each secret must be different`)
  }
  return [...new Set(problems)]
}

const isSeveral = (name: string): boolean =>
  name === 'WEBHOOK_API_KEYS' || name === 'ENCRYPTION_KEYS_ACCEPTED' || name === 'WEBHOOK_SIGNING_SECRETS'

function secretsIn(set: NodeJS.Dict<string>): Named[] {
  const each = (name: string): string[] =>
    (set[name] ?? '')
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '')
  const one = (name: string): Named[] => (set[name] === undefined ? [] : [[name, set[name]]])
  return [
    ...one('OPERATOR_TOKEN'),
    ...one('METRICS_TOKEN'),
    ...one('ENCRYPTION_KEY'),
    ...each('ENCRYPTION_KEYS_ACCEPTED').map((key): Named => ['ENCRYPTION_KEYS_ACCEPTED', key]),
    ...one('PAXOS_CLIENT_SECRET'),
    ...one('OIDC_CLIENT_SECRET'),
    ...each('WEBHOOK_API_KEYS').map((key): Named => ['WEBHOOK_API_KEYS', key]),
    ...each('WEBHOOK_OAUTH_CLIENTS').map((pair): Named => ['WEBHOOK_OAUTH_CLIENTS', pair.slice(pair.indexOf(':') + 1)]),
    ...each('WEBHOOK_SIGNING_SECRETS').map((secret): Named => ['WEBHOOK_SIGNING_SECRETS', secret]),
    ...one('NOTIFY_WEBHOOK_SECRET'),
    ...one('ALERT_WEBHOOK_SECRET'),
  ]
}

/** Number of different characters of a secret, or of bytes of a base64 key. */
function variety(name: string, secret: string): number {
  if (!name.startsWith('ENCRYPTION_KEY') && !secret.startsWith('whsec_')) return new Set(secret).size
  return new Set(Buffer.from(secret.replace(/^whsec_/, ''), 'base64')).size
}
