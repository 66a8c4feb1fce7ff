import { readdirSync, readFileSync } from 'node:fs'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLedger, type Ledger } from '../../src/ledger/ledger.ts'
import { ONBOARDING_TABLE } from '../../src/ledger/onboarding-table.ts'
import { verifyLedger } from '../../src/ledger/verify-ledger.ts'
import { hashLink } from '../../src/platform/hash-chain.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'

/** The last migration of the version that wrote the fixture: effects and entries of one identity, ids as uuids, the lease in one number. */
const LAST_BEFORE = '20261123001500_effect_owner'
const MIGRATIONS = new URL('../../prisma/migrations/', import.meta.url)
const names = readdirSync(MIGRATIONS).filter((name) => /^\d/.test(name))
const sqlOf = (name: string): string => readFileSync(new URL(`${name}/migration.sql`, MIGRATIONS), 'utf8')

type Rows = Record<string, unknown>[]
/**
 * Rows as that version's code committed them, as JSON: seven paths of an onboarding, a lease of a third generation, a suppressed account.
 */
const written: Record<'onboarding' | 'effect' | 'ledger_entry' | 'inbox_event', Rows> = JSON.parse(
  readFileSync(new URL('written-before-streams.json', import.meta.url), 'utf8'),
)

let database: TestDatabase
let pool: pg.Pool
let ledger: Ledger
beforeAll(async () => {
  database = await createTestDatabase({ migrated: false })
  pool = new pg.Pool({ connectionString: database.url })
  for (const name of names.filter((each) => each <= LAST_BEFORE)) await pool.query(sqlOf(name))
  for (const [table, rows] of Object.entries(written))
    await pool.query(`INSERT INTO ${table} SELECT * FROM json_populate_recordset(NULL::${table}, $1)`, [JSON.stringify(rows)])
  for (const name of names.filter((each) => each > LAST_BEFORE)) await pool.query(sqlOf(name))
  ledger = createLedger({ pool, table: ONBOARDING_TABLE })
})
afterAll(async () => {
  await ledger.close()
  await pool.end()
  await database.drop()
})

describe('a database that an earlier version wrote', () => {
  it('verifies after the migrations', async () => {
    expect(await verifyLedger(pool)).toEqual({ identities: 9, entries: written.ledger_entry.length, faults: [] })
  })

  it('keeps the hash of every entry byte for byte', async () => {
    const { rows } = await pool.query('SELECT stream_id, entry_no, hash FROM ledger_entry ORDER BY stream_id, entry_no')
    const before = written.ledger_entry.map(({ identity_id, entry_no, hash }) => `${identity_id}/${entry_no}/${hash}`).sort()
    expect(rows.map(({ stream_id, entry_no, hash }) => `${stream_id}/${entry_no}/\\x${hash.toString('hex')}`).sort()).toEqual(before)
  })

  it('hashes a next entry as that version did', async () => {
    const first = written.ledger_entry[0]!
    const hashed = hashLink(Buffer.alloc(32), {
      chain: String(first.identity_id),
      entryNo: 1,
      at: new Date(String(first.at)),
      kind: String(first.kind),
      actor: String(first.actor),
      data: first.data,
    })
    expect(`\\x${hashed.toString('hex')}`).toBe(first.hash)
  })

  it('keeps step and key of every effect, and knows each by kind, name and number', async () => {
    const { rows } = await pool.query<Record<'stream_id' | 'step' | 'key' | 'kind' | 'name' | 'number', unknown>>('SELECT * FROM effect')
    const texts = (of: Rows, id: string) => of.map((row) => `${row[id]} ${row.step} ${row.key}`).sort()
    expect(texts(rows, 'stream_id')).toEqual(texts(written.effect, 'identity_id'))
    for (const { step, kind, name, number } of rows) expect(step).toBe(kind === 'create-account' ? 'account' : `notice:${name}:${number}`)
  })

  it('splits a lease of one number into the event and its generation', async () => {
    const leased = written.effect.find(({ lease_by }) => lease_by !== null)!
    const stored = await ledger.load(String(leased.identity_id))
    expect(BigInt(String(leased.lease_by)) >> 48n).toBe(3n)
    expect(stored?.effects[0]?.lease).toEqual({ seq: '17', generation: 3, until: Date.parse(String(leased.lease_until)) })
  })
})
