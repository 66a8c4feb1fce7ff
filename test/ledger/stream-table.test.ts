import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { intendedEffect, recordReceipt, type Snapshot } from '../../src/domain/effect.ts'
import { draftOf } from '../../src/domain/stream.ts'
import { createLedger, type Ledger } from '../../src/ledger/ledger.ts'
import { boolean, decimal, integer, json, streamTable, text, textList, time } from '../../src/ledger/stream-table.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'

interface Trial {
  id: string
  state: 'open' | 'filled'
  amount: string | null
  price: string
  fills: number
  urgent: boolean
  until: number | null
  words: readonly string[]
  terms: { side: string } | null
}
interface TrialSnapshot extends Snapshot {
  readonly trial: Trial
}

/** A second kind of stream, with a column of every type: a table and a declaration, nothing else. */
const TRIAL_TABLE = streamTable<TrialSnapshot, 'trial'>({
  kind: 'trial',
  table: 'trial',
  property: 'trial',
  id: 'id',
  identity: () => null,
  columns: {
    id: text('trial_id'),
    state: text('state'),
    amount: decimal('amount'),
    price: decimal('price'),
    fills: integer('fills'),
    urgent: boolean('urgent'),
    until: time('until'),
    words: textList('words'),
    terms: json('terms'),
  },
  firstIn: { filled_at: 'filled' },
})

let database: TestDatabase
let pool: pg.Pool
let ledger: Ledger<TrialSnapshot>
beforeAll(async () => {
  database = await createTestDatabase()
  pool = new pg.Pool({ connectionString: database.url })
  await pool.query(`CREATE TABLE trial (trial_id text COLLATE "C" PRIMARY KEY, state text NOT NULL, amount numeric, price numeric NOT NULL,
    fills integer NOT NULL, urgent boolean NOT NULL, until timestamptz(3), words text[] NOT NULL, terms jsonb, filled_at timestamptz(3),
    version integer NOT NULL, entry_count integer NOT NULL, head_hash bytea NOT NULL, created_at timestamptz(3) NOT NULL, updated_at timestamptz(3) NOT NULL)`)
  await pool.query('SELECT guard_streams()') // as the migration of a new stream does
  ledger = createLedger({ pool, table: TRIAL_TABLE })
})
afterAll(async () => {
  await ledger.close()
  await pool.end()
  await database.drop()
})

const at = new Date('2026-11-28T10:00:00.001Z')
const trial = (change: Partial<Trial> = {}): TrialSnapshot => ({
  trial: {
    id: `trial_${randomUUID()}`,
    state: 'open',
    amount: null,
    price: '61234.120000000000000001',
    fills: 0,
    urgent: true,
    until: at.getTime(),
    words: ['a "quoted" one', ''],
    terms: { side: 'BUY' },
    ...change,
  },
  effects: [],
})

describe('a stream table', () => {
  it('keeps and returns a column of every type exactly', async () => {
    for (const change of [{}, { amount: '0.000000010', until: null, terms: null, urgent: false, fills: -1, words: [] }]) {
      const fresh = trial(change)
      const stored = await ledger.commit({ before: null, draft: draftOf(fresh), actor: 'test', at })
      expect(stored?.trial).toEqual(fresh.trial)
      expect(await ledger.load(fresh.trial.id)).toEqual(stored)
    }
  })

  it('keeps a missing value of JSON as null of the database', async () => {
    const fresh = trial({ terms: null })
    await ledger.commit({ before: null, draft: draftOf(fresh), actor: 'test', at })
    const { rows } = await pool.query('SELECT terms IS NULL AS missing FROM trial WHERE trial_id = $1', [fresh.trial.id])
    expect(rows).toEqual([{ missing: true }])
  })

  it('moves its version with its entries, effects and attempts, and keeps the first time of a state', async () => {
    const fresh = trial()
    const { id } = fresh.trial
    const effect = intendedEffect(id, { kind: 'place-order' })
    const opened = await ledger.commit({
      before: null,
      draft: { ...draftOf(fresh, [{ kind: 'trial.opened', data: {} }]), effects: [effect] },
      actor: 'test',
      at,
    })
    const attempt = { step: 'place-order', number: 1, at: at.getTime(), durationMs: 7, operation: 'orders.create', status: 201 }
    const done = recordReceipt(draftOf(opened!), 'place-order', { kind: 'order', paxosOrderId: 'p-1' })
    const filled = {
      ...done,
      trial: { ...done.trial, state: 'filled' as const },
      attempted: [{ ...attempt, code: null, problemType: null, detail: null }],
    }
    const change = { before: opened, draft: filled, actor: 'test', at }
    const [won, lost] = [await ledger.commit(change), await ledger.commit(change)]
    expect(won).toMatchObject({
      version: 2,
      entryCount: 2,
      trial: { state: 'filled' },
      effects: [{ state: 'done', receipt: { paxosOrderId: 'p-1' } }],
    })
    expect(lost).toBeNull()
    expect(await ledger.load(id)).toEqual(won)
    const { rows } = await pool.query('SELECT filled_at FROM trial WHERE trial_id = $1', [id])
    expect(rows).toEqual([{ filled_at: at }])
    const attempts = await pool.query(
      'SELECT step, attempt_no, operation, status, code, duration_ms FROM effect_attempt WHERE stream_id = $1',
      [id],
    )
    expect(attempts.rows).toEqual([
      { step: 'place-order', attempt_no: 1, operation: 'orders.create', status: 201, code: null, duration_ms: 7 },
    ])
  })
})

describe('the migrations', () => {
  it('add each table of streams to the guards of effects and entries', async () => {
    const fresh = await createTestDatabase()
    const client = new pg.Pool({ connectionString: fresh.url })
    const tables = await client.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.columns WHERE column_name = 'head_hash'`,
    )
    const guards = await client.query<{ source: string }>(
      `SELECT prosrc AS source FROM pg_proc WHERE proname IN ('refuse_loose_effect', 'refuse_loose_entry')`,
    )
    await client.end()
    await fresh.drop()
    expect(guards.rows).toHaveLength(2)
    expect(tables.rows.length).toBeGreaterThan(6)
    for (const { source } of guards.rows)
      for (const { name } of tables.rows) expect(source).toMatch(new RegExp(`FROM ${name} AS o WHERE o\\.\\w+ = a\\.stream_id`))
  })
})
