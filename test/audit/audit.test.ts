import pg from 'pg'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { type AuditFilter, appendAudit, listAudit, verifyAudit } from '../../src/audit/audit.ts'
import { GENESIS, hashLink } from '../../src/platform/hash-chain.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'

const opened: { database: TestDatabase; pool: pg.Pool }[] = []
let pool: pg.Pool
beforeEach(async () => {
  const database = await createTestDatabase()
  pool = new pg.Pool({ connectionString: database.url, max: 10 })
  pool.on('error', () => {})
  opened.push({ database, pool })
})
afterAll(async () => {
  for (const { database, pool } of opened) {
    await pool.end()
    await database.drop()
  }
})

const sampleEntry = (target: string) => ({
  actor: { kind: 'operator' as const, name: 'ada' },
  action: 'replay.approve',
  target,
  reason: 'incident 7',
  data: { b: [1, { d: null, c: 'x' }], a: true },
})

/** Changes that a user with full rights on the database could make. */
async function tamper(sql: string): Promise<void> {
  await pool.query(`BEGIN; ALTER TABLE audit_entry DISABLE TRIGGER USER; ${sql}; ALTER TABLE audit_entry ENABLE TRIGGER USER; COMMIT`)
}

describe('the audit of the operators', () => {
  it('is numbered without gaps and chained, also with parallel writers', async () => {
    await Promise.all(Array.from({ length: 25 }, (_, n) => appendAudit(pool, sampleEntry(`t${n}`))))
    const report = await verifyAudit(pool)
    expect(report).toMatchObject({ entries: 25, fault: null })
    const { items } = await listAudit(pool, { limit: 30 })
    expect(items.map(({ entryNo }) => entryNo)).toEqual(Array.from({ length: 25 }, (_, n) => 25 - n))
    expect(items[0]?.hash).toBe(report.head)
    expect(new Set(items.map(({ target }) => target)).size).toBe(25)
  })

  it('returns what was written unchanged by the database', async () => {
    const at = new Date('2026-03-01T12:00:00.123Z')
    const filter = { from: at, to: undefined, types: ['identity.approved'] }
    const written = await appendAudit(pool, { ...sampleEntry('x'), data: { filter, number: 1e21, text: 'ünï "q" \\ \u2028' } }, at)
    expect((await listAudit(pool, { limit: 1 })).items).toEqual([written])
    expect(written.data.filter).toEqual({ from: at.toISOString(), types: ['identity.approved'] })
    expect((await verifyAudit(pool)).fault).toBeNull()
  })

  it('F30: tells operators from programs, and finds entries by name, action and time', async () => {
    const api = { kind: 'api' as const, name: 'api' }
    const times = ['2026-03-01T12:00:00Z', '2026-03-01T13:00:00Z', '2026-03-01T14:00:00Z'].map((time) => new Date(time))
    await appendAudit(pool, { ...sampleEntry('created'), actor: api, action: 'onboarding.create' }, times[0])
    await appendAudit(pool, { ...sampleEntry('planned'), action: 'replay.plan' }, times[1])
    await appendAudit(pool, { ...sampleEntry('paused'), actor: { kind: 'operator', name: 'grace' }, action: 'queue.pause' }, times[2])
    const found = async (filter: AuditFilter): Promise<string[]> =>
      (await listAudit(pool, { limit: 10, ...filter })).items.map(({ target }) => target)
    expect(await found({ by: 'people' })).toEqual(['paused', 'planned'])
    expect(await found({ by: 'api' })).toEqual(['created'])
    expect(await found({ operator: 'grace' })).toEqual(['paused'])
    expect(await found({ action: 'replay' })).toEqual(['planned'])
    expect(await found({ action: 'repl' })).toEqual([])
    expect(await found({ from: times[1], to: times[2] })).toEqual(['planned'])
    const page = await listAudit(pool, { limit: 1, by: 'people' })
    expect((await listAudit(pool, { limit: 5, by: 'people', cursor: page.nextCursor ?? '' })).items.map(({ target }) => target)).toEqual([
      'planned',
    ])
  })

  it("treats an entry without a kind as an operator's, and its hash stays valid", async () => {
    const [at, content] = [new Date('2026-03-01T12:00:00Z'), { target: 'old', reason: null, data: {} }]
    const hash = hashLink(GENESIS, { chain: 'audit', entryNo: 1, at, kind: 'replay.plan', actor: 'ada', data: content })
    await pool.query(
      `INSERT INTO audit_entry (entry_no, at, operator, action, target, data, prev_hash, hash) VALUES (1, $1, 'ada', 'replay.plan', 'old', '{}', $2, $3)`,
      [at, GENESIS, hash],
    )
    await appendAudit(pool, sampleEntry('new'))
    expect(await verifyAudit(pool)).toMatchObject({ entries: 2, fault: null })
    expect((await listAudit(pool, { limit: 5, by: 'people' })).items.map(({ actorKind }) => actorKind)).toEqual(['operator', null])
  })

  it('pages, newest first', async () => {
    for (const target of ['a', 'b', 'c']) await appendAudit(pool, sampleEntry(target))
    const first = await listAudit(pool, { limit: 2 })
    const second = await listAudit(pool, { limit: 2, cursor: first.nextCursor ?? '' })
    expect([first.items, second.items].map((items) => items.map(({ target }) => target))).toEqual([['c', 'b'], ['a']])
    expect(second.nextCursor).toBeNull()
    await expect(listAudit(pool, { limit: 2, cursor: 'WyJhIl0' })).rejects.toMatchObject({ code: 'USAGE' })
  })

  it('refuses changes: the database allows inserts only', async () => {
    await appendAudit(pool, sampleEntry('a'))
    await expect(pool.query(`UPDATE audit_entry SET operator = 'eve'`)).rejects.toThrow('insert-only')
    await expect(pool.query('DELETE FROM audit_entry')).rejects.toThrow('insert-only')
    await expect(pool.query('TRUNCATE audit_entry')).rejects.toThrow('insert-only')
  })

  it.each([
    ['another operator', `UPDATE audit_entry SET operator = 'eve' WHERE entry_no = 2`, 2, 'its content does not match its hash'],
    ['another target', `UPDATE audit_entry SET target = 'y' WHERE entry_no = 2`, 2, 'its content does not match its hash'],
    ['another reason', `UPDATE audit_entry SET reason = NULL WHERE entry_no = 2`, 2, 'its content does not match its hash'],
    ['another action', `UPDATE audit_entry SET action = 'replay.plan' WHERE entry_no = 2`, 2, 'its content does not match its hash'],
    ['another time', `UPDATE audit_entry SET at = at - interval '1 ms' WHERE entry_no = 2`, 2, 'its content does not match its hash'],
    ['other data', `UPDATE audit_entry SET data = '{}' WHERE entry_no = 2`, 2, 'its content does not match its hash'],
    ['a missing entry', 'DELETE FROM audit_entry WHERE entry_no = 2', 3, 'entry 2 is missing'],
    ['a missing first entry', 'DELETE FROM audit_entry WHERE entry_no = 1', 2, 'entry 1 is missing'],
    [
      'an entry replaced by another',
      `UPDATE audit_entry SET hash = sha256('x') WHERE entry_no = 1`,
      1,
      'its content does not match its hash',
    ],
    [
      'a missing entry with the later ones moved up',
      'DELETE FROM audit_entry WHERE entry_no = 2; UPDATE audit_entry SET entry_no = 2 WHERE entry_no = 3',
      2,
      'does not follow from the entry before it',
    ],
  ])('shows %s when the trigger was off', async (_what, sql, entryNo, problem) => {
    for (const target of ['a', 'b', 'c']) await appendAudit(pool, sampleEntry(target))
    expect((await verifyAudit(pool)).fault).toBeNull()
    await tamper(sql)
    expect((await verifyAudit(pool)).fault).toEqual({ entryNo, problem })
  })

  it('can be verified for its last entries alone: an earlier change stays unseen, a change within them does not', async () => {
    for (const target of ['a', 'b', 'c', 'd']) await appendAudit(pool, sampleEntry(target))
    const whole = await verifyAudit(pool)
    await tamper(`UPDATE audit_entry SET target = 'y' WHERE entry_no = 2`)
    expect(await verifyAudit(pool, { last: 2 })).toEqual(whole)
    expect((await verifyAudit(pool, { last: 3 })).fault).toEqual({ entryNo: 2, problem: 'its content does not match its hash' })
    expect((await verifyAudit(pool, { last: 9 })).fault?.entryNo).toBe(2)
  })

  it('shows by its head that the last entry was removed', async () => {
    for (const target of ['a', 'b', 'c']) await appendAudit(pool, sampleEntry(target))
    const before = await verifyAudit(pool)
    await tamper('DELETE FROM audit_entry WHERE entry_no = 3')
    const after = await verifyAudit(pool)
    expect(after).toMatchObject({ entries: 2, fault: null })
    expect(after.head).not.toBe(before.head)
  })
})
