import type { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isDataFault } from '../../../src/platform/group-committer.ts'
import {
  arrayParameter,
  column,
  columnParameters,
  ELEMENT,
  type ElementType,
  InvalidElementError,
} from '../../../src/platform/postgres/array-parameter.ts'
import { createPool } from '../../../src/platform/postgres/postgres.ts'
import { createTestDatabase } from '../../support/test-database.ts'

let database: Awaited<ReturnType<typeof createTestDatabase>>
let pool: Pool

beforeAll(async () => {
  database = await createTestDatabase()
  pool = createPool({ connectionString: database.url, max: 1, applicationName: 'test' })
})
afterAll(async () => {
  await pool.end()
  await database.drop()
})

const ID = '00112233-4455-6677-8899-aabbccddeeff'
const TIMES = ['1970-01-01T00:00:00.000Z', '2026-03-02T09:15:30.123Z', '9999-12-31T23:59:59.999Z'].map((time) => new Date(time))
const CASES: [string, ElementType<never>, readonly unknown[], readonly unknown[]][] = [
  ['boolean', ELEMENT.boolean, [true, false, null], [true, false, null]],
  ['integer', ELEMENT.integer, [0, -1, 2 ** 31 - 1, null], [0, -1, 2 ** 31 - 1, null]],
  ['bigint', ELEMENT.bigint, [-1, 2 ** 48, '9223372036854775807', null], ['-1', '281474976710656', '9223372036854775807', null]],
  ['uuid', ELEMENT.uuid, [ID, null], [ID, null]],
  ['timestamptz', ELEMENT.timestamptz, [...TIMES.map((time) => time.getTime()), null], [...TIMES, null]],
  ['text', ELEMENT.text, ['', `{"a",b} ' \\ ünï 🦊`, null], ['', `{"a",b} ' \\ ünï 🦊`, null]],
  ['bytea', ELEMENT.bytea, [Buffer.from('00ff', 'hex'), Buffer.alloc(0), null], [Buffer.from('00ff', 'hex'), Buffer.alloc(0), null]],
  ['bytea', ELEMENT.hex, ['00ff', '', null], [Buffer.from('00ff', 'hex'), Buffer.alloc(0), null]],
]

describe('a binary array parameter', () => {
  it.each(CASES)('of %s arrives in Postgres unchanged', async (name, type, given, arrived) => {
    const { rows } = await pool.query(`SELECT unnest($1::${name}[]) AS value`, [arrayParameter(type, given as never[])])
    expect(rows.map(({ value }) => value)).toEqual(arrived)
  })

  it('is built from a field that is picked from rows', () => {
    const rows = [{ id: ID }, { id: null }]
    const ids = column(ELEMENT.uuid, ({ id }: { id: string | null }) => id)
    const known = column(ELEMENT.boolean, ({ id }: { id: string | null }) => id !== null)
    expect(columnParameters([ids, known], rows)).toEqual([
      arrayParameter(ELEMENT.uuid, [ID, null]),
      arrayParameter(ELEMENT.boolean, [true, false]),
    ])
  })

  it('begins with its first element, as other arrays do', async () => {
    const { rows } = await pool.query('SELECT array_lower($1::int[], 1) AS first', [arrayParameter(ELEMENT.integer, [7, 8])])
    expect(rows).toEqual([{ first: 1 }])
  })

  it('may be empty', async () => {
    expect((await pool.query('SELECT $1::uuid[] AS ids', [arrayParameter(ELEMENT.uuid, [])])).rows).toEqual([{ ids: [] }])
  })

  it.each(['not-a-uuid', ID.slice(1), `${ID}0`, `${ID}00`, `g${ID}`, `é${ID.slice(1)}`, ''])(
    'rejects "%s" as a uuid with a data fault',
    (value) => {
      expect.assertions(1)
      try {
        arrayParameter(ELEMENT.uuid, [ID, value])
      } catch (error) {
        expect(isDataFault(error)).toBe(true)
      }
    },
  )

  it.each(['0', 'zz'])('rejects "%s" as bytes', (value) => {
    expect(() => arrayParameter(ELEMENT.hex, [value])).toThrow(InvalidElementError)
  })
})
