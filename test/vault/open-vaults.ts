import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { directoryKeyStore } from '../../src/vault/directory-key-store.ts'
import type { KeyStore } from '../../src/vault/key-store.ts'
import { createKeyTables, postgresKeyStore } from '../../src/vault/postgres-key-store.ts'
import { createTestDatabase } from '../support/test-database.ts'

/** A key store of a test, with what removes it. */
export interface TestKeyStore {
  keys: KeyStore
  remove(): Promise<void>
}

/** Keys in the tables of the data's own database. */
export async function keysInSameDatabase(pool: pg.Pool): Promise<TestKeyStore> {
  return { keys: postgresKeyStore({ pool, place: 'the same database', apart: false }), remove: async () => {} }
}

/** Keys in a separate database, which starts empty. */
export async function keysInOtherDatabase(): Promise<TestKeyStore> {
  const database = await createTestDatabase({ migrated: false })
  const pool = new pg.Pool({ connectionString: database.url })
  await createKeyTables(pool)
  await createKeyTables(pool) // a second role starts
  const remove = async (): Promise<void> => {
    await pool.end()
    await database.drop()
  }
  return { keys: postgresKeyStore({ pool, place: 'another database', apart: true }), remove }
}

/** Keys in a directory of the machine. */
export async function keysInDirectory(): Promise<TestKeyStore> {
  const directory = await mkdtemp(join(tmpdir(), 'gatehouse-keys-'))
  return { keys: await directoryKeyStore(directory), remove: () => rm(directory, { recursive: true }) }
}
