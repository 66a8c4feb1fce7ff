import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPool } from '../../src/platform/postgres/postgres.ts'
import { type Running, runGatehouse } from '../load/run-gatehouse.ts'
import { testRedisUrl } from '../support/queue-backends.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'
import { hasPgBouncer, startPgBouncer } from './start-pgbouncer.ts'

const SLOW = 150_000
const TOKEN = 'a-token-for-the-test-behind-pgbouncer'
const CUSTOMERS = 40

/** CI has it installed: a skipped test proves nothing there. */
describe.skipIf(!hasPgBouncer() && !process.env.CI).each(['Redis', 'Postgres'])(
  'behind PgBouncer in transaction mode, the queue on %s',
  (queue) => {
    let database: TestDatabase
    let pooler: Awaited<ReturnType<typeof startPgBouncer>>
    let running: Running
    const ends: (() => Promise<void>)[] = []
    /** The people of this test: a simulator may remember others. */
    const made = new Set<unknown>()

    beforeAll(async () => {
      database = await createTestDatabase()
      pooler = await startPgBouncer(database.url)
      const env = {
        DATABASE_URL: pooler.url,
        DATABASE_DIRECT_URL: database.url,
        OPERATOR_TOKEN: TOKEN,
        WORKER_PORT: '0',
        SWEEP_EVERY_SECONDS: '1',
        ...(queue === 'Redis' ? { REDIS_URL: testRedisUrl() } : {}),
      }
      running = await runGatehouse(env, { onTestFinished: (end) => void ends.push(end as () => Promise<void>) } /* it takes no argument */)
    }, SLOW)
    afterAll(async () => {
      for (const end of ends) await end()
      await pooler.close()
      await database.drop()
    }, SLOW)

    async function api(
      path: string,
      body?: unknown,
    ): Promise<{ status: number; json: Record<string, unknown> & { items: Record<string, unknown>[] } }> {
      const headers = {
        authorization: `Bearer ${TOKEN}`,
        'content-type': 'application/json',
        'x-operator': 'ada',
        'idempotency-key': randomUUID(),
      }
      const answer = await fetch(
        `${running.operatorUrl}${path}`,
        body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) },
      )
      return { status: answer.status, json: (await answer.json()) as never } // the API's own schemas are tested elsewhere
    }
    const simulator = (): string => /Paxos simulator +(http:\/\/\S+)/.exec(running.output())?.[1] ?? ''
    const count = async (state: string): Promise<number> =>
      (await api(`/v1/onboardings?state=${state}&limit=200`)).json.items.filter(({ identityId }) => made.has(identityId)).length

    it('takes every customer to ready, by webhook and by sweep, with statements that no server connection knows by name', {
      timeout: SLOW,
    }, async () => {
      for (const deliver of [true, false]) {
        const body = JSON.stringify({ count: CUSTOMERS / 2, deliver, refIdPrefix: `p${randomUUID().slice(0, 8)}-` })
        const answer = await fetch(`${simulator()}/_sandbox/identities/bulk`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
        })
        const { events } = (await answer.json()) as { events: { identityId: string }[] }
        for (const { identityId } of events) made.add(identityId)
      }
      await expect.poll(() => count('ready'), { timeout: 100_000, interval: 500 }).toBe(CUSTOMERS)
      expect(running.output()).not.toMatch(/prepared statement|unsupported startup parameter|"level":50/)
    })

    it('answers with the right times, and runs a replay in one transaction', { timeout: SLOW }, async () => {
      const [event] = (await api('/v1/events?limit=1')).json.items
      expect(Math.abs(Date.parse(String(event?.receivedAt)) - Date.now())).toBeLessThan(SLOW)
      const plan = await api('/v1/replays', { eventIds: [event?.eventId] })
      expect(plan.status).toBeLessThan(300)
    })

    it('leaves no setting on the server connections, which all clients share', async () => {
      const pool = createPool({ connectionString: pooler.url, max: 4, applicationName: 'pgbouncer test' })
      const settings = await Promise.all(
        Array.from({ length: 20 }, () =>
          pool.query(
            `SELECT current_setting('statement_timeout') AS timeout, current_setting('search_path') AS path, current_setting('TimeZone') AS zone`,
          ),
        ),
      )
      await pool.end()
      expect(new Set(settings.map(({ rows }) => JSON.stringify(rows[0])))).toEqual(
        new Set([JSON.stringify({ timeout: '0', path: '"$user", public', zone: 'UTC' })]),
      )
    })
  },
)
