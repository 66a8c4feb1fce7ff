import type { Pool } from 'pg'
import { HELD_ONBOARDINGS } from './count-onboardings.ts'

/** Onboardings that an operator must release. */
export async function countHeld(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ held: number }>(`SELECT (${HELD_ONBOARDINGS}) AS held`)
  return rows[0]?.held ?? 0
}
