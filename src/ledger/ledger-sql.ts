/**
 * One change, or two hundred, in one statement: the onboarding moves only from the version that the change was decided on,
 * and its entries, effects and settled event go along with it or not at all. Events are locked in the order of their ids, as accepting
 * does, which counts deliveries of them at the same time; and onboardings, first those that are new and then the others, in the order of theirs, so
 * that none who commits some of the same at the same time deadlocks with this. Whoever has moved an onboarding has its effects to himself.
 * Parameters: arrays of one length for the onboardings (in which an identity is once), the entries, the effects and the settled events, in the
 * order of their columns in ledger-rows.ts. The state of an event is compared within a CASE, so that a plan made while the
 * inbox was empty reaches it by its key too, and never through the index of what is unfinished, however much that is.
 */
export const COMMIT_CHANGES = `
WITH change AS (
  SELECT * FROM (SELECT
    unnest($1::uuid[]) AS identity_id, unnest($2::text[]) AS ref_id, unnest($3::text[]) AS origin, unnest($4::text[]) AS state,
    unnest($5::text[]) AS held_from, unnest($6::text[]) AS held_reason, unnest($7::text[]) AS identity_status,
    unnest($8::text[]) AS required_documents, unnest($9::uuid[]) AS account_id, unnest($10::uuid[]) AS profile_id,
    unnest($11::int[]) AS version, unnest($12::int[]) AS entry_count, unnest($13::bytea[]) AS head_hash, unnest($14::timestamptz[]) AS at) AS c
  ORDER BY identity_id
), opened AS (
  INSERT INTO onboarding AS o (identity_id, ref_id, origin, state, held_from, held_reason, identity_status, required_documents,
    account_id, profile_id, version, entry_count, head_hash, created_at, updated_at, approved_at, ready_at)
  SELECT identity_id, ref_id, origin, state, held_from, held_reason, identity_status, required_documents::text[],
    account_id, profile_id, version, entry_count, head_hash, at, at, CASE WHEN state = 'approved' THEN at END, CASE WHEN state = 'ready' THEN at END
  FROM change WHERE version = 1
  ON CONFLICT (identity_id) DO NOTHING
  RETURNING o.identity_id
), unmoved AS MATERIALIZED (
  SELECT c.* FROM change AS c JOIN onboarding AS o USING (identity_id) WHERE o.version = c.version - 1 ORDER BY o.identity_id FOR UPDATE OF o
), changed AS (
  UPDATE onboarding AS o SET
    ref_id = c.ref_id, origin = c.origin, state = c.state, held_from = c.held_from,
    held_reason = c.held_reason, identity_status = c.identity_status, required_documents = c.required_documents::text[],
    account_id = c.account_id, profile_id = c.profile_id, version = c.version,
    entry_count = c.entry_count, head_hash = c.head_hash, updated_at = c.at,
    approved_at = coalesce(o.approved_at, CASE WHEN c.state = 'approved' THEN c.at END),
    ready_at = coalesce(o.ready_at, CASE WHEN c.state = 'ready' THEN c.at END)
  FROM unmoved AS c
  WHERE o.identity_id = c.identity_id
  RETURNING o.identity_id
), moved AS (
  SELECT identity_id FROM opened UNION ALL SELECT identity_id FROM changed
), entries AS (
  INSERT INTO ledger_entry (identity_id, entry_no, at, kind, actor, data, prev_hash, hash)
  SELECT e.identity_id, e.entry_no, e.at, e.kind, e.actor, e.data::jsonb, e.prev_hash, e.hash
  FROM (SELECT
    unnest($15::uuid[]) AS identity_id, unnest($16::int[]) AS entry_no, unnest($17::timestamptz[]) AS at, unnest($18::text[]) AS kind,
    unnest($19::text[]) AS actor, unnest($20::text[]) AS data, unnest($21::bytea[]) AS prev_hash, unnest($22::bytea[]) AS hash) AS e
  JOIN moved USING (identity_id)
), effect_change AS MATERIALIZED (
  SELECT * FROM (SELECT
    unnest($23::uuid[]) AS identity_id, unnest($24::text[]) AS step, unnest($25::text[]) AS kind, unnest($26::text[]) AS key,
    unnest($27::text[]) AS state, unnest($28::int[]) AS attempts, unnest($29::timestamptz[]) AS intended_at, unnest($30::bigint[]) AS lease_by,
    unnest($31::timestamptz[]) AS lease_until, unnest($32::text[]) AS receipt, unnest($33::text[]) AS error_code, unnest($34::boolean[]) AS fresh) AS f
  JOIN moved USING (identity_id)
), intended AS (
  INSERT INTO effect (identity_id, step, kind, key, state, attempts, intended_at, lease_by, lease_until, receipt, error_code, settled_at)
  SELECT identity_id, step, kind, key, state, attempts, intended_at, lease_by, lease_until, receipt::jsonb, error_code,
    CASE WHEN state <> 'intended' THEN now() END
  FROM effect_change WHERE fresh
), touched AS (
  UPDATE effect AS e SET
    state = f.state, attempts = f.attempts, lease_by = f.lease_by, lease_until = f.lease_until,
    receipt = f.receipt::jsonb, error_code = f.error_code, settled_at = CASE WHEN f.state <> 'intended' THEN now() END
  FROM effect_change AS f
  WHERE e.identity_id = f.identity_id AND e.step = f.step AND NOT f.fresh
), settlement AS (
  SELECT s.* FROM (SELECT
    unnest($35::bigint[]) AS seq, unnest($36::int[]) AS generation, unnest($37::text[]) AS outcome, unnest($38::uuid[]) AS identity_id) AS s
  JOIN moved USING (identity_id)
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
