/** The world of a process besides its database: addresses to compare and to show, never a credential. */
export interface World {
  /** `Redis at redis:6379, database 0` or `Postgres`. */
  queue: string
  /** Base URL of Paxos's API; null for a process that never calls Paxos. */
  upstream: string | null
  /** The upstream is our simulator. */
  simulated: boolean
}

export const ROLES = ['start', 'receiver', 'worker', 'operator'] as const
export type Role = (typeof ROLES)[number]

/** A process that runs on this database. */
export interface RoleProcess extends World {
  id: string
  role: Role
  host: string
  pid: number
  /** Its base URL; null: it does not listen. */
  url: string | null
  startedAt: Date
  /** Seconds since its last sign of life, by the database's clock. */
  silentSeconds: number
}
