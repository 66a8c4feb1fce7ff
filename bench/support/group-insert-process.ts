/** Postgres alone: the inbox's own statement with full batches, one durable commit after the other on one connection. */
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { type EventRow, insertEvents } from '../../src/inbox/insert-events.ts'
import { runProgram } from './program.ts'

await runProgram<{ databaseUrl: string; batch: number }, number, null>(async ({ databaseUrl, batch }) => {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const row = (): EventRow => ({
    id: randomUUID(),
    type: 'identity.approved',
    at: new Date(),
    test: false,
    origin: 'webhook',
    sha: 'ab'.repeat(32),
    deliveries: 1,
    batch: null,
    keySlot: null,
    source: null,
    trace: null,
  })
  return {
    ready: null,
    /** Rows per second over this many seconds. */
    answer: async (seconds) => {
      const startedAt = performance.now()
      let rows = 0
      while (performance.now() - startedAt < seconds * 1_000) {
        const events = Array.from({ length: batch }, row)
        await client.query(insertEvents(events))
        rows += batch
      }
      return rows / ((performance.now() - startedAt) / 1_000)
    },
    close: () => client.end(),
  }
})
