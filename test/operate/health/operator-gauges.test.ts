import { Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { COUNT_OPEN_WORK, registerOperatorGauges } from '../../../src/operate/health/operator-gauges.ts'
import { createPool } from '../../../src/platform/postgres/postgres.ts'
import { seedOnboarding } from '../seed-onboarding.ts'
import { type Operator, startOperator } from '../start-operator.ts'

let operator: Operator
beforeAll(async () => {
  operator = await startOperator()
})
afterAll(() => operator.close())

/** The samples of a scrape, without help and types. */
async function scrape(parts: Parameters<typeof registerOperatorGauges>[1]): Promise<Record<string, number>> {
  const metrics = new Registry()
  registerOperatorGauges(metrics, parts)
  const lines = (await metrics.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]))
}

const EMPTY = {
  'gatehouse_inbox_open_events{state="accepted"}': 0,
  'gatehouse_inbox_open_events{state="parked"}': 0,
  'gatehouse_inbox_open_events{state="dead"}': 0,
  gatehouse_inbox_oldest_unfinished_seconds: 0,
  gatehouse_onboardings_held: 0,
  'gatehouse_queue_jobs{state="waiting"}': 0,
  'gatehouse_queue_jobs{state="active"}': 0,
  'gatehouse_queue_jobs{state="delayed"}': 0,
  gatehouse_queue_paused: 0,
}

describe("the operator's gauges", () => {
  it('are all present and 0 while nothing waits', async () => {
    expect(await scrape(operator)).toEqual(EMPTY)
  })

  it('show what waits for the machine, what for an operator, and for how long', async () => {
    await seedOnboarding(operator.ledger, { statuses: ['APPROVED', 'DENIED'] })
    await operator.pool.query(`INSERT INTO inbox_event (event_id, type, occurred_at, is_test, origin, state, received_at)
      SELECT gen_random_uuid(), 'identity.approved', now(), false, 'webhook', state, now() - make_interval(mins => minutes)
      FROM (VALUES ('accepted', 1), ('accepted', 7), ('parked', 90), ('parked', 91), ('dead', 500), ('processed', 900)) AS e (state, minutes)`)
    await operator.pool.query(
      `INSERT INTO sweep_window (from_at, to_at, listed, recovered) VALUES (now() - interval '2 hours', now() - interval '1 hour', 0, 0)`,
    )
    await operator.queue.pause()
    await operator.queue.add([{ seq: '1', generation: 0 }])
    const seen = await scrape(operator)
    expect(seen).toMatchObject({
      'gatehouse_inbox_open_events{state="accepted"}': 2,
      'gatehouse_inbox_open_events{state="parked"}': 2,
      'gatehouse_inbox_open_events{state="dead"}': 1,
      gatehouse_onboardings_held: 1,
      'gatehouse_queue_jobs{state="waiting"}': 1,
      gatehouse_queue_paused: 1,
    })
    expect(seen.gatehouse_inbox_oldest_unfinished_seconds).toBeGreaterThan(415)
    expect(seen.gatehouse_inbox_oldest_unfinished_seconds).toBeLessThan(600)
    expect(seen.gatehouse_sweep_age_seconds).toBeGreaterThan(3_595)
  })

  it('never read finished events, for any number of them', async () => {
    await operator.pool.query(`INSERT INTO inbox_event (event_id, type, occurred_at, is_test, origin, state)
      SELECT gen_random_uuid(), 'identity.approved', now(), false, 'webhook', 'processed' FROM generate_series(1, 20000)`)
    await operator.pool.query('ANALYZE inbox_event')
    const { rows } = await operator.pool.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${COUNT_OPEN_WORK}`)
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    expect(plan.match(/(Index Only|Index|Bitmap Index) Scan (using|on) inbox_event_\w+_idx/g)).toHaveLength(3)
    expect(plan).not.toMatch(/Seq Scan on inbox_event/)
  })

  it('are absent, not stale, when Postgres or the queue does not answer, and the scrape succeeds', async () => {
    const noPostgres = createPool({ connectionString: 'postgres://nobody@127.0.0.1:9/none', max: 1, applicationName: 'test' })
    expect(Object.keys(await scrape({ pool: noPostgres, queue: operator.queue })).every((name) => name.includes('queue'))).toBe(true)
    await noPostgres.end()
    const seen = await scrape({ pool: operator.pool, queue: { counts: () => Promise.reject(new Error('away')) } })
    expect(seen).toHaveProperty('gatehouse_onboardings_held')
    expect(Object.keys(seen).some((name) => name.includes('queue'))).toBe(false)
  })
})
