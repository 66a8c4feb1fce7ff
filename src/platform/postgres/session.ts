import pg from 'pg'
import { isPooled, parseDatabaseUrl } from './database-url.ts'
import { refuseReader } from './refuse-reader.ts'

/** Longest silence of a session within a transaction, milliseconds. Gatehouse's sessions send a statement every few milliseconds. */
const IDLE_IN_TRANSACTION_MS = 30_000
/** The server probes a silent connection after `idle` seconds, `count` times, `interval` seconds apart. */
const KEEPALIVE = { idle: 15, interval: 5, count: 3 }

type Settings = Readonly<Record<string, string | number>>

/**
 * Settings that decide what statements and their answers mean. An administrator may set each of them for a database or a role, and Prisma
 * reads every time as UTC, even if it was written in another zone. PgBouncer passes these four on (1.20 and newer, with
 * `track_extra_parameters`, the others too). They override everything, also the URL's own `options`.
 */
const MEANING: Settings = { TimeZone: 'UTC', DateStyle: 'ISO, MDY', standard_conforming_strings: 'on', client_encoding: 'UTF8' }

/** Likewise, for a direct connection. PgBouncer refuses a client that sends one of these; there the database roles carry them. */
export const DIRECT_MEANING: Settings = {
  IntervalStyle: 'postgres',
  bytea_output: 'hex',
  array_nulls: 'on',
  default_transaction_isolation: 'read committed',
  search_path: 'public',
}

/**
 * With these the server ends a session after its process or network vanished without closing it. TCP alone would keep it, with its locks,
 * for hours (idle) or 15 min (while the server answers). On a Unix socket the server ignores TCP settings.
 */
export const MORTAL: Settings = {
  idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
  tcp_keepalives_idle: KEEPALIVE.idle,
  tcp_keepalives_interval: KEEPALIVE.interval,
  tcp_keepalives_count: KEEPALIVE.count,
  tcp_user_timeout: (KEEPALIVE.idle + KEEPALIVE.interval * KEEPALIVE.count) * 1_000, // for sent data without acknowledgement
}

export interface SessionOptions {
  /** Further settings of the session. They override those that every session of Gatehouse has. */
  settings?: Settings
  /** The schema, when the URL must not choose it: BullMQ's tables have a schema of their own. */
  searchPath?: string
}

/**
 * The options of a `pg.Pool` that decide what its sessions are: the address, and a client that sends the settings in its first packet. The
 * settings cost no round trip, end with the session, and override those of the database and the role. The URL's own `options` override all
 * but `MEANING` and `searchPath`. Behind PgBouncer (`?pgbouncer=true`) only `MEANING` is sent and statements have no names: PgBouncer
 * before 1.21 does not support them in transaction mode.
 */
export function sessions(connectionString: string, options: SessionOptions = {}): { connectionString: string; Client: typeof pg.Client } {
  return { connectionString, Client: clientWith(startupSettings(connectionString, options), isPooled(connectionString)) }
}

/** One such session. The caller connects and ends it. */
export function createClient(connectionString: string, { applicationName }: { applicationName: string }): pg.Client {
  const { Client } = sessions(connectionString)
  return new Client({ connectionString, application_name: applicationName })
}

function startupSettings(connectionString: string, { settings = {}, searchPath }: SessionOptions): Record<string, string> {
  if (isPooled(connectionString)) return asText(MEANING)
  const given = namesIn(parseDatabaseUrl(connectionString).searchParams.get('options') ?? '')
  const ours = Object.entries({ ...DIRECT_MEANING, ...MORTAL, ...settings }).filter(([name]) => !given.has(name.toLowerCase()))
  return asText({ ...Object.fromEntries(ours), ...MEANING, ...(searchPath === undefined ? {} : { search_path: searchPath }) })
}

const asText = (settings: Settings): Record<string, string> =>
  Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)]))

/** Names of the settings in `options`: `-c name=value` and `--name=value`. */
function namesIn(options: string): Set<string> {
  const named = options.matchAll(/(?:^|\s)(?:-c\s*|--)([\w.-]+)=/g)
  return new Set([...named].map(([, name = '']) => name.replaceAll('-', '_').toLowerCase()))
}

/** `pg` sends what this returns in the first packet. Its types do not have it, hence the casts below (pg 8.23, client.js). */
interface StartsUp {
  getStartupConf(): Record<string, string>
}

function clientWith(settings: Readonly<Record<string, string>>, pooled: boolean): typeof pg.Client {
  const Base = pg.Client as unknown as new (...given: ConstructorParameters<typeof pg.Client>) => pg.Client & StartsUp
  class SessionClient extends Base {
    constructor(...given: ConstructorParameters<typeof pg.Client>) {
      super(...given)
      refuseReader(this.connection)
    }
    override getStartupConf(): Record<string, string> {
      return { ...super.getStartupConf(), ...settings }
    }
  }
  if (pooled) forgetNames(SessionClient)
  return SessionClient as unknown as typeof pg.Client
}

/** Drops the names of statements, so that each is parsed again: only the server connection that parsed a named statement knows it. */
function forgetNames(client: { prototype: pg.Client }): void {
  const query = client.prototype.query as (...given: unknown[]) => unknown // one of eight overloads, passed on unchanged
  client.prototype.query = function (this: pg.Client, statement: unknown, ...rest: unknown[]) {
    const named = typeof statement === 'object' && statement !== null && 'name' in statement && !('submit' in statement)
    return query.call(this, named ? { ...statement, name: undefined } : statement, ...rest)
  } as typeof client.prototype.query
}
