import type { Pool } from 'pg'
import { lastQueueDeed } from '../../audit/audit.ts'
import { relativeTime } from '../say/say-time.ts'

/** Who paused the queue, when and why; all null if another tool paused it. */
export interface QueuePause {
  by: string | null
  at: Date | null
  reason: string | null
}

/** The audit entry of the current pause. */
export async function readPause(pool: Pool): Promise<QueuePause> {
  const last = await lastQueueDeed(pool)
  return last?.action === 'queue.pause' ? { by: last.operator, at: last.at, reason: last.reason } : { by: null, at: null, reason: null } // BullMQ's own tools can pause it too
}

/** `Paused by ada 12 min ago: deploy 42`. */
export function sayPause({ by, at, reason }: QueuePause, now: Date): string {
  if (by === null || at === null) return 'Paused by another tool than Gatehouse, so the audit has no name'
  return `Paused by ${by} ${relativeTime(at, now)}${reason ? `: ${reason}` : ''}`
}
