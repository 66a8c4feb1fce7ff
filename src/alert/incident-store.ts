import type { Pool, PoolClient } from 'pg'
import { inTransaction } from '../platform/postgres/postgres.ts'
import type { AlertChannelName } from './alert-channel.ts'
import type { Alarm, AlertSeverity, Incident, IncidentState } from './alert-incident.ts'

/** Limits of one round. */
export interface RoundRules {
  /** The configured channels. */
  channels: readonly AlertChannelName[]
  /** Problems below this severity open no incident. */
  severities: readonly AlertSeverity[]
  /** A problem must last this long before it is reported, seconds. */
  afterSeconds: number
  /** Seconds between two rounds, over all processes. */
  everySeconds: number
}

/** A problem must be absent this long before its incident ends, seconds: a problem that comes and goes is one incident. */
export const ABSENT_SECONDS = 120

/** Whether this process may take the round that is due. Only one process gets it. */
export async function isRoundDue(pool: Pool, everySeconds: number, at: Date): Promise<boolean> {
  const { rows } = await pool.query<{ due: boolean }>(
    'SELECT taken_at <= $1::timestamptz - make_interval(secs => $2) AS due FROM alert_round',
    [at, everySeconds],
  )
  return rows[0]?.due ?? false
}

export interface RoundReport {
  opened: number
  resolved: number
}

/**
 * Compares the current problems with the incidents: one commit with the deliveries that follow. Null: another process took the round. Each
 * transition happens once, because its UPDATE names the state before it.
 */
export function takeRound(pool: Pool, alarms: readonly Alarm[], rules: RoundRules, at: Date): Promise<RoundReport | null> {
  return inTransaction(pool, async (client) => {
    const { rowCount } = await client.query(
      'UPDATE alert_round SET taken_at = $1 WHERE taken_at <= $1::timestamptz - make_interval(secs => $2)',
      [at, rules.everySeconds],
    )
    if (rowCount === 0) return null
    for (const name of rules.channels) await seeChannel(client, name, at)
    for (const alarm of alarms) await seeAlarm(client, alarm, { opens: rules.severities.includes(alarm.severity), at })
    const opened = await openLasting(client, rules, at)
    const resolved = await closeAbsent(client, at)
    return { opened, resolved }
  })
}

async function seeChannel(client: PoolClient, name: AlertChannelName, at: Date): Promise<void> {
  await client.query(
    `INSERT INTO alert_channel (name, seen_at) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at`,
    [name, at],
  )
}

/** A problem below the configured severity opens nothing, and keeps an open incident open: an acknowledged problem is not resolved. */
async function seeAlarm(client: PoolClient, alarm: Alarm, { opens, at }: { opens: boolean; at: Date }): Promise<void> {
  const { problemKey, kind, severity, sentence, nextAction, customers, since } = alarm
  const { rowCount } = await client.query(
    `UPDATE alert_incident SET severity = $2, sentence = $3, next_action = $4, customers = $5, since = $6, last_seen_at = $7
     WHERE problem_key = $1 AND state IN ('pending', 'open')`,
    [problemKey, severity, sentence, nextAction, customers, since, at],
  )
  if (rowCount !== 0 || !opens) return
  await client.query(
    `INSERT INTO alert_incident (problem_key, kind, severity, sentence, next_action, customers, since, state, first_seen_at, last_seen_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending', $8, $8)`,
    [problemKey, kind, severity, sentence, nextAction, customers, since, at],
  )
}

async function openLasting(client: PoolClient, { afterSeconds, channels }: RoundRules, at: Date): Promise<number> {
  const { rows } = await client.query<{ id: string }>(
    `UPDATE alert_incident SET state = 'open', opened_at = $1
     WHERE state = 'pending' AND last_seen_at = $1 AND first_seen_at <= $1::timestamptz - make_interval(secs => $2) RETURNING id`,
    [at, afterSeconds],
  )
  await client.query(
    `INSERT INTO alert_delivery (incident_id, transition, channel, due_at)
     SELECT id, 'opened', channel, $3 FROM unnest($1::uuid[]) AS id, unnest($2::text[]) AS channel`,
    [rows.map(({ id }) => id), channels, at],
  )
  return rows.length
}

/** An alert that no channel has tried is dropped with its incident. Where it was tried, its end is due too. */
async function closeAbsent(client: PoolClient, at: Date): Promise<number> {
  const absent = [at, ABSENT_SECONDS]
  await client.query(
    `UPDATE alert_incident SET state = 'cleared', closed_at = $1
     WHERE state = 'pending' AND last_seen_at <= $1::timestamptz - make_interval(secs => $2)`,
    absent,
  )
  const { rows } = await client.query<{ id: string }>(
    `UPDATE alert_incident SET state = 'resolved', closed_at = $1
     WHERE state = 'open' AND last_seen_at <= $1::timestamptz - make_interval(secs => $2) RETURNING id`,
    absent,
  )
  const ids = rows.map(({ id }) => id)
  await client.query(`UPDATE alert_delivery SET state = 'dropped' WHERE incident_id = ANY ($1) AND state = 'due' AND attempts = 0`, [ids])
  await client.query(
    `INSERT INTO alert_delivery (incident_id, transition, channel, due_at)
     SELECT incident_id, 'resolved', channel, $2 FROM alert_delivery WHERE incident_id = ANY ($1) AND transition = 'opened' AND state <> 'dropped'`,
    [ids, at],
  )
  return rows.length
}

export const INCIDENT_COLUMNS = `i.id, i.problem_key AS "problemKey", i.kind, i.severity, i.sentence, i.next_action AS "nextAction", i.customers, i.since,
  i.state, i.opened_at AS "openedAt", i.closed_at AS "closedAt"`

/** Incidents that were reported, newest first. */
export async function listIncidents(pool: Pool, { limit, open }: { limit: number; open: boolean }): Promise<Incident[]> {
  const states: IncidentState[] = open ? ['open'] : ['open', 'resolved']
  const { rows } = await pool.query<Incident>(
    `SELECT ${INCIDENT_COLUMNS} FROM alert_incident AS i WHERE opened_at IS NOT NULL AND state = ANY ($1) ORDER BY opened_at DESC, id DESC LIMIT $2`,
    [states, limit],
  )
  return rows
}
