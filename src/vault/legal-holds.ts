import type { Pool } from 'pg'

/** A legal hold: it forbids the erasure of a person until it is lifted. */
export interface LegalHold {
  readonly subject: string
  /** Of the matter: `case 2026-114`. */
  readonly name: string
  readonly setBy: string
  readonly reason: string
  readonly setAt: Date
  readonly liftedBy: string | null
  readonly liftReason: string | null
  readonly liftedAt: Date | null
}

const COLUMNS = `subject, name, set_by AS "setBy", reason, set_at AS "setAt", lifted_by AS "liftedBy", lift_reason AS "liftReason",
  lifted_at AS "liftedAt"`

/** Sets a hold. One that stands under the name stays as it is. */
export async function setHold(pool: Pool, hold: Pick<LegalHold, 'subject' | 'name' | 'setBy' | 'reason' | 'setAt'>): Promise<void> {
  await pool.query(
    `INSERT INTO legal_hold (subject, name, set_by, reason, set_at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (subject, name) WHERE lifted_at IS NULL DO NOTHING`,
    [hold.subject, hold.name, hold.setBy, hold.reason, hold.setAt],
  )
}

/** Lifts a hold. Returns whether one stood under the name. */
export async function liftHold(
  pool: Pool,
  lift: { subject: string; name: string; liftedBy: string; liftReason: string; liftedAt: Date },
): Promise<boolean> {
  const { rowCount } = await pool.query(
    'UPDATE legal_hold SET lifted_by = $3, lift_reason = $4, lifted_at = $5 WHERE subject = $1 AND name = $2 AND lifted_at IS NULL',
    [lift.subject, lift.name, lift.liftedBy, lift.liftReason, lift.liftedAt],
  )
  return rowCount === 1
}

/** Holds, last set first. `subject` null: of all persons. `standing`: without lifted ones. */
export async function listHolds(
  pool: Pool,
  { subject = null, standing }: { subject?: string | null; standing: boolean },
): Promise<LegalHold[]> {
  const { rows } = await pool.query<LegalHold>(
    `SELECT ${COLUMNS} FROM legal_hold WHERE ($1::text IS NULL OR subject = $1) AND (NOT $2 OR lifted_at IS NULL) ORDER BY id DESC LIMIT 1000`,
    [subject, standing],
  )
  return rows
}
