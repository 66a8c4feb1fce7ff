import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from 'pg'

/** The life of an event, in milliseconds since 1970. */
export interface EventLife {
  eventId: string
  identityId: string | null
  origin: 'webhook' | 'sweep'
  acceptedAtMs: number
  /** When it completed the first time, or null. Replays come later. */
  endedAtMs: number | null
}

export interface EventWatch {
  lives: ReadonlyMap<string, EventLife>
  /** Completed events, in the order of observation. */
  finished(): string[]
  /** Observes a last time, so that nothing is missing. */
  stop(): Promise<void>
}

const POLL_EVERY_MS = 400
/** Rows are read by number and completion time. A row that commits shortly after that time is read once more. */
const OVERLAP = 500

interface Row {
  seq: string
  event_id: string
  identity_id: string | null
  origin: EventLife['origin']
  received_at: Date
  completed_at: Date | null
  state: string
}

/** Observes the inbox several times a second, since a replay makes a row lose its first completion time. */
export function watchEvents(pool: Pool): EventWatch {
  const lives = new Map<string, EventLife>()
  const ended: string[] = []
  let lastSeq = 0
  let stopped = false

  const observe = async (): Promise<void> => {
    const open = [...lives.values()].filter(({ endedAtMs }) => endedAtMs === null).map(({ eventId }) => eventId)
    const { rows } = await pool.query<Row>(
      `SELECT seq, event_id, identity_id, origin, received_at, completed_at, state FROM inbox_event
       WHERE state <> 'test' AND (seq > $1 OR event_id = ANY ($2::text[])) ORDER BY completed_at`,
      [Math.max(0, lastSeq - OVERLAP), open],
    )
    for (const row of rows) {
      lastSeq = Math.max(lastSeq, Number(row.seq))
      const known = lives.get(row.event_id)
      if (known && known.endedAtMs !== null) continue
      const endedAtMs = row.completed_at?.getTime() ?? null
      lives.set(row.event_id, {
        eventId: row.event_id,
        identityId: row.identity_id,
        origin: row.origin,
        acceptedAtMs: row.received_at.getTime(),
        endedAtMs,
      })
      if (endedAtMs !== null && row.state === 'processed') ended.push(row.event_id)
    }
  }
  const watching = (async () => {
    while (!stopped) {
      await observe().catch(() => undefined) // Postgres may be away just now
      await sleep(POLL_EVERY_MS)
    }
  })()
  return {
    lives,
    finished: () => [...ended],
    stop: async () => {
      stopped = true
      await watching
      await observe()
    },
  }
}
