import type { Pool } from 'pg'
import type { ErasedSubject, KeyStore, WrappedKey } from './key-store.ts'

interface Place {
  pool: Pool
  place: string
  apart: boolean
  close?: () => Promise<void>
}

const KEY = 'id, wrapped, wrapped_by AS "wrappedBy"'
const ERASED = 'subject, erased_at AS "erasedAt"'

/** Keys in the tables `vault_key` and `vault_erasure` of a database. The caller closes the pool, unless `close` does. */
export function postgresKeyStore({ pool, place, apart, close = async () => {} }: Place): KeyStore {
  return {
    place,
    apart,
    close,
    put: async ({ id, wrapped, wrappedBy }) => {
      const sql = 'INSERT INTO vault_key (id, wrapped, wrapped_by) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING'
      return (await pool.query(sql, [id, wrapped, wrappedBy])).rowCount === 1
    },
    get: async (id) => (await pool.query<WrappedKey>(`SELECT ${KEY} FROM vault_key WHERE id = $1`, [id])).rows[0] ?? null,
    replace: async ({ id, wrapped, wrappedBy }) =>
      void (await pool.query('UPDATE vault_key SET wrapped = $2, wrapped_by = $3 WHERE id = $1', [id, wrapped, wrappedBy])),
    remove: async (id) => void (await pool.query('DELETE FROM vault_key WHERE id = $1', [id])),
    list: async ({ after, limit }) =>
      (await pool.query<WrappedKey>(`SELECT ${KEY} FROM vault_key WHERE id > $1 ORDER BY id LIMIT $2`, [after, limit])).rows,
    rememberErased: async (subjects) =>
      void (await pool.query(
        `INSERT INTO vault_erasure (subject, erased_at) SELECT * FROM unnest($1::text[], $2::timestamptz[]) ON CONFLICT (subject) DO NOTHING`,
        [subjects.map(({ subject }) => subject), subjects.map(({ erasedAt }) => erasedAt)],
      )),
    listErased: async ({ after, limit }) =>
      (await pool.query<ErasedSubject>(`SELECT ${ERASED} FROM vault_erasure WHERE subject > $1 ORDER BY subject LIMIT $2`, [after, limit]))
        .rows,
    isErased: async (subject) => (await pool.query('SELECT FROM vault_erasure WHERE subject = $1', [subject])).rowCount === 1,
  }
}

/** Lock of the creation of the tables, so that two roles may start at once. The number spells `vlt1`. */
const CREATION = 0x766c7431

/** Creates the two tables in a separate database, as the migrations do in our own. Safe to repeat. */
export async function createKeyTables(pool: Pool): Promise<void> {
  await pool.query(`
    BEGIN;
    SELECT pg_advisory_xact_lock(${CREATION});
    CREATE TABLE IF NOT EXISTS vault_key (id text COLLATE "C" PRIMARY KEY, wrapped bytea NOT NULL, wrapped_by text);
    CREATE TABLE IF NOT EXISTS vault_erasure (subject text COLLATE "C" PRIMARY KEY, erased_at timestamptz(3) NOT NULL);
    COMMIT`)
}
