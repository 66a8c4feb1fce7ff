import { randomUUID } from 'node:crypto'
import { inject } from 'vitest'
import { failedTests } from './failed-tests.ts'
import { execute } from './template-database.ts'

export interface TestDatabase {
  url: string
  /**
   * Drops it with its open connections. Keeps it, with a message, when a test of this file failed (not for a mutant, whose tests should
   * fail).
   */
  drop(): Promise<void>
}

/**
 * A database for one test file (35-50 ms): a copy of the migrated template, with BullMQ's schema. Call it in `beforeAll` and `drop` in
 * `afterAll`. With `migrated: false` it is empty.
 */
export async function createTestDatabase({ migrated = true }: { migrated?: boolean } = {}): Promise<TestDatabase> {
  const server = inject('postgresUrl')
  const name = `gatehouse_test_${randomUUID().replaceAll('-', '').slice(0, 12)}`
  await execute(server, `CREATE DATABASE ${name} TEMPLATE ${migrated ? inject('templateDatabase') : 'template0'}`)
  const { href: url } = Object.assign(new URL(server), { pathname: `/${name}` })
  return {
    url,
    drop: async () => {
      if (failedTests.length > 0 && process.env.STRYKER_MUTATOR_WORKER === undefined)
        console.warn(`kept for a look, while the server runs: ${url}`)
      else await execute(server, `DROP DATABASE ${name} WITH (FORCE)`)
    },
  }
}
