import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createVault, type Vault } from '../../src/vault/vault.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'

const PERSON = { person_details: { first_name: 'Ada', cip_id: '123-45-6789' } }
const encryptionKey = randomBytes(32)
let database: TestDatabase
let pool: pg.Pool
let vault: Vault
beforeAll(async () => {
  database = await createTestDatabase()
  pool = new pg.Pool({ connectionString: database.url })
  vault = createVault({ pool, encryptionKey })
})
afterAll(async () => {
  await pool.end()
  await database.drop()
})

describe('a sealed payload', () => {
  it('is returned as it was sealed, the first one under its id', async () => {
    await vault.seal('one', PERSON)
    await vault.seal('one', { other: true })
    expect(await vault.open('one')).toEqual(PERSON)
  })

  it('shows no personal data in the database, and two equal ones differ', async () => {
    await Promise.all([vault.seal('two', PERSON), vault.seal('three', PERSON)])
    const { rows } = await pool.query<{ wrapped_key: Buffer; sealed: Buffer }>(
      `SELECT wrapped_key, sealed FROM sealed_payload WHERE id IN ('two', 'three')`,
    )
    for (const { sealed } of rows) expect(sealed.includes('Ada') || sealed.includes('6789')).toBe(false)
    expect(rows[0]?.sealed.equals(rows[1]?.sealed ?? Buffer.alloc(0))).toBe(false)
  })

  it('is gone once it is removed', async () => {
    await vault.seal('four', PERSON)
    await vault.remove('four')
    expect(await vault.open('four')).toBeNull()
  })

  it('cannot be opened with another key, under another id, or when it was changed', async () => {
    await vault.seal('five', PERSON)
    await expect(createVault({ pool, encryptionKey: randomBytes(32) }).open('five')).rejects.toMatchObject({ code: 'PAYLOAD_UNREADABLE' })
    await pool.query(
      `INSERT INTO sealed_payload (id, wrapped_key, sealed) SELECT 'six', wrapped_key, sealed FROM sealed_payload WHERE id = 'five'`,
    )
    await expect(vault.open('six')).rejects.toMatchObject({ code: 'PAYLOAD_UNREADABLE' })
    await pool.query(`UPDATE sealed_payload SET sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1) WHERE id = 'five'`)
    await expect(vault.open('five')).rejects.toMatchObject({ code: 'PAYLOAD_UNREADABLE' })
  })
})
