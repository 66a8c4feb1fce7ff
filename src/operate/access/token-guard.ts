import { Counter, type Registry } from 'prom-client'
import { atMostEvery } from '../../platform/at-most-every.ts'
import type { Caller } from './caller.ts'

const WINDOW_MS = 60_000
/** Wrong tokens allowed per minute: from one network, and from all networks. */
const MOST_OF_NETWORK = 60
const MOST_IN_ALL = 600
/** Milliseconds for which a network stays trusted after it sent a right token. */
const TRUSTED_MS = 3_600_000
/** Most networks kept in memory. The one seen longest ago is removed first. */
const MOST_NETWORKS = 10_000
const WARN_EVERY_MS = 10_000
const AUDIT_EVERY_MS = 60_000

export type Face = 'api' | 'pages'
/** The caller; or that no caller has this token, or why it has ended, or the seconds until the next try is checked. */
export type TokenVerdict = { caller: Caller } | 'wrong' | { ended: string } | { waitSeconds: number }

/** The caller of a token. `ended`: why a token that was right is right no longer. Null: no caller has or had it. */
export type Recognised = { caller: Caller } | { ended: string } | null
export type Recognise = (token: string) => Promise<Recognised>

/**
 * Checks the tokens of operators, and makes guessing slow and visible: every check is counted, wrong ones are logged and audited.
 *
 * A network that sent more than 60 wrong tokens in a minute is refused without a check, unless a right token came from it within the hour.
 * The exception exists because behind a proxy the application and an attacker share an address, and the application must not be locked out.
 * After more than 600 wrong tokens from all networks, each wrong token gets a 429; a right one still works.
 */
export interface TokenGuard {
  check(given: string, from: { address: string; face: Face }): Promise<TokenVerdict>
}

export interface TokenGuardOptions {
  recognise: Recognise
  metrics: Registry
  /** Called at most once in 10 s, with the number of wrong tokens since the last call. */
  warn(seen: { count: number; face: Face; network: string }): void
  /** Called at most once per minute. */
  record(seen: { count: number; face: Face; network: string }): void
  /** Milliseconds since 1970. */
  now: () => number
}

interface Network {
  failures: number
  windowStartedAt: number
  trustedUntil: number
}

/** One closure: the counts of wrong tokens, of each network and of all, limit the checks that they count. */
export function createTokenGuard({ recognise, metrics, warn, record, now }: TokenGuardOptions): TokenGuard {
  const checks = new Counter({
    name: 'gatehouse_operator_token_checks_total',
    help: 'Checks of operator tokens, by face (api, pages) and result: right, ended (revoked or expired), wrong, limited (refused for too many wrong ones).',
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
    check: async (given, { address, face }) => {
      const name = networkOf(address)
      const network = heardOf(name)
      const unchecked = failuresOf(network) >= MOST_OF_NETWORK && network.trustedUntil <= now()
      const found = unchecked ? null : await recognise(given)
      if (found !== null) {
        // An ended token is no guess: its holder knew it while it was right.
        checks.inc({ face, result: 'caller' in found ? 'right' : 'ended' })
        if ('caller' in found) network.trustedUntil = now() + TRUSTED_MS
        return found
      }
      // Counted again: others were checked at the same time.
      const overOfNetwork = failuresOf(network) >= MOST_OF_NETWORK
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

/** The network of an address, for limits and logs: the whole IPv4 address, or the first 64 bits of IPv6, because one sender owns the rest. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  if (!plain.includes(':')) return plain
  const [head = '', tail] = plain.split('::')
  const groups = head.split(':').filter((group) => group !== '')
  const missing = tail === undefined ? 0 : 8 - groups.length - tail.split(':').filter((group) => group !== '').length
  return `${[...groups, ...Array<string>(Math.max(0, missing)).fill('0')].slice(0, 4).join(':')}::/64`
}
