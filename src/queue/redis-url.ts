import type { RedisOptions } from 'ioredis'

type SentinelOptions = Pick<
  RedisOptions,
  | 'sentinels'
  | 'name'
  | 'failoverDetector'
  | 'username'
  | 'password'
  | 'db'
  | 'sentinelPassword'
  | 'tls'
  | 'sentinelTLS'
  | 'enableTLSForSentinelMode'
>

/** `redis+sentinel://[user:password@]host:port,host:port/master[/database][?sentinelPassword=…]`; the scheme `rediss+sentinel` means TLS to all. */
const SENTINEL =
  /^(?<scheme>rediss?)\+sentinel:\/\/(?:(?<user>[^:@/]*):(?<password>[^@/]*)@)?(?<hosts>[^@/?#]+)\/(?<master>[^/?#]+)(?:\/(?<database>\d+))?(?:\?sentinelPassword=(?<sentinelPassword>[^&#]+))?$/
const SENTINEL_PORT = 26_379
const REDIS_PORT = 6_379

/**
 * Options with which ioredis finds the master through the Sentinels. Null when the URL names the server itself, which ioredis reads by
 * itself.
 */
export function sentinelOptions(url: string): SentinelOptions | null {
  const parts = SENTINEL.exec(url)?.groups
  if (!parts) return null
  const { scheme, user, password, hosts = '', master = '', database, sentinelPassword } = parts
  const tls = scheme === 'rediss'
  return {
    sentinels: hosts.split(',').map((host) => {
      const { hostname, port } = new URL(`redis://${host}`)
      return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? SENTINEL_PORT : Number(port) }
    }),
    name: decodeURIComponent(master),
    // If an old master is cut off together with some of our processes, they must leave it once the others have moved on.
    failoverDetector: true,
    ...(user ? { username: decodeURIComponent(user) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
    ...(database ? { db: Number(database) } : {}),
    ...(sentinelPassword ? { sentinelPassword: decodeURIComponent(sentinelPassword) } : {}),
    ...(tls ? { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true } : {}),
  }
}

/** The place to show to people: hosts and ports, never a password. */
export function redisHosts(url: string): string {
  const sentinels = SENTINEL.exec(url)?.groups?.hosts
  if (sentinels) return sentinels
  const { host, port } = new URL(url)
  return port === '' ? `${host}:${REDIS_PORT}` : host
}

/** The number of the logical database; 0 when the URL names none. */
export function redisDatabase(url: string): number {
  const named = SENTINEL.exec(url)?.groups?.database ?? new URL(url).pathname.slice(1)
  return /^\d+$/.test(named) ? Number(named) : 0
}
