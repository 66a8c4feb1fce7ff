import { randomUUID } from 'node:crypto'
import type { Pool } from 'pg'
import { AppError } from '../platform/app-error.ts'

/** Lifetime of a claim without renewal, seconds: longer than one page of List Events can take, with waits for the budget. */
const HELD_SECONDS = 120

/**
 * Another worker holds the sweep because this one did not renew its claim. Events that this one stored stay. Its window is not recorded.
 */
export class SweepClaimLostError extends AppError {
  readonly code = 'SWEEP_CLAIM_LOST'
  readonly retry = 'snooze'
}

/**
 * The claim to sweep, which one worker has at a time. It is a row and not a session lock, since PgBouncer may give the session to another
 * client.
 */
export interface SweepClaim {
  /** @throws SweepClaimLostError */
  renew(): Promise<void>
  release(): Promise<void>
}

/** Null while another worker holds it. A dead worker holds it for two minutes. */
export async function claimSweep(pool: Pool): Promise<SweepClaim | null> {
  const holder = randomUUID()
  if (!(await hold(pool, holder))) return null
  return {
    renew: async () => {
      if (!(await hold(pool, holder)))
        throw new SweepClaimLostError('another worker took over the sweep, because this one did not renew its claim in time')
    },
    release: async () => {
      // Not now(): the column holds milliseconds and may round up, so a sweep that follows at once would still find it held.
      await pool.query("UPDATE sweep_claim SET holder = NULL, held_until = '-infinity' WHERE holder = $1", [holder])
    },
  }
}

async function hold(pool: Pool, holder: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    `UPDATE sweep_claim SET holder = $1, held_until = now() + make_interval(secs => $2) WHERE holder = $1 OR held_until <= now()`,
    [holder, HELD_SECONDS],
  )
  return rowCount === 1
}
