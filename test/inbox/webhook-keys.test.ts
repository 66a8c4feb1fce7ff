import type { Pool } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { judgeKey } from '../../src/inbox/key-record.ts'
import { takeReads } from '../../src/inbox/take-reads.ts'
import { countLookups, listKeys, noteKeys, promoteKey } from '../../src/inbox/webhook-keys.ts'
import { createPool } from '../../src/platform/postgres/postgres.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'

/** The documented limit of single reads; of 1,455 in five minutes one of two keys gets half. */
const PER_SECOND = 5
const SHARE_OF_FIVE_MINUTES = 727
const AT_ONCE = Math.floor(SHARE_OF_FIVE_MINUTES / 2)

let database: TestDatabase
let pool: Pool
let other: Pool
beforeAll(async () => {
  database = await createTestDatabase()
  pool = createPool({ connectionString: database.url, max: 4, applicationName: 'keys of one worker' })
  other = createPool({ connectionString: database.url, max: 4, applicationName: 'keys of another worker' })
})
beforeEach(() => pool.query('DELETE FROM webhook_key'))
afterAll(async () => {
  await Promise.all([pool.end(), other.end()])
  await database.drop()
})

const take = (on: Pool, slot: string, wanted: number) => takeReads(on, { slot, wanted, perSecond: PER_SECOND })
/** As if this much time had passed. */
const pass = (seconds: number) =>
  pool.query(
    `UPDATE webhook_key SET window_at = window_at - $1 * interval '1 second', reads_at = reads_at - $1 * interval '1 second',
       accepted_at = accepted_at - $1 * interval '1 second', last_used_at = last_used_at - $1 * interval '1 second'`,
    [seconds],
  )
const count = async (slot: string, known: number, unknown: number) => {
  const { keys, turns } = await countLookups(pool, [{ slot, known, unknown }])
  return { key: keys[0]!, turns: turns.map(({ turn }) => turn) }
}

describe('the quota of single reads', () => {
  it('F50: gives one key its share and no more, however many workers ask at once', async () => {
    const asked = Array.from({ length: 40 }, (_, nth) => take(nth % 2 ? pool : other, 'stolen', 50))
    const granted = (await Promise.all(asked)).reduce((sum, taken) => sum + taken.granted, 0)
    expect(granted).toBeGreaterThanOrEqual(AT_ONCE)
    expect(granted).toBeLessThanOrEqual(AT_ONCE + 2) // it is filled by one a second meanwhile
  })

  it('F50: keeps the share of a second key untouched by a flood under the first, even if it was never used before', async () => {
    await take(pool, 'stolen', 100_000)
    expect((await take(other, 'own', 100_000)).granted).toBe(AT_ONCE)
  })

  it('F50: gives a key no more than its share of five minutes in five minutes', async () => {
    let granted = (await take(pool, 'stolen', 100_000)).granted
    for (let minute = 0; minute < 5; minute += 1) {
      await pass(60)
      granted += (await take(pool, 'stolen', 100_000)).granted
    }
    expect(granted).toBeGreaterThan(SHARE_OF_FIVE_MINUTES - 10)
    expect(granted).toBeLessThanOrEqual(SHARE_OF_FIVE_MINUTES + 1) // the test itself takes some milliseconds
  })

  it('F50: is divided by the keys that were used in the last hour', async () => {
    await noteKeys(
      pool,
      ['a', 'b', 'c', 'd'].map((slot) => ({ slot, lastUsedAt: new Date() })),
    )
    expect((await take(pool, 'a', 100_000)).granted).toBe(Math.floor(AT_ONCE / 2))
    await pass(3_601)
    expect((await take(pool, 'b', 100_000)).granted).toBe(AT_ONCE)
  })

  it('F50: is nothing for a demoted key', async () => {
    await count('stolen', 0, 60)
    expect(await take(pool, 'stolen', 1)).toEqual({ granted: 0, demoted: true })
    expect(await take(pool, 'own', 1)).toEqual({ granted: 1, demoted: false })
  })
})

describe('the figures of a key', () => {
  it.each([
    ['a trusted key with few look-ups stays trusted', { known: 0, unknown: 49, demoted: false }, null],
    ['a trusted key is demoted from 50 look-ups on', { known: 0, unknown: 50, demoted: false }, 'demote'],
    ['a trusted key of whose events Paxos does not know 20 % stays trusted', { known: 80, unknown: 20, demoted: false }, null],
    ['a trusted key of whose events Paxos does not know 21 % is demoted', { known: 79, unknown: 21, demoted: false }, 'demote'],
    ['a demoted key with few look-ups stays demoted', { known: 19, unknown: 0, demoted: true }, null],
    ['a demoted key is trusted again from 20 known events on', { known: 20, unknown: 0, demoted: true }, 'promote'],
    ['a demoted key of whose events Paxos does not know 6 % stays demoted', { known: 94, unknown: 6, demoted: true }, null],
  ] as const)('F50: %s', (_, { known, unknown, demoted }, turn) => {
    expect(judgeKey({ known, unknown, demoted: demoted ? { at: new Date(), known: 0, unknown: 50 } : null })).toBe(turn)
  })

  it('F50: demote it once for all workers, on record with time and figures, and leave other keys alone', async () => {
    await Promise.all([countLookups(pool, [{ slot: 'own', known: 30, unknown: 0 }]), count('stolen', 3, 20)])
    const both = await Promise.all([
      countLookups(pool, [{ slot: 'stolen', known: 0, unknown: 40 }]),
      countLookups(other, [{ slot: 'stolen', known: 0, unknown: 40 }]),
    ])
    expect(both.flatMap(({ turns }) => turns)).toHaveLength(1)
    const keys = await listKeys(other)
    expect(keys).toMatchObject([
      { slot: 'own', known: 30, unknown: 0, demoted: null },
      { slot: 'stolen', known: 3, unknown: 100, demoted: { at: expect.any(Date), known: 3 } },
    ])
  })

  it('F50: cover the last five to ten minutes, and no more', async () => {
    await count('own', 40, 4)
    await pass(301)
    expect((await count('own', 1, 0)).key).toMatchObject({ known: 41, unknown: 4 })
    await pass(301)
    expect((await listKeys(pool))[0]).toMatchObject({ known: 1, unknown: 0 })
    await pass(600)
    expect((await listKeys(pool))[0]).toMatchObject({ known: 0, unknown: 0 })
  })

  it('F50: trust a demoted key again when Paxos knows its events again', async () => {
    expect((await count('own', 0, 60)).turns).toEqual(['demote'])
    expect((await count('own', 30, 0)).turns).toEqual([]) // 60 unknown are still in the window
    await pass(601)
    expect((await count('own', 19, 0)).turns).toEqual([])
    expect((await count('own', 1, 0)).turns).toEqual(['promote'])
    expect((await listKeys(pool))[0]?.demoted).toBeNull()
  })

  it('F50: start again when an operator trusts the key, and demote it again when nothing has changed', async () => {
    await count('own', 0, 60)
    expect(await promoteKey(pool, 'own', 'by-operator')).toMatchObject({ known: 0, unknown: 0, demoted: null })
    expect((await count('own', 0, 49)).turns).toEqual([])
    expect((await count('own', 0, 1)).turns).toEqual(['demote'])
    expect(await promoteKey(pool, 'unheard-of', 'by-operator')).toBeNull()
  })
})

describe('the use of a key', () => {
  it('F61: is the latest that any receiver has seen, and tells which keys are accepted now', async () => {
    const earlier = new Date(Date.now() - 5_000)
    const later = new Date()
    await noteKeys(pool, [
      { slot: 'own', lastUsedAt: later },
      { slot: 'fresh', lastUsedAt: null },
    ])
    await noteKeys(other, [{ slot: 'own', lastUsedAt: earlier }])
    await count('sent-by-test', 1, 0)
    expect(await listKeys(pool)).toMatchObject([
      { slot: 'fresh', accepted: true, lastUsedAt: null },
      { slot: 'own', accepted: true, lastUsedAt: later },
      { slot: 'sent-by-test', accepted: null },
    ])
    await pass(181)
    expect((await listKeys(pool))[0]).toMatchObject({ slot: 'fresh', accepted: false })
  })
})
