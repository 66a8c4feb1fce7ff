import type { Pool } from 'pg'
import { Gauge, type Registry } from 'prom-client'
import { ServiceUnavailableError } from '../platform/app-error.ts'
import { withTimeout } from '../platform/with-timeout.ts'
import type { EventQueue, QueueCounts } from '../queue/event-queue.ts'

/** Longest look of one scrape, milliseconds: Prometheus gives up after ten seconds, and then it has nothing at all. */
const READ_TIMEOUT_MS = 3_000
/** One look serves all gauges of a scrape, and scrapes that come together, milliseconds. */
const SAME_READ_MS = 2_000

interface OpenWork {
  accepted: number
  parked: number
  dead: number
  held: number
  oldestSeconds: number
  sweepSeconds: number | null
}

/** Reads partial indexes, which hold only what is open: as cheap in an inbox of ten million events as in an empty one. */
export const COUNT_OPEN_WORK = `
SELECT unfinished.count AS accepted, unfinished.oldest AS "oldestSeconds",
  (SELECT count(*)::int FROM inbox_event WHERE state = 'parked') AS parked,
  (SELECT count(*)::int FROM inbox_event WHERE state = 'dead') AS dead,
  (SELECT count(*)::int FROM onboarding WHERE state = 'held') AS held,
  (SELECT extract(epoch FROM now() - max(to_at))::float8 FROM sweep_window) AS "sweepSeconds"
FROM (SELECT count(*)::int AS count, greatest(0, extract(epoch FROM now() - min(received_at)))::float8 AS oldest
  FROM inbox_event WHERE state = 'accepted') AS unfinished`

/**
 * What waits for the machine or for a person, asked at each scrape. What cannot be asked now (Postgres or the queue is away) is missing from
 * the answer rather than old: alert on its absence.
 */
export function registerOperatorGauges(metrics: Registry, { pool, queue }: { pool: Pool; queue: Pick<EventQueue, 'counts'> }): void {
  const work = readOnce(async () => (await pool.query<OpenWork>(COUNT_OPEN_WORK)).rows[0] ?? null)
  const jobs = readOnce<QueueCounts>(() => queue.counts())
  const one = (declared: { name: string; help: string }, see: () => Promise<number | null | undefined>): Gauge =>
    new Gauge({
      ...declared,
      registers: [metrics],
      async collect() {
        const seen = await see()
        this.remove()
        if (seen !== null && seen !== undefined) this.set(seen)
      },
    })
  const byState = (declared: { name: string; help: string }, see: () => Promise<Record<string, number> | null>): Gauge<'state'> =>
    new Gauge({
      ...declared,
      labelNames: ['state'],
      registers: [metrics],
      async collect() {
        const seen = await see()
        this.reset()
        for (const [state, count] of Object.entries(seen ?? {})) this.set({ state }, count)
      },
    })

  byState(
    { name: 'gatehouse_inbox_open_events', help: 'Events that are unfinished (accepted) or wait for a person (parked, dead).' },
    async () => pick(await work(), ['accepted', 'parked', 'dead']),
  )
  one(
    { name: 'gatehouse_inbox_oldest_unfinished_seconds', help: 'Since the oldest unfinished event was received; 0 when none is.' },
    async () => (await work())?.oldestSeconds,
  )
  one({ name: 'gatehouse_onboardings_held', help: 'Onboardings that a person must release.' }, async () => (await work())?.held)
  one(
    { name: 'gatehouse_sweep_age_seconds', help: 'How far back the last complete sweep over List Events ends; missing before the first.' },
    async () => (await work())?.sweepSeconds,
  )
  byState({ name: 'gatehouse_queue_jobs', help: 'Jobs on the queue: waiting, active, delayed.' }, async () =>
    pick(await jobs(), ['waiting', 'active', 'delayed']),
  )
  one({ name: 'gatehouse_queue_paused', help: '1 while an operator has paused the queue.' }, async () => {
    const seen = await jobs()
    return seen && (seen.paused ? 1 : 0)
  })
}

function pick<Key extends string>(from: Record<Key, number> | null, keys: readonly Key[]): Record<string, number> | null {
  return from && Object.fromEntries(keys.map((key) => [key, from[key]]))
}

/** Null when the read fails or takes too long. */
function readOnce<T>(read: () => Promise<T | null>): () => Promise<T | null> {
  let last: { at: number; seen: Promise<T | null> } | null = null
  return () => {
    if (last === null || performance.now() - last.at > SAME_READ_MS) {
      const seen = withTimeout(READ_TIMEOUT_MS, read(), () => new ServiceUnavailableError('no answer within a scrape')).catch(() => null)
      last = { at: performance.now(), seen }
    }
    return last.seen
  }
}
