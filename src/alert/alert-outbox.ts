import { randomUUID } from 'node:crypto'
import type { Pool } from 'pg'
import type { AlertChannelName } from './alert-channel.ts'
import type { Incident, Transition } from './alert-incident.ts'
import { INCIDENT_COLUMNS } from './incident-store.ts'

/** A process holds a channel this long at most, seconds: a message takes 10 s. */
const LEASE_SECONDS = 45
/** A channel gets one message per minute at most, so that problems that begin together share it, seconds. */
export const GROUP_SECONDS = 60
const MOST_IN_ONE_MESSAGE = 500

export interface DueMessage {
  readonly id: string
  readonly reported: readonly { transition: Transition; incident: Incident }[]
}

/** Claims a channel for one process. False: another process has it, or it waits after a failure. */
export async function claimChannel(pool: Pool, channel: AlertChannelName, claim: { by: string; at: Date }): Promise<boolean> {
  const { rowCount } = await pool.query(
    `UPDATE alert_channel SET lease_by = $2, lease_until = $3::timestamptz + make_interval(secs => $4)
     WHERE name = $1 AND coalesce(lease_until <= $3, true) AND coalesce(next_try_at <= $3, true)`,
    [channel, claim.by, claim.at, LEASE_SECONDS],
  )
  return rowCount === 1
}

/**
 * The next message of a claimed channel: the one that was tried before, under its id; else all transitions that are due, as one new message. The try is
 * on record before the message goes out. `quiet`: only critical incidents. Null: nothing is due.
 */
export async function takeMessage(
  pool: Pool,
  channel: AlertChannelName,
  { at, quiet }: { at: Date; quiet: boolean },
): Promise<DueMessage | null> {
  const { rows: tried } = await pool.query<{ id: string }>(
    `SELECT message_id AS id FROM alert_delivery WHERE channel = $1 AND state = 'due' AND message_id IS NOT NULL ORDER BY due_at, message_id LIMIT 1`,
    [channel],
  )
  const id = tried[0]?.id ?? (await newMessage(pool, channel, { at, quiet }))
  if (id === null) return null
  const { rows } = await pool.query<Incident & { transition: Transition }>(
    `UPDATE alert_delivery AS d SET attempts = d.attempts + 1 FROM alert_incident AS i
     WHERE i.id = d.incident_id AND d.channel = $1 AND d.message_id = $2 AND d.state = 'due' RETURNING d.transition, ${INCIDENT_COLUMNS}`,
    [channel, id],
  )
  return { id, reported: rows.map(({ transition, ...incident }) => ({ transition, incident })) }
}

/** Joins the transitions that are due to one message. Null: none is due, or the last message is too recent. */
async function newMessage(pool: Pool, channel: AlertChannelName, { at, quiet }: { at: Date; quiet: boolean }): Promise<string | null> {
  const id = randomUUID()
  const { rowCount } = await pool.query(
    `WITH due AS (
       SELECT d.incident_id, d.transition FROM alert_delivery AS d JOIN alert_incident AS i ON i.id = d.incident_id
       WHERE d.channel = $1 AND d.state = 'due' AND d.message_id IS NULL AND (i.severity = 'critical' OR NOT $4)
       ORDER BY d.due_at LIMIT ${MOST_IN_ONE_MESSAGE}
     ), paced AS (
       UPDATE alert_channel SET last_message_at = $3
       WHERE name = $1 AND coalesce(last_message_at <= $3::timestamptz - make_interval(secs => $5), true) AND EXISTS (SELECT FROM due) RETURNING name
     )
     UPDATE alert_delivery AS d SET message_id = $2 FROM due, paced
     WHERE d.channel = $1 AND d.incident_id = due.incident_id AND d.transition = due.transition`,
    [channel, id, at, quiet, GROUP_SECONDS],
  )
  return rowCount === 0 ? null : id
}

/** Records that the channel accepted the message. */
export async function recordSent(pool: Pool, channel: AlertChannelName, { id, at }: { id: string; at: Date }): Promise<void> {
  await pool.query(`UPDATE alert_delivery SET state = 'sent', sent_at = $3 WHERE channel = $1 AND message_id = $2 AND state = 'due'`, [
    channel,
    id,
    at,
  ])
}

/** Whether the channel's heartbeat is due. */
export async function isHeartbeatDue(
  pool: Pool,
  channel: AlertChannelName,
  { everySeconds, at }: { everySeconds: number; at: Date },
): Promise<boolean> {
  const { rows } = await pool.query<{ due: boolean }>(
    'SELECT coalesce(heartbeat_at <= $2::timestamptz - make_interval(secs => $3), true) AS due FROM alert_channel WHERE name = $1',
    [channel, at, everySeconds],
  )
  return rows[0]?.due ?? false
}
