import type { Pool } from 'pg'
import { collectDefaultMetrics, Registry } from 'prom-client'
import type { ReadinessCheck } from '../platform/operations-endpoints.ts'
import type { EventQueue } from '../queue/event-queue.ts'

/** A running role. `close` stops accepting work, finishes the work in progress, and closes in reverse order of opening. */
export interface RunningRole {
  name: string
  url: string
  close(): Promise<void>
}

/** Timeout of one delivery of a notification, milliseconds. */
export const NOTICE_TIMEOUT_MS = 10_000

/** Statement timeout of the roles' pools, milliseconds. */
export const STATEMENT_TIMEOUT_MS = 15_000

export function roleMetrics(role: string): Registry {
  const registry = new Registry()
  registry.setDefaultLabels({ role })
  collectDefaultMetrics({ register: registry })
  return registry
}

export function storesReady(pool: Pool, queue: EventQueue): ReadinessCheck[] {
  return [
    { name: 'postgres', check: async () => void (await pool.query('SELECT 1')) },
    { name: 'queue', check: async () => void (await queue.counts()) },
  ]
}

export async function closeInTurn(stages: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (const stage of stages) await stage()
}
