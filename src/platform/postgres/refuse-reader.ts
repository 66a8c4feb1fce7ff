import type { Connection } from 'pg'

/** Settings that a read-only server reports with the answer to the first packet (Postgres 14 and newer; PgBouncer may leave them out). */
const ONLY_READS = new Set(['in_hot_standby', 'default_transaction_read_only'])

/** The address leads to a read-only server. Postgres itself gives this SQLSTATE (25006) for a statement that would write. */
export class ReadingServerError extends Error {
  override readonly name = 'ReadingServerError'
  readonly code = '25006'
  constructor(setting: string) {
    super(`Postgres only reads (${setting} is on): DATABASE_URL must lead to the server that writes.`)
  }
}

/**
 * Closes a session on a read-only server. During a failover the database's name leads to such a server for some seconds. A session opened
 * then would stay there: its answers would be as old as the failover, and no error would end it (c12). The check needs no query: the server
 * reports both settings by itself, also when they change later.
 */
export function refuseReader(connection: Connection): void {
  connection.on('parameterStatus', ({ parameterName, parameterValue }: { parameterName: string; parameterValue: string }) => {
    if (ONLY_READS.has(parameterName) && parameterValue === 'on') connection.stream.destroy(new ReadingServerError(parameterName))
  })
}
