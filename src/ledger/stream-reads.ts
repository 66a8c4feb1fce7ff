import type { Pool } from 'pg'
import type { Snapshot } from '../domain/effect.ts'
import { cutPage, decodeCursor, ISO_TIME, type Page } from '../platform/page.ts'
import type { StreamTable } from './stream-table.ts'

/** A stream's state for operators and applications. */
export type StreamRecord<State> = State & { readonly createdAt: Date; readonly updatedAt: Date }

export interface PageQuery {
  cursor?: string | undefined
  limit: number
}

/** Reads of one table of streams. Each rejects when Postgres does not answer. */
export interface StreamReads<State> {
  /** Null: unknown id. */
  find(pool: Pool, id: string): Promise<StreamRecord<State> | null>
  /** Newest first. An undefined condition is no condition. @throws UsageError for a foreign cursor */
  list(
    pool: Pool,
    query: PageQuery & { where: { readonly [Field in keyof State]?: string | undefined } },
  ): Promise<Page<StreamRecord<State>>>
  /** The ids of at most 1,000 streams in a waiting state that have not changed since `before`, the longest first: their command may be lost. */
  listWaiting(pool: Pool, before: Date): Promise<string[]>
}

interface Row extends Readonly<Record<string, unknown>> {
  created_at: Date
  updated_at: Date
}

/**
 * The reads that all tables of streams share. `idForm`: the ids that Gatehouse issues for this kind; a cursor of another list is refused.
 * `waiting`: the states in which a command still has to move the stream. They are literals of the statement, so that it uses the partial index.
 */
export function streamReads<S extends Snapshot, State>(
  { table, idColumn, columns, columnOf, stateOf }: StreamTable<S, State>,
  { idForm, waiting }: { idForm: RegExp; waiting: readonly (State extends { state: infer Of } ? Of : never)[] },
): StreamReads<State> {
  const loaded = columns.map(({ name, loaded: expression }) => `${expression(`s.${name}`)} AS ${name}`)
  const select = `SELECT ${loaded.join(', ')}, s.created_at, s.updated_at FROM ${table} s`
  const toRecord = (row: Row): StreamRecord<State> => ({ ...stateOf(row), createdAt: row.created_at, updatedAt: row.updated_at })
  return {
    find: async (pool, id) => {
      const { rows } = await pool.query<Row>(`${select} WHERE s.${idColumn} = $1`, [id])
      return rows[0] ? toRecord(rows[0]) : null
    },
    list: async (pool, { where, cursor, limit }) => {
      const given = Object.entries<string | undefined>(where).filter(([, value]) => value !== undefined) as [keyof State, string][]
      const last = cursor ? decodeCursor(cursor, [ISO_TIME, idForm]) : []
      const conditions = [
        ...given.map(([field], at) => `s.${columnOf(field)} = $${at + 2}`),
        ...(cursor ? [`(s.created_at, s.${idColumn}) < ($${given.length + 2}::timestamptz, $${given.length + 3})`] : []),
      ]
      const { rows } = await pool.query<Row & Record<string, string>>(
        `${select}${conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : ''} ORDER BY s.created_at DESC, s.${idColumn} DESC LIMIT $1`,
        [limit + 1, ...given.map(([, value]) => value), ...last],
      )
      return cutPage(rows, { limit, view: toRecord, key: (row) => [row.created_at.toISOString(), row[idColumn] ?? ''] })
    },
    listWaiting: async (pool, before) => {
      const { rows } = await pool.query<{ id: string }>(
        `SELECT ${idColumn} AS id FROM ${table} WHERE state IN (${waiting.map((state) => `'${state}'`).join(', ')}) AND updated_at < $1
         ORDER BY updated_at LIMIT 1000`,
        [before],
      )
      return rows.map(({ id }) => id)
    },
  }
}
