import type { Pool } from 'pg'
import { errorCode, errorMessage, ServiceUnavailableError } from '../platform/app-error.ts'

/** The primary key on the number of each event. The sender's id has a constraint of its own. */
const NUMBER_KEY = 'inbox_event_pkey'
const UNIQUE_VIOLATION = '23505'

/** The statement that an administrator runs when Gatehouse lacks the right. */
export const ADVANCE_NUMBERS = `SELECT setval('inbox_event_seq_seq', (SELECT max(seq) FROM inbox_event))`

/**
 * Whether the next number is taken: rows were copied without their sequence, as logical replication and upgrades by it do. That is a fault
 * of the database and never of the event.
 */
export function isNumberTaken(error: unknown): boolean {
  return errorCode(error) === UNIQUE_VIOLATION && error instanceof Error && 'constraint' in error && error.constraint === NUMBER_KEY
}

/** Whether the next event would get a taken number. */
export async function numbersAreBehind(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query<{ behind: boolean }>(
    'SELECT coalesce((SELECT max(seq) FROM inbox_event), 0) > (SELECT last_value FROM inbox_event_seq_seq) AS behind',
  )
  return rows[0]?.behind === true
}

/**
 * Sets the sequence to the last row's number. Several processes may do so at once: the sequence only goes forward.
 * @throws ServiceUnavailableError with the statement to run, when the database role lacks the right
 */
export async function advanceNumbers(pool: Pool): Promise<void> {
  try {
    await pool.query(
      `SELECT setval('inbox_event_seq_seq', greatest(max(seq), (SELECT last_value FROM inbox_event_seq_seq))) FROM inbox_event`,
    )
  } catch (error) {
    throw new ServiceUnavailableError(
      `The numbers of inbox_event are behind its rows and could not be advanced (${errorMessage(error)}). Run as the owner: ${ADVANCE_NUMBERS};`,
      { cause: error },
    )
  }
}
