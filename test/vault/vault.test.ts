import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { KeyStore } from '../../src/vault/key-store.ts'
import { createKeyring } from '../../src/vault/keyring.ts'
import { moveKeys } from '../../src/vault/move-keys.ts'
import { openRootKey } from '../../src/vault/root-key.ts'
import { rotateKeys } from '../../src/vault/rotate-keys.ts'
import { createVault, type Vault } from '../../src/vault/vault.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'
import { keysInDirectory, keysInOtherDatabase, keysInSameDatabase, type TestKeyStore } from './open-vaults.ts'

const PERSON = { person_details: { first_name: 'Ada', cip_id: '123-45-6789' } }
const PLACES = [
  ['the same database', (pool: pg.Pool) => keysInSameDatabase(pool)],
  ['another database', () => keysInOtherDatabase()],
  ['a directory', () => keysInDirectory()],
] as const

describe.each(PLACES)('the vault with its keys in %s', (_name, openKeys) => {
  const oldKey = randomBytes(32)
  const newKey = randomBytes(32)
  let database: TestDatabase
  let pool: pg.Pool
  let store: TestKeyStore
  let keys: KeyStore
  let vault: Vault
  const vaultWith = (key: Buffer, accepted: Buffer[] = []): Vault => createVault({ pool, keys, keyring: createKeyring(key, accepted) })
  const rootWith = (key: Buffer, { accepted = [], acceptEmpty = false }: { accepted?: Buffer[]; acceptEmpty?: boolean } = {}) =>
    openRootKey({ pool, keys, keyring: createKeyring(key, accepted), encryptionKeys: [key, ...accepted], acceptEmpty })
  beforeAll(async () => {
    database = await createTestDatabase()
    pool = new pg.Pool({ connectionString: database.url })
    store = await openKeys(pool)
    keys = store.keys
    vault = vaultWith(oldKey)
  })
  afterAll(async () => {
    await store.remove()
    await pool.end()
    await database.drop()
  })

  it('returns a payload as it was sealed, the first one under its id', async () => {
    await vault.seal('one', PERSON)
    await vault.seal('one', { other: true })
    expect(await vault.open('one')).toEqual(PERSON)
  })

  it('gives one payload one key when two processes seal it at once', async () => {
    await Promise.all([vault.seal('twice', PERSON), vaultWith(oldKey).seal('twice', PERSON), vaultWith(oldKey).seal('twice', PERSON)])
    expect(await vault.open('twice')).toEqual(PERSON)
  })

  it('shows no personal data in the database, and two equal payloads differ', async () => {
    await Promise.all([vault.seal('two', PERSON), vault.seal('three', PERSON)])
    const { rows } = await pool.query<{ sealed: Buffer }>(`SELECT sealed FROM sealed_payload WHERE id IN ('two', 'three')`)
    for (const { sealed } of rows) expect(sealed.includes('Ada') || sealed.includes('6789')).toBe(false)
    expect(rows[0]?.sealed.equals(rows[1]?.sealed ?? Buffer.alloc(0))).toBe(false)
  })

  it('has no payload and no key once it is removed', async () => {
    await vault.seal('four', PERSON)
    await vault.remove('four')
    expect([await vault.open('four'), await keys.get('four')]).toEqual([null, null])
  })

  it('C3: cannot open a restored payload whose key is gone, and seals it again when the caller sends it again', async () => {
    await vault.seal('restored', PERSON)
    const { rows } = await pool.query<{ sealed: Buffer }>(`SELECT sealed FROM sealed_payload WHERE id = 'restored'`)
    await vault.remove('restored')
    await pool.query(`INSERT INTO sealed_payload (id, sealed) VALUES ('restored', $1)`, [rows[0]?.sealed])
    expect(await vault.open('restored')).toBeNull()
    await vault.seal('restored', { sent: 'again' })
    expect(await vault.open('restored')).toEqual({ sent: 'again' })
  })

  it('C3: takes nothing for an erased subject again', async () => {
    const erasedAt = new Date('2026-11-28T10:00:00Z')
    await keys.rememberErased([{ subject: 'gone', erasedAt }])
    await keys.rememberErased([{ subject: 'gone', erasedAt: new Date() }])
    await expect(vault.seal('gone', PERSON)).rejects.toMatchObject({ code: 'PERSON_ERASED' })
    expect(await keys.listErased({ after: '', limit: 10 })).toEqual([{ subject: 'gone', erasedAt }])
  })

  it('cannot open a payload with another key, under another id, or when it was changed', async () => {
    await vault.seal('five', PERSON)
    await expect(vaultWith(randomBytes(32)).open('five')).rejects.toMatchObject({ code: 'PAYLOAD_UNREADABLE' })
    await pool.query(`INSERT INTO sealed_payload (id, sealed) SELECT 'six', sealed FROM sealed_payload WHERE id = 'five'`)
    const key = await keys.get('five')
    if (key) await keys.put({ ...key, id: 'six' })
    await expect(vault.open('six')).rejects.toMatchObject({ code: 'PAYLOAD_UNREADABLE' })
    await pool.query(`UPDATE sealed_payload SET sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1) WHERE id = 'five'`)
    await expect(vault.open('five')).rejects.toMatchObject({ code: 'PAYLOAD_UNREADABLE' })
    for (const id of ['five', 'six']) await vault.remove(id)
  })

  it('refuses to start with a wrong ENCRYPTION_KEY, and says so', async () => {
    expect(await rootWith(oldKey)).toEqual(oldKey)
    await expect(rootWith(newKey)).rejects.toThrow('ENCRYPTION_KEY is not the key of this installation')
  })

  it('rotates: resumes after a stop, stays readable throughout, and then needs the old key no longer', async () => {
    const root = await rootWith(newKey, { accepted: [oldKey] })
    const page = keys.list
    const stopping: KeyStore = {
      ...keys,
      replace: async (key) => (key.id === 'twice' ? Promise.reject(new Error('stopped')) : keys.replace(key)),
    }
    await expect(rotateKeys(stopping, createKeyring(newKey, [oldKey]))).rejects.toThrow('stopped')
    expect(await vaultWith(newKey, [oldKey]).open('one')).toEqual(PERSON)
    expect(await vaultWith(newKey, [oldKey]).open('two')).toEqual(PERSON)
    const report = await rotateKeys(keys, createKeyring(newKey, [oldKey]))
    expect(report).toMatchObject({ keys: (await page({ after: '', limit: 100 })).length, unreadableCount: 0 })
    expect(report.rewrapped).toBeLessThan(report.keys) // the rest was done before the stop
    expect(await rotateKeys(keys, createKeyring(newKey))).toMatchObject({ rewrapped: 0, unreadableCount: 0 })
    expect(await vaultWith(newKey).open('two')).toEqual(PERSON)
    await expect(vault.open('two')).rejects.toMatchObject({ code: 'PAYLOAD_UNREADABLE' })
    expect(await rootWith(newKey)).toEqual(root) // hashes and certificates stay as they were
  })

  it('names the keys that no accepted ENCRYPTION_KEY wrapped', async () => {
    const report = await rotateKeys(keys, createKeyring(randomBytes(32)))
    expect(report).toMatchObject({ rewrapped: 0, unreadableCount: report.keys })
    expect(report.unreadable).toContain('one')
  })

  it('moves keys and erasures to another place, and refuses the empty place that it leaves', async () => {
    const other = await keysInDirectory()
    try {
      const moved = await moveKeys(keys, other.keys)
      expect(moved).toBeGreaterThan(2)
      expect(await createVault({ pool, keys: other.keys, keyring: createKeyring(newKey) }).open('two')).toEqual(PERSON)
      expect(await other.keys.isErased('gone')).toBe(true)
      await expect(rootWith(newKey)).rejects.toThrow('does not hold the keys of this database')
      await expect(rootWith(newKey, { acceptEmpty: true })).rejects.toThrow('is not the first key of this database')
      expect(await rootWith(oldKey, { acceptEmpty: true })).toEqual(oldKey)
    } finally {
      await other.remove()
    }
  })
})
