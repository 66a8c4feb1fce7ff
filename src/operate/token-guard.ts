import { Counter, type Registry } from 'prom-client'
import { atMostEvery } from '../platform/at-most-every.ts'
import { isOperatorToken } from './operator-token.ts'

const WINDOW_MS = 60_000
/** Wrong tokens in a window: from one network, and from all together. */
const MOST_OF_NETWORK = 60
const MOST_IN_ALL = 600
/** For how long a network counts as one from which the right token came. */
const TRUSTED_MS = 3_600_000
/** Networks that are remembered at most; the one that was heard of longest ago is forgotten first. */
const MOST_NETWORKS = 10_000
const WARN_EVERY_MS = 10_000
const AUDIT_EVERY_MS = 60_000

export type Face = 'api' | 'pages'
export type TokenVerdict = 'right' | 'wrong' | { waitSeconds: number }

/**
 * Checks the operator token, and makes guessing slow and visible: every check is counted, wrong ones are logged and audited.
 *
 * A network that has shown more than 60 wrong tokens in a minute is refused unchecked, unless the right one came from there within the hour:
 * behind a proxy the application and an attacker share an address, and the application must not be locked out. When all networks together
 * have shown more than 600, wrong tokens are answered with a wait and right ones still open.
 */
export interface TokenGuard {
  check(given: string, from: { address: string; face: Face }): TokenVerdict
}

export interface TokenGuardOptions {
  token: string
  metrics: Registry
  /** Told at most once in ten seconds, with how many wrong tokens it stands for. */
  warn(seen: { count: number; face: Face; network: string }): void
  /** Told at most once a minute. */
  record(seen: { count: number; face: Face; network: string }): void
  /** Milliseconds since 1970. */
  now: () => number
}

interface Network {
  failures: number
  windowStartedAt: number
  trustedUntil: number
}

export function createTokenGuard({ token, metrics, warn, record, now }: TokenGuardOptions): TokenGuard {
  const checks = new Counter({
    name: 'gatehouse_operator_token_checks_total',
    help: 'Checks of the operator token, by face (api, pages) and result: right, wrong, limited (refused for too many wrong ones).',
    labelNames: ['face', 'result'],
    registers: [metrics],
  })
  const networks = new Map<string, Network>()
  const all: Network = { failures: 0, windowStartedAt: 0, trustedUntil: 0 }
  const warnSometimes = atMostEvery(WARN_EVERY_MS, (count: number, face: Face, network: string) => warn({ count, face, network }), now)
  const recordSometimes = atMostEvery(AUDIT_EVERY_MS, (count: number, face: Face, network: string) => record({ count, face, network }), now)

  const heardOf = (name: string): Network => {
    const known = networks.get(name) ?? { failures: 0, windowStartedAt: now(), trustedUntil: 0 }
    networks.delete(name)
    networks.set(name, known)
    const oldest = networks.size > MOST_NETWORKS ? networks.keys().next().value : undefined
    if (oldest !== undefined) networks.delete(oldest)
    return known
  }
  const failuresOf = (counted: Network): number => {
    if (now() - counted.windowStartedAt >= WINDOW_MS) Object.assign(counted, { failures: 0, windowStartedAt: now() })
    return counted.failures
  }

  return {
    check: (given, { address, face }) => {
      const name = networkOf(address)
      const network = heardOf(name)
      const overOfNetwork = failuresOf(network) >= MOST_OF_NETWORK
      const unchecked = overOfNetwork && network.trustedUntil <= now()
      if (!unchecked && isOperatorToken(given, token)) {
        network.trustedUntil = now() + TRUSTED_MS
        checks.inc({ face, result: 'right' })
        return 'right'
      }
      const limited = overOfNetwork || failuresOf(all) >= MOST_IN_ALL
      network.failures += 1
      all.failures += 1
      checks.inc({ face, result: limited ? 'limited' : 'wrong' })
      warnSometimes(face, name)
      recordSometimes(face, name)
      if (!limited) return 'wrong'
      const windowStartedAt = overOfNetwork ? network.windowStartedAt : all.windowStartedAt
      return { waitSeconds: Math.max(1, Math.ceil((windowStartedAt + WINDOW_MS - now()) / 1_000)) }
    },
  }
}

/** The address as it is limited and logged: IPv4 whole, of IPv6 the first 64 bits, because one sender has all of the rest. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  if (!plain.includes(':')) return plain
  const [head = '', tail] = plain.split('::')
  const groups = head.split(':').filter((group) => group !== '')
  const missing = tail === undefined ? 0 : 8 - groups.length - tail.split(':').filter((group) => group !== '').length
  return `${[...groups, ...Array<string>(Math.max(0, missing)).fill('0')].slice(0, 4).join(':')}::/64`
}
