import type { Pool } from 'pg'
import { errorCode, errorMessage } from '../platform/app-error.ts'
import type { Logger } from '../platform/logger.ts'
import { PaxosError } from './paxos-errors.ts'

/** `api`: Paxos's API. `token`: the endpoint that issues access tokens. */
export type Circuit = 'api' | 'token'

/** A breaker opened for `openForMs` because of `error`. Null: it closed, since Paxos answered. */
export type CircuitChange = { openForMs: number; error: unknown } | null

/** Whether Paxos answers, as the breakers of all processes last saw it. */
export interface UpstreamContact {
  circuit: Circuit
  /** Since when calls fail; null while Paxos answers. */
  failingSince: Date | null
  errorCode: string | null
  /** HTTP status of the last failure; null when there was no answer. */
  httpStatus: number | null
  detail: string | null
  /** When the next probe goes out; null while Paxos answers. */
  nextProbeAt: Date | null
  answeredAt: Date | null
}

/** Characters of a failure's text that are kept. The text names no person (paxos-errors.ts). */
const DETAIL_LETTERS = 300
/** Longer than one probe plus the longest wait after it. */
const PROBE_OVERDUE_SECONDS = 90

/** Writes each change of a breaker to Postgres, where other processes see it. A write that fails is logged: calls never wait for it. */
export function createContactLog({ pool, logger }: { pool: Pool; logger: Logger }): (circuit: Circuit, change: CircuitChange) => void {
  const keep = async (circuit: Circuit, change: CircuitChange): Promise<void> => {
    if (change === null) {
      await pool.query(
        `INSERT INTO paxos_contact AS c (circuit, answered_at) VALUES ($1, now())
         ON CONFLICT (circuit) DO UPDATE SET failing_since = NULL, error_code = NULL, http_status = NULL, detail = NULL, next_probe_at = NULL, answered_at = now()`,
        [circuit],
      )
      return
    }
    const { openForMs, error } = change
    const status = error instanceof PaxosError ? error.status : null
    await pool.query(
      `INSERT INTO paxos_contact AS c (circuit, failing_since, error_code, http_status, detail, next_probe_at)
       VALUES ($1, now(), $2, $3, $4, now() + make_interval(secs => $5))
       ON CONFLICT (circuit) DO UPDATE SET failing_since = coalesce(c.failing_since, now()), error_code = excluded.error_code,
         http_status = excluded.http_status, detail = excluded.detail, next_probe_at = excluded.next_probe_at`,
      [circuit, errorCode(error), status, errorMessage(error).replaceAll('\0', '').slice(0, DETAIL_LETTERS), openForMs / 1_000],
    )
  }
  let last = Promise.resolve()
  return (circuit, change) => {
    last = last
      .then(() => keep(circuit, change))
      .catch((error) => logger.debug({ circuit, reason: errorMessage(error) }, 'the state of the circuit could not be stored'))
  }
}

/**
 * One row for each circuit that ever changed. A circuit with an overdue probe does not count as failing: the process that owned it has
 * ended, and no other process has met a failure since.
 */
export async function readUpstreamContact(pool: Pool): Promise<UpstreamContact[]> {
  const { rows } = await pool.query<UpstreamContact>(
    `SELECT c.circuit, f.failing_since AS "failingSince", f.error_code AS "errorCode", f.http_status AS "httpStatus", f.detail,
       f.next_probe_at AS "nextProbeAt", c.answered_at AS "answeredAt"
     FROM paxos_contact AS c LEFT JOIN paxos_contact AS f ON f.circuit = c.circuit AND f.next_probe_at > now() - make_interval(secs => $1)
     ORDER BY c.circuit`,
    [PROBE_OVERDUE_SECONDS],
  )
  return rows
}
