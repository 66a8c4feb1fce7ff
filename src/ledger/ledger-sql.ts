/**
 * One change, or two hundred, in one statement: the onboarding moves only from the version that the change was decided on,
 * and its entries, effects and settled event go along with it or not at all. Events are locked in the order of their ids, as accepting
 * does, which counts deliveries of them at the same time, and onboardings in the order of theirs, so that none who commits some of
 * the same at the same time deadlocks with this.
 * Parameters: $1 onboardings, $2 entries, $3 effects, each a JSON array, in which $1 holds an identity once; of the settled events $4 seqs,
 * $5 generations, $6 outcomes, $7 identities. These are arrays, and the state is compared within a CASE, so that a plan made while the
 * inbox was empty reaches them by their key too, and never through the index of what is unfinished, however much that is.
 */
export const COMMIT_CHANGES = `
WITH change AS (
  SELECT * FROM jsonb_to_recordset($1::jsonb) AS c (
    identity_id uuid, ref_id text, origin text, state text, held_from text, held_reason text, identity_status text,
    required_documents text[], account_id uuid, profile_id uuid, version int, entry_count int, head_hash text, at timestamptz)
  ORDER BY identity_id
), moved AS (
  INSERT INTO onboarding AS o (identity_id, ref_id, origin, state, held_from, held_reason, identity_status, required_documents,
    account_id, profile_id, version, entry_count, head_hash, created_at, updated_at, approved_at, ready_at)
  SELECT identity_id, ref_id, origin, state, held_from, held_reason, identity_status, required_documents,
    account_id, profile_id, version, entry_count, decode(head_hash, 'hex'), at, at,
    CASE WHEN state = 'approved' THEN at END, CASE WHEN state = 'ready' THEN at END
  FROM change
  ON CONFLICT (identity_id) DO UPDATE SET
    ref_id = excluded.ref_id, origin = excluded.origin, state = excluded.state, held_from = excluded.held_from,
    held_reason = excluded.held_reason, identity_status = excluded.identity_status, required_documents = excluded.required_documents,
    account_id = excluded.account_id, profile_id = excluded.profile_id, version = excluded.version,
    entry_count = excluded.entry_count, head_hash = excluded.head_hash, updated_at = excluded.updated_at,
    approved_at = coalesce(o.approved_at, excluded.approved_at), ready_at = coalesce(o.ready_at, excluded.ready_at)
  WHERE o.version = excluded.version - 1
  RETURNING o.identity_id
), entries AS (
  INSERT INTO ledger_entry (identity_id, entry_no, at, kind, actor, data, prev_hash, hash)
  SELECT e.identity_id, e.entry_no, e.at, e.kind, e.actor, e.data, decode(e.prev_hash, 'hex'), decode(e.hash, 'hex')
  FROM jsonb_to_recordset($2::jsonb) AS e (
    identity_id uuid, entry_no int, at timestamptz, kind text, actor text, data jsonb, prev_hash text, hash text)
  JOIN moved USING (identity_id)
), effects AS (
  INSERT INTO effect (identity_id, step, kind, key, state, attempts, intended_at, lease_by, lease_until, receipt, error_code, settled_at)
  SELECT f.identity_id, f.step, f.kind, f.key, f.state, f.attempts, f.intended_at, f.lease_by, f.lease_until, f.receipt, f.error_code,
    CASE WHEN f.state <> 'intended' THEN now() END
  FROM jsonb_to_recordset($3::jsonb) AS f (
    identity_id uuid, step text, kind text, key text, state text, attempts int, intended_at timestamptz, lease_by bigint, lease_until timestamptz,
    receipt jsonb, error_code text)
  JOIN moved USING (identity_id)
  ON CONFLICT (identity_id, step) DO UPDATE SET
    state = excluded.state, attempts = excluded.attempts, lease_by = excluded.lease_by, lease_until = excluded.lease_until,
    receipt = excluded.receipt, error_code = excluded.error_code, settled_at = excluded.settled_at
), settlement AS (
  SELECT * FROM unnest($4::bigint[], $5::int[], $6::text[], $7::uuid[]) AS s (seq, generation, outcome, identity_id) JOIN moved USING (identity_id)
), locked AS MATERIALIZED (
  SELECT s.* FROM settlement AS s JOIN inbox_event AS i USING (seq) ORDER BY i.event_id FOR UPDATE OF i
), settled AS (
  UPDATE inbox_event AS i SET
    state = 'processed', outcome = s.outcome, identity_id = s.identity_id, trust = 'confirmed', error_code = NULL, error_detail = NULL,
    settled_at = now()
  FROM locked AS s
  WHERE i.seq = s.seq AND CASE i.state WHEN 'accepted' THEN i.generation END = s.generation
)
SELECT identity_id FROM moved`

/** Snapshots with their effects in the order in which they were intended. $1: identity ids. */
export const LOAD_SNAPSHOTS = `
SELECT o.identity_id, o.ref_id, o.origin, o.state, o.held_from, o.held_reason, o.identity_status, o.required_documents,
  o.account_id, o.profile_id, o.version, o.entry_count, o.head_hash,
  coalesce((
    SELECT jsonb_agg(jsonb_build_object('step', f.step, 'kind', f.kind, 'key', f.key, 'state', f.state, 'attempts', f.attempts, 'intended_at', f.intended_at,
      'lease_by', f.lease_by::text, 'lease_until', f.lease_until, 'receipt', f.receipt, 'error_code', f.error_code)
      ORDER BY f.intended_at, f.step)
    FROM effect f WHERE f.identity_id = o.identity_id), '[]') AS effects
FROM onboarding o WHERE o.identity_id = ANY ($1::uuid[])`
