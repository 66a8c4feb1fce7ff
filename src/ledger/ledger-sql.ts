import type { Snapshot } from '../domain/effect.ts'
import { ATTEMPT, COMPLETED, EFFECT, ENTRY, stateColumns } from './ledger-rows.ts'
import type { RowColumn, StreamTable } from './stream-table.ts'

/**
 * Commits 1 to 200 changes in one statement. A stream moves only from the version that its change was decided on. Its entries, effects,
 * attempts and completed event are committed with it or not at all.
 *
 * Lock order: new streams, known streams, inbox events, each by the bytes of their ids. All writers use it, so commits cannot deadlock.
 * Effects need no lock: only the writer that moved the stream touches them.
 *
 * Parameters: arrays of equal length for the streams (each id once), the entries, the effects, the attempts and the completed events, in
 * the order of their columns in ledger-rows.ts. The state of an event is compared inside a CASE. So even a plan made while the inbox was
 * empty finds the event by its key, and not through the index of unfinished events, which may be large.
 */
export function commitStatement<S extends Snapshot>(table: StreamTable<S>): string {
  let number = 0
  const arrays = (columns: readonly Pick<RowColumn<never>, 'name' | 'type'>[]): string =>
    columns.map(({ name, type }) => `unnest($${++number}::${type}[]) AS ${name}`).join(', ')
  const { idColumn: id, columns } = table
  const own = columns.map(({ name }) => name)
  const firsts = Object.entries(table.firstIn)
  const also = firsts.map(([name]) => `, ${name}`).join('')
  return `
WITH change AS (
  SELECT * FROM (SELECT ${arrays(stateColumns(table))}) AS c
  ORDER BY ${id} COLLATE "C"
), opened AS (
  INSERT INTO ${table.table} AS o (${own.join(', ')}, version, entry_count, head_hash, created_at, updated_at${also})
  SELECT ${columns.map(({ name, stored }) => stored(name)).join(', ')}, version, entry_count, head_hash, at, at${firsts.map(([, state]) => `, CASE WHEN state = '${state}' THEN at END`).join('')}
  FROM change WHERE version = 1
  ON CONFLICT (${id}) DO NOTHING
  RETURNING o.${id}
), unmoved AS MATERIALIZED (
  SELECT c.* FROM change AS c JOIN ${table.table} AS o USING (${id}) WHERE o.version = c.version - 1 ORDER BY o.${id} FOR UPDATE OF o
), changed AS (
  UPDATE ${table.table} AS o SET
    ${columns
      .filter(({ name }) => name !== id)
      .map(({ name, stored }) => `${name} = ${stored(`c.${name}`)}`)
      .join(', ')},
    version = c.version, entry_count = c.entry_count, head_hash = c.head_hash, updated_at = c.at${firsts.map(([name, state]) => `, ${name} = coalesce(o.${name}, CASE WHEN c.state = '${state}' THEN c.at END)`).join('')}
  FROM unmoved AS c
  WHERE o.${id} = c.${id}
  RETURNING o.${id}
), moved AS (
  SELECT ${id} AS stream_id FROM opened UNION ALL SELECT ${id} FROM changed
), entries AS (
  INSERT INTO ledger_entry (stream_id, entry_no, at, kind, actor, data, prev_hash, hash)
  SELECT e.stream_id, e.entry_no, e.at, e.kind, e.actor, e.data::jsonb, e.prev_hash, e.hash
  FROM (SELECT ${arrays(ENTRY)}) AS e
  JOIN moved USING (stream_id)
), effect_change AS MATERIALIZED (
  SELECT * FROM (SELECT ${arrays(EFFECT)}) AS f
  JOIN moved USING (stream_id)
), intended AS (
  INSERT INTO effect (stream_id, step, kind, name, number, key, state, attempts, intended_at, lease_seq, lease_generation, lease_until, receipt,
    error_code, completed_at)
  SELECT stream_id, step, kind, name, number, key, state, attempts, intended_at, lease_seq, lease_generation, lease_until, receipt::jsonb,
    error_code, CASE WHEN state <> 'intended' THEN now() END
  FROM effect_change WHERE fresh
), touched AS (
  UPDATE effect AS e SET
    state = f.state, attempts = f.attempts, lease_seq = f.lease_seq, lease_generation = f.lease_generation, lease_until = f.lease_until,
    receipt = f.receipt::jsonb, error_code = f.error_code, completed_at = CASE WHEN f.state <> 'intended' THEN now() END
  FROM effect_change AS f
  WHERE e.stream_id = f.stream_id AND e.step = f.step AND NOT f.fresh
), attempted AS (
  INSERT INTO effect_attempt (stream_id, step, attempt_no, at, operation, status, code, problem_type, duration_ms, detail)
  SELECT t.stream_id, t.step, t.attempt_no, t.at, t.operation, t.status, t.code, t.problem_type, t.duration_ms, t.detail
  FROM (SELECT ${arrays(ATTEMPT)}) AS t
  JOIN moved USING (stream_id)
  ON CONFLICT (stream_id, step, attempt_no) DO NOTHING
), completion AS (
  SELECT s.* FROM (SELECT ${arrays(COMPLETED)}) AS s
  JOIN moved USING (stream_id)
), locked AS MATERIALIZED (
  SELECT s.* FROM completion AS s JOIN inbox_event AS i USING (seq) ORDER BY i.event_id FOR UPDATE OF i
), completed AS (
  UPDATE inbox_event AS i SET
    state = 'processed', outcome = s.outcome, identity_id = coalesce(s.identity_id, i.identity_id), trust = 'confirmed', error_code = NULL,
    error_detail = NULL, cause_id = NULL, completed_at = now()
  FROM locked AS s
  WHERE i.seq = s.seq AND CASE i.state WHEN 'accepted' THEN i.generation END = s.generation
)
SELECT stream_id FROM moved`
}

/** Snapshots with their effects in the order of their intents. $1: stream ids. */
export function loadStatement<S extends Snapshot>({ table, idColumn, columns }: StreamTable<S>): string {
  return `
SELECT ${columns.map(({ name, loaded }) => `${loaded(`o.${name}`)} AS ${name}`).join(', ')}, o.version, o.entry_count, o.head_hash,
  coalesce((
    SELECT jsonb_agg(jsonb_build_object('step', f.step, 'kind', f.kind, 'name', f.name, 'number', f.number, 'key', f.key, 'state', f.state,
      'attempts', f.attempts, 'intended_at', f.intended_at, 'lease_seq', f.lease_seq::text, 'lease_generation', f.lease_generation,
      'lease_until', f.lease_until, 'receipt', f.receipt, 'error_code', f.error_code)
      ORDER BY f.intended_at, f.step)
    FROM effect f WHERE f.stream_id = o.${idColumn}), '[]') AS effects
FROM ${table} o WHERE o.${idColumn} = ANY ($1::text[])`
}

/** The versions of these streams. */
export function versionsStatement<S extends Snapshot>({ table, idColumn }: StreamTable<S>): string {
  return `SELECT ${idColumn} AS id, version FROM ${table} WHERE ${idColumn} = ANY ($1::text[])`
}

/** Stores failed attempts, which change no stream. */
export const KEEP_ATTEMPTS = `
INSERT INTO effect_attempt (stream_id, step, attempt_no, at, operation, status, code, problem_type, duration_ms, detail)
SELECT ${ATTEMPT.map(({ name, type }, index) => `unnest($${index + 1}::${type}[]) AS ${name}`).join(', ')}
ON CONFLICT (stream_id, step, attempt_no) DO NOTHING`
