/** Placeholder host for a URL without one (`postgres://user@/db?host=/socket/folder`), so that Node can parse it. */
const NO_HOST = '___NO_HOST___'

/**
 * A Postgres address as a URL. Accepts what `pg` accepts, also an address without a host and with a folder of sockets in its `host`
 * parameter.
 * @throws TypeError when the text is no URL; its message repeats no part of the text
 */
export function parseDatabaseUrl(text: string): URL {
  const url = URL.canParse(text) ? text : text.replace('@/', `@${NO_HOST}/`)
  if (!URL.canParse(url)) throw new TypeError('not a postgres:// URL')
  return new URL(url)
}

/** The place to show to people: host and port, or the socket's folder. Never the password. */
export function databaseHost(text: string): string {
  const url = parseDatabaseUrl(text)
  return url.searchParams.get('host') ?? decodeURIComponent(url.host)
}

/** Whether the address is a PgBouncer in transaction mode (`?pgbouncer=true`, as Prisma spells it). */
export function isPooled(text: string): boolean {
  return parseDatabaseUrl(text).searchParams.get('pgbouncer') === 'true'
}
