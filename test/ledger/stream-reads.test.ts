import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Snapshot } from '../../src/domain/effect.ts'
import { streamReads } from '../../src/ledger/stream-reads.ts'
import { decimal, streamTable, text, time } from '../../src/ledger/stream-table.ts'
import { encodeCursor, type Page } from '../../src/platform/page.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'

interface Trial {
  id: string
  accountId: string
  state: 'open' | 'filled'
  price: string
  endedAt: number | null
}

const READS = streamReads(
  streamTable<Snapshot & { readonly trial: Trial }, 'trial'>({
    kind: 'trial',
    table: 'trial',
    property: 'trial',
    id: 'id',
    identity: () => null,
    columns: {
      id: text('trial_id'),
      accountId: text('account_id'),
      state: text('state'),
      price: decimal('price'),
      endedAt: time('ended_at'),
    },
  }),
  { idForm: /^trial-\d$/, waiting: ['open'] },
)

let database: TestDatabase
let pool: pg.Pool
beforeAll(async () => {
  database = await createTestDatabase()
  pool = new pg.Pool({ connectionString: database.url })
  await pool.query(`CREATE TABLE trial (trial_id text COLLATE "C" PRIMARY KEY, account_id text NOT NULL, state text NOT NULL, price numeric NOT NULL,
    ended_at timestamptz(3), created_at timestamptz(3) NOT NULL, updated_at timestamptz(3) NOT NULL)`)
  // Streams 2 and 3 were created in the same millisecond.
  await pool.query(`INSERT INTO trial SELECT 'trial-' || n, CASE WHEN n < 5 THEN 'a' ELSE 'b' END, CASE WHEN n = 4 THEN 'filled' ELSE 'open' END,
    n + 0.10, NULL, '2026-11-28T10:00:00Z'::timestamptz + CASE WHEN n = 3 THEN 2 ELSE n END * interval '1 ms', '2026-11-28T11:00:00Z'::timestamptz - n * interval '1 h'
    FROM generate_series(1, 5) AS n`)
})
afterAll(async () => {
  await pool.end()
  await database.drop()
})

const ids = ({ items }: Page<Trial>): string[] => items.map(({ id }) => id)

describe('the reads of a table of streams', () => {
  it('find a stream by its id, with every column decoded', async () => {
    expect(await READS.find(pool, 'trial-4')).toEqual({
      id: 'trial-4',
      accountId: 'a',
      state: 'filled',
      price: '4.10',
      endedAt: null,
      createdAt: new Date('2026-11-28T10:00:00.004Z'),
      updatedAt: new Date('2026-11-28T07:00:00Z'),
    })
    expect(await READS.find(pool, 'trial-9')).toBeNull()
  })

  it('list all streams page by page, newest first, also when two were created in the same millisecond', async () => {
    const first = await READS.list(pool, { where: {}, limit: 3 })
    const rest = await READS.list(pool, { where: {}, limit: 3, cursor: first.nextCursor ?? '' })
    expect([ids(first), ids(rest), rest.nextCursor]).toEqual([['trial-5', 'trial-4', 'trial-3'], ['trial-2', 'trial-1'], null])
  })

  it('list the streams that meet every given condition, from page to page', async () => {
    const where = { accountId: 'a', state: 'open', price: undefined }
    const first = await READS.list(pool, { where, limit: 2 })
    const rest = await READS.list(pool, { where, limit: 2, cursor: first.nextCursor ?? '' })
    expect([ids(first), ids(rest)]).toEqual([['trial-3', 'trial-2'], ['trial-1']])
  })

  it.each([
    ['another list', encodeCursor(['2026-11-28T10:00:00.004Z', 'order-1'])],
    ['no list', 'nonsense'],
  ])('refuse a cursor of %s', async (_, cursor) => {
    await expect(READS.list(pool, { where: {}, limit: 2, cursor })).rejects.toThrow(/is not a cursor of this list/)
  })

  it('list what waits and has not changed since a time, the longest first', async () => {
    expect(await READS.listWaiting(pool, new Date('2026-11-28T09:30:00Z'))).toEqual(['trial-5', 'trial-3', 'trial-2'])
  })
})
