/** The host that stands in a URL that names none (`postgres://user@/db?host=/socket/folder`), so that Node can read it. */
const NO_HOST = '___NO_HOST___'

/**
 * A Postgres address as a URL. Takes what `pg` takes: an address without a host, whose `host` parameter names a folder of sockets, too.
 * @throws TypeError when it is no URL; the message repeats nothing of it
 */
export function parseDatabaseUrl(text: string): URL {
  const url = URL.canParse(text) ? text : text.replace('@/', `@${NO_HOST}/`)
  if (!URL.canParse(url)) throw new TypeError('not a postgres:// URL')
  return new URL(url)
}

/** Where that is, to show to people: host and port, or the folder of the socket; never the password. */
export function databaseHost(text: string): string {
  const url = parseDatabaseUrl(text)
  return url.searchParams.get('host') ?? decodeURIComponent(url.host)
}

/** The address leads to a PgBouncer that hands out a server connection for one transaction (`?pgbouncer=true`, as Prisma spells it). */
export function isPooled(text: string): boolean {
  return parseDatabaseUrl(text).searchParams.get('pgbouncer') === 'true'
}
