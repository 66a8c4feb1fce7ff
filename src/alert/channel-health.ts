import type { Pool } from 'pg'
import type { AlertChannelName } from './alert-channel.ts'

/** Whether a channel accepts messages, as all processes have seen it. */
export interface ChannelHealth {
  readonly channel: AlertChannelName
  /** When a running process last had the channel in its configuration. */
  readonly seenAt: Date
  /** The last message that the channel accepted: an alert, a test or a heartbeat. Null: none yet. */
  readonly lastDeliveredAt: Date | null
  /** The last heartbeat that it accepted. */
  readonly heartbeatAt: Date | null
  /** When the current row of failures began; null: the last message was accepted. */
  readonly failingSince: Date | null
  readonly failures: number
  /** The status of the last failure, or its code. */
  readonly lastCode: string | null
}

export async function readChannels(pool: Pool): Promise<ChannelHealth[]> {
  const { rows } = await pool.query<ChannelHealth>(
    `SELECT name AS channel, seen_at AS "seenAt", last_delivered_at AS "lastDeliveredAt", heartbeat_at AS "heartbeatAt",
       failing_since AS "failingSince", failures, last_code AS "lastCode"
     FROM alert_channel ORDER BY name DESC`,
  )
  return rows
}

/** The result of one message on a channel. Ends its lease and, after a failure, waits before the next try. */
export interface ChannelResult {
  channel: AlertChannelName
  at: Date
  /** Null: accepted. */
  failure: { code: string } | null
  heartbeat: boolean
  /** The process whose claim ends with it; null: the message went out without a claim, as a test does. */
  by: string | null
}

/** First pause after a failure, seconds; it doubles up to the longest. */
const FIRST_PAUSE_SECONDS = 15
const LONGEST_PAUSE_SECONDS = 600

export async function recordResult(pool: Pool, result: ChannelResult): Promise<void> {
  await recordHealth(pool, result)
  if (result.by !== null) await releaseChannel(pool, result.channel, result.by)
}

/** Ends the claim of a process. */
export async function releaseChannel(pool: Pool, channel: AlertChannelName, by: string): Promise<void> {
  await pool.query('UPDATE alert_channel SET lease_by = NULL, lease_until = NULL WHERE name = $1 AND lease_by = $2', [channel, by])
}

async function recordHealth(pool: Pool, { channel, at, failure, heartbeat }: ChannelResult): Promise<void> {
  if (failure === null) {
    await pool.query(
      `INSERT INTO alert_channel (name, seen_at, last_delivered_at, heartbeat_at) VALUES ($1, $2, $2, CASE WHEN $3 THEN $2::timestamptz END)
       ON CONFLICT (name) DO UPDATE SET last_delivered_at = $2, heartbeat_at = coalesce(excluded.heartbeat_at, alert_channel.heartbeat_at),
         failing_since = NULL, failures = 0, last_code = NULL, next_try_at = NULL`,
      [channel, at, heartbeat],
    )
    return
  }
  await pool.query(
    `INSERT INTO alert_channel (name, seen_at, failing_since, failures, last_code, next_try_at)
     VALUES ($1, $2, $2, 1, $3, $2::timestamptz + make_interval(secs => $4))
     ON CONFLICT (name) DO UPDATE SET failing_since = coalesce(alert_channel.failing_since, $2), failures = alert_channel.failures + 1, last_code = $3,
       next_try_at = $2::timestamptz + make_interval(secs => least($4 * 2 ^ least(alert_channel.failures, 10), $5))`,
    [channel, at, failure.code, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS],
  )
}
