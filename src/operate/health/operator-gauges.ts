import type { Pool } from 'pg'
import { Gauge, type Registry } from 'prom-client'
import { DEAD_EVENTS, PARKED_EVENTS, UNFINISHED_EVENTS } from '../../inbox/count-open.ts'
import { listKeys } from '../../inbox/webhook-keys.ts'
import { HELD_ONBOARDINGS } from '../../ledger/count-onboardings.ts'
import { ServiceUnavailableError } from '../../platform/app-error.ts'
import { withTimeout } from '../../platform/with-timeout.ts'
import type { EventQueue, QueueCounts } from '../../queue/event-queue.ts'
import { SWEEP_AGE } from '../../reconcile/sweep-windows.ts'

/** Longest time for one scrape, milliseconds. Prometheus gives up after 10 s and then loses every gauge. */
const READ_TIMEOUT_MS = 3_000
/** Milliseconds for which one reading serves all gauges of a scrape, and concurrent scrapes. */
const SAME_READ_MS = 2_000

interface OpenWork {
  accepted: number
  parked: number
  dead: number
  held: number
  oldestSeconds: number
  sweepSeconds: number | null
}

/** Everything of one scrape in one statement. */
export const COUNT_OPEN_WORK = `
SELECT unfinished.count AS accepted, unfinished.oldest AS "oldestSeconds", (${PARKED_EVENTS}) AS parked, (${DEAD_EVENTS}) AS dead,
  (${HELD_ONBOARDINGS}) AS held, (${SWEEP_AGE}) AS "sweepSeconds"
FROM (${UNFINISHED_EVENTS}) AS unfinished`

/**
 * Gauges of open work, read at each scrape. If Postgres or the queue does not answer, its gauges are absent instead of stale: alert on their
 * absence.
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
    { name: 'gatehouse_inbox_open_events', help: 'Events that are unfinished (accepted) or need an operator (parked, dead).' },
    async () => pick(await work(), ['accepted', 'parked', 'dead']),
  )
  one(
    {
      name: 'gatehouse_inbox_oldest_unfinished_seconds',
      help: 'Seconds since the oldest unfinished event was received; 0 if there is none.',
    },
    async () => (await work())?.oldestSeconds,
  )
  one({ name: 'gatehouse_onboardings_held', help: 'Onboardings that an operator must release.' }, async () => (await work())?.held)
  one(
    {
      name: 'gatehouse_sweep_age_seconds',
      help: 'Seconds since the end of the window of the last complete sweep; absent before the first sweep.',
    },
    async () => (await work())?.sweepSeconds,
  )
  const keys = readOnce(() => listKeys(pool))
  new Gauge({
    name: 'gatehouse_webhook_key_demoted',
    help: '1 while a webhook key is demoted because Paxos does not know its events, by the slot of the key; else 0.',
    labelNames: ['key_slot'],
    registers: [metrics],
    async collect() {
      const seen = await keys()
      this.reset()
      for (const { slot, demoted } of seen ?? []) this.set({ key_slot: slot }, demoted ? 1 : 0)
    },
  })
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
