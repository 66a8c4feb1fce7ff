import { readFile } from 'node:fs/promises'
import { PrismaPg } from '@prisma/adapter-pg'
import { ColumnTypeEnum } from '@prisma/driver-adapter-utils'
import type pg from 'pg'
import { createPool } from '../../src/platform/postgres/postgres.ts'
import { openSchemaEngine } from '../../src/platform/postgres/schema-engine.ts'

const SCHEMA = new URL('../../prisma/schema.prisma', import.meta.url)
/** Postgres's internal one-byte type `"char"`, which its catalogues use often. */
const INTERNAL_CHAR = 18
const TEXT = 25

/**
 * The SQL that would bring the database to `schema` (by default prisma/schema.prisma); null when they agree. Prisma sees tables, columns,
 * keys and whole indexes. Checks, triggers and partial indexes are in the migrations only.
 */
export async function schemaDrift(connectionString: string, { schema }: { schema?: string } = {}): Promise<string | null> {
  const pool = createPool({ connectionString, max: 1, applicationName: 'schema drift' })
  const engine = await openSchemaEngine(() => connectForCatalogues(pool))
  try {
    const files = [{ path: 'schema.prisma', content: schema ?? (await readFile(SCHEMA, 'utf8')) }]
    const { exitCode, stdout } = await engine.diff({
      from: { tag: 'schemaDatasource', files, configDir: '.' },
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: true,
      filters: { externalTables: [], externalEnums: [] },
    })
    return exitCode === 0 ? null : (stdout ?? '')
  } finally {
    engine.free()
    await pool.end()
  }
}

/** The driver adapter, extended by the catalogues' `"char"`: it refuses the type, and the engine asks for it. */
async function connectForCatalogues(pool: pg.Pool): ReturnType<PrismaPg['connect']> {
  const charColumns = new Set<string>()
  const query = pool.query.bind(pool) as (config: pg.QueryArrayConfig) => Promise<pg.QueryArrayResult>
  Object.assign(pool, {
    query: async (config: pg.QueryArrayConfig) => {
      const result = await query(config)
      for (const field of result.fields.filter(({ dataTypeID }) => dataTypeID === INTERNAL_CHAR)) {
        charColumns.add(field.name)
        field.dataTypeID = TEXT
      }
      return result
    },
  })
  const adapter = await new PrismaPg(pool).connect()
  const queryRaw = adapter.queryRaw.bind(adapter)
  adapter.queryRaw = async (config) => {
    charColumns.clear()
    const result = await queryRaw(config)
    const columnTypes = result.columnTypes.map((type, i) =>
      charColumns.has(result.columnNames[i] ?? '') ? ColumnTypeEnum.Character : type,
    )
    return { ...result, columnTypes }
  }
  return adapter
}
