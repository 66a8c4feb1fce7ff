import pg from 'pg'
import { isPooled, parseDatabaseUrl } from './database-url.ts'
import { refuseReader } from './refuse-reader.ts'

/** Longest silence of a session within a transaction, milliseconds. Ours say something every few milliseconds. */
const IDLE_IN_TRANSACTION_MS = 30_000
/** The server probes a silent connection after `idle` seconds, `count` times, `interval` seconds apart. */
const KEEPALIVE = { idle: 15, interval: 5, count: 3 }

type Settings = Readonly<Record<string, string | number>>

/**
 * What statements and their answers mean. An administrator may set each of these for a database or a role, and Prisma, for one, reads
 * every time as UTC whatever zone it was written in. PgBouncer passes these four on (`track_extra_parameters` of 1.20 and newer: the
 * others too). They win over everything, the URL's own `options` included.
 */
const MEANING: Settings = { TimeZone: 'UTC', DateStyle: 'ISO, MDY', standard_conforming_strings: 'on', client_encoding: 'UTF8' }

/** As `MEANING`, for a direct connection. PgBouncer refuses a client that names one of these; the database roles carry them there. */
export const DIRECT_MEANING: Settings = {
  IntervalStyle: 'postgres',
  bytea_output: 'hex',
  array_nulls: 'on',
  default_transaction_isolation: 'read committed',
  search_path: 'public',
}

/**
 * The server ends a session whose process or network has vanished without closing it. TCP alone would keep that session, with its locks, for
 * hours (idle) or a quarter of an hour (while it answers). On a Unix socket the server ignores the settings of TCP.
 */
export const MORTAL: Settings = {
  idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
  tcp_keepalives_idle: KEEPALIVE.idle,
  tcp_keepalives_interval: KEEPALIVE.interval,
  tcp_keepalives_count: KEEPALIVE.count,
  tcp_user_timeout: (KEEPALIVE.idle + KEEPALIVE.interval * KEEPALIVE.count) * 1_000, // sent, and not acknowledged
}

export interface SessionOptions {
  /** Further settings of the session, or other values for those that every session of ours has. */
  settings?: Settings
  /** The schema, where the URL must not choose it: BullMQ's tables are in a schema of their own. */
  searchPath?: string
}

/**
 * The part of the options of a `pg.Pool` that decides what its sessions are: the address, and a client that sends the settings in its first
 * packet. So they cost no round trip, outlive no session, and win over what the database or the role sets. The URL's own `options` win
 * over all but `MEANING` and `searchPath`. Behind PgBouncer (`?pgbouncer=true`) only `MEANING` is sent, and statements have no names:
 * PgBouncer before 1.21 does not know them in transaction mode.
 */
export function sessions(connectionString: string, options: SessionOptions = {}): { connectionString: string; Client: typeof pg.Client } {
  return { connectionString, Client: clientWith(startupSettings(connectionString, options), isPooled(connectionString)) }
}

/** One session of that kind. The caller connects and ends it. */
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

/** The settings that `options` names: `-c name=value` and `--name=value`. */
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

/** Every statement of such a client is parsed anew: a name is known only to the server connection that was asked first. */
function forgetNames(client: { prototype: pg.Client }): void {
  const query = client.prototype.query as (...given: unknown[]) => unknown // one of eight overloads, passed on as it came
  client.prototype.query = function (this: pg.Client, statement: unknown, ...rest: unknown[]) {
    const named = typeof statement === 'object' && statement !== null && 'name' in statement && !('submit' in statement)
    return query.call(this, named ? { ...statement, name: undefined } : statement, ...rest)
  } as typeof client.prototype.query
}
