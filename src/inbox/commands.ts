import { randomUUID } from 'node:crypto'
import type { Pool } from 'pg'
import { AppError } from '../platform/app-error.ts'
import type { InputHashes } from '../platform/keyed-hash.ts'
import type { OpenEvent } from './complete-events.ts'
import { OWN_ID_PREFIX } from './own-ids.ts'

/** The same Idempotency-Key came with other data. Gatehouse did nothing. */
export class IdempotencyKeyReusedError extends AppError {
  readonly code = 'IDEMPOTENCY_KEY_REUSED'
  readonly retry = 'never'
  /** Fields that differ, were added or were left out. */
  readonly fields: readonly string[]
  constructor(fields: readonly string[]) {
    super(`This Idempotency-Key was used with different data (${fields.join(', ')}); use a new key for a new request`)
    this.fields = fields
  }
}

/** A durable request from outside: a row of `command`, and an inbox row of origin `command`, which a worker handles like any event. */
export interface Command {
  readonly id: string
  /** `create-onboarding`, `place-order`: names the route that works on it. */
  readonly kind: string
  readonly streamId: string
  readonly requestedBy: string
  readonly createdAt: Date
  readonly event: OpenEvent
  /** `running`: accepted and not finished. `failed`: parked or dead. A person must look, or the caller repeats the request. */
  readonly state: 'running' | 'done' | 'failed'
  readonly outcome: string | null
  readonly errorCode: string | null
}

export interface NewCommand {
  kind: string
  /** The stream that it moves. The command's route opens the stream if it does not exist. */
  streamId: string
  /** The identity, if it is known already. */
  identityId?: string | undefined
  hashes: InputHashes
  requestedBy: string
}

/**
 * Commits a command, or finds the one with the same Idempotency-Key. `fresh`: this call committed it. The dispatcher takes up a fresh
 * command after 15 s if the process that accepted it has not finished it.
 * @throws IdempotencyKeyReusedError naming the fields that differ
 */
export async function acceptCommand(pool: Pool, command: NewCommand): Promise<{ command: Command; fresh: boolean }> {
  const { kind, streamId, identityId = null, hashes, requestedBy } = command
  const id = randomUUID()
  const { rows } = await pool.query<{ seq: string; generation: number; created_at: Date }>(
    `WITH asked AS (
       INSERT INTO command (id, key_hash, input_hash, field_hashes, kind, stream_id, requested_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (key_hash) DO NOTHING RETURNING id, kind, stream_id, created_at
     ), taken AS (
       INSERT INTO inbox_event (event_id, type, occurred_at, is_test, origin, delivery_count, trust, stream_id, identity_id)
       SELECT $8 || id, kind, now(), false, 'command', 0, 'confirmed', stream_id, $9 FROM asked RETURNING seq, generation
     )
     SELECT t.seq, t.generation, a.created_at FROM taken AS t, asked AS a`,
    [id, hashes.key, hashes.input, JSON.stringify(hashes.fields), kind, streamId, requestedBy, eventIdOf(''), identityId],
  )
  const [taken] = rows
  if (taken) {
    const event = { seq: taken.seq, generation: taken.generation, batch: null }
    const asAccepted = { state: 'running', outcome: null, errorCode: null } as const
    return { command: { id, kind, streamId, requestedBy, createdAt: taken.created_at, event, ...asAccepted }, fresh: true }
  }
  const stored = await load(pool, 'c.key_hash = $1', hashes.key)
  if (!stored) throw new TypeError('a committed command is missing') // commands are never deleted
  if (!stored.inputHash.equals(hashes.input)) throw new IdempotencyKeyReusedError(differing(stored.fieldHashes, hashes.fields))
  return { command: stored.command, fresh: false }
}

export async function findCommand(pool: Pool, id: string): Promise<Command | null> {
  return (await load(pool, 'c.id = $1', id))?.command ?? null
}

interface CommandRow {
  id: string
  kind: string
  stream_id: string
  requested_by: string
  created_at: Date
  input_hash: Buffer
  field_hashes: Record<string, string>
  seq: string
  generation: number
  state: string
  outcome: string | null
  error_code: string | null
}

async function load(
  pool: Pool,
  where: 'c.key_hash = $1' | 'c.id = $1',
  value: unknown,
): Promise<{ command: Command; inputHash: Buffer; fieldHashes: Record<string, string> } | null> {
  const { rows } = await pool.query<CommandRow>(
    `SELECT c.id, c.kind, c.stream_id, c.requested_by, c.created_at, c.input_hash, c.field_hashes, i.seq, i.generation, i.state, i.outcome, i.error_code
     FROM command AS c JOIN inbox_event AS i ON i.event_id = $2 || c.id WHERE ${where}`,
    [value, eventIdOf('')],
  )
  const row = rows[0]
  if (!row) return null
  const command: Command = {
    id: row.id,
    kind: row.kind,
    streamId: row.stream_id,
    requestedBy: row.requested_by,
    createdAt: row.created_at,
    event: { seq: row.seq, generation: row.generation, batch: null },
    state: row.state === 'processed' ? 'done' : row.state === 'accepted' ? 'running' : 'failed',
    outcome: row.outcome,
    errorCode: row.error_code,
  }
  return { command, inputHash: row.input_hash, fieldHashes: row.field_hashes }
}

function eventIdOf(commandId: string): string {
  return `${OWN_ID_PREFIX}command:${commandId}`
}

function differing(known: Readonly<Record<string, string>>, given: Readonly<Record<string, string>>): string[] {
  const names = new Set([...Object.keys(known), ...Object.keys(given)])
  return [...names].filter((name) => known[name] !== given[name]).sort()
}
