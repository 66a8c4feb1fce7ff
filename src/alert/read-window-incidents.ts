import type { Pool } from 'pg'
import type { IncidentState } from './alert-incident.ts'

/** A problem as the rounds of the alerts saw it. */
export interface SeenProblem {
  readonly kind: string
  readonly severity: string
  /** Counts and codes; it names no person. */
  readonly sentence: string
  readonly state: IncidentState
  readonly firstSeenAt: Date
  readonly lastSeenAt: Date
}

const MOST_INCIDENTS = 1_000

/** Problems that the rounds saw in the window, in the order in which they began. */
export async function readWindowIncidents(pool: Pool, { from, to }: { from: Date; to: Date }): Promise<SeenProblem[]> {
  const { rows } = await pool.query<SeenProblem>(
    `SELECT kind, severity, sentence, state, first_seen_at AS "firstSeenAt", last_seen_at AS "lastSeenAt" FROM alert_incident
     WHERE first_seen_at < $2 AND last_seen_at >= $1 ORDER BY first_seen_at, id LIMIT ${MOST_INCIDENTS}`,
    [from, to],
  )
  return rows
}

/** When a process last compared the problems with the incidents; null: never, because no channel for alerts was configured. */
export async function lastRoundAt(pool: Pool): Promise<Date | null> {
  const { rows } = await pool.query<{ at: Date }>(`SELECT taken_at AS at FROM alert_round WHERE taken_at > '-infinity'::timestamptz`)
  return rows[0]?.at ?? null
}
