import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Pool } from 'pg'
import { errorMessage } from '../platform/app-error.ts'
import type { Logger } from '../platform/logger.ts'
import type { Role, RoleProcess, World } from './role-process.ts'

export interface Enrollment {
  id: string
  /** Removes the row and stops the heartbeat. Safe to repeat. Does not fail while Postgres is away. */
  leave(): Promise<void>
}

/** The processes on this database. Rejects when Postgres does not answer. */
export interface Roster {
  /** Processes that gave a sign of life in the last 20 s and are not known to be dead, in the order of their start. */
  live(): Promise<RoleProcess[]>
  /** Enrolls this process and renews its sign of life every 5 s until it leaves. */
  enroll(entry: World & { role: Role; url: string | null }): Promise<Enrollment>
}

const HEARTBEAT_MS = 5_000
/** Four heartbeats: a paused process or a short outage of Postgres does not count as its end. */
const LIVE_SECONDS = 20
/** The next process that starts removes rows of dead processes of this age. */
const KEEP_DEAD_SECONDS = 3_600

export function createRoster({ pool, logger }: { pool: Pool; logger: Logger }): Roster {
  return {
    live: async () => (await readRecent(pool)).filter(isNotKnownDead),
    enroll: async (entry) => {
      const id = randomUUID()
      await pool.query('DELETE FROM role_process WHERE heartbeat_at < now() - make_interval(secs => $1)', [KEEP_DEAD_SECONDS])
      await writeDown(pool, id, entry)
      const timer = setInterval(() => {
        void writeDown(pool, id, entry).catch((error: unknown) => logger.debug({ reason: errorMessage(error) }, 'heartbeat not written'))
      }, HEARTBEAT_MS)
      timer.unref()
      return {
        id,
        leave: async () => {
          clearInterval(timer)
          await pool.query('DELETE FROM role_process WHERE id = $1', [id]).catch(() => undefined)
        },
      }
    },
  }
}

async function readRecent(pool: Pool): Promise<RoleProcess[]> {
  const { rows } = await pool.query<RoleProcess>(
    `SELECT id, role, host, pid, url, queue, upstream, simulated, started_at AS "startedAt",
       greatest(0, extract(epoch FROM clock_timestamp() - heartbeat_at))::float8 AS "silentSeconds"
     FROM role_process WHERE heartbeat_at > clock_timestamp() - make_interval(secs => $1) ORDER BY started_at, id`,
    [LIVE_SECONDS],
  )
  return rows
}

/** Writes the row, or restores it: one that was removed (a restored backup) returns with the next sign of life. */
async function writeDown(pool: Pool, id: string, { role, url, queue, upstream, simulated }: World & { role: Role; url: string | null }) {
  await pool.query(
    `INSERT INTO role_process (id, role, host, pid, url, queue, upstream, simulated) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (id) DO UPDATE SET heartbeat_at = clock_timestamp()`,
    [id, role, hostname(), process.pid, url, queue, upstream, simulated],
  )
}

/** A killed process of this machine counts as dead at once, not after 20 s: otherwise it would delay its own restart. */
function isNotKnownDead({ host, pid }: RoleProcess): boolean {
  if (host !== hostname()) return true
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH')
  }
}
