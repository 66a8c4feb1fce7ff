-- Effects and ledger entries belong to a stream: whatever has a version and a chain of its own. An onboarding is one, under its identity's id;
-- an order will be another. And what Paxos issues as an id is an opaque text here, never a uuid: its form is Paxos's to change.
-- Ids sort and compare by their bytes (COLLATE "C"): all writers lock rows in the order of their ids, and must agree on it with JavaScript.
-- The hash of an entry covers its stream's id as text, so every entry that was written before keeps its hash.

-- ── what names these columns goes first and comes back below ─────────────────────────────────────────────────────────
DROP TRIGGER onboarding_is_kept ON onboarding;
DROP TRIGGER effect_is_kept ON effect;
DROP TRIGGER effect_has_onboarding ON effect;
DROP TRIGGER effect_receipt_is_final ON effect;
DROP TRIGGER ledger_entry_follows ON ledger_entry;
DROP FUNCTION refuse_loose_effect(), refuse_loose_entry();
ALTER TABLE effect DROP CONSTRAINT effect_key_is_of_identity_and_step, DROP CONSTRAINT effect_kind_check;

-- ── opaque ids ───────────────────────────────────────────────────────────────────────────────────────────────────────
ALTER TABLE inbox_event
  ALTER COLUMN event_id TYPE text COLLATE "C",
  ALTER COLUMN identity_id TYPE text COLLATE "C";
ALTER TABLE onboarding
  ALTER COLUMN identity_id TYPE text COLLATE "C",
  ALTER COLUMN account_id TYPE text COLLATE "C",
  ALTER COLUMN profile_id TYPE text COLLATE "C";
ALTER TABLE onboarding_request ALTER COLUMN identity_id TYPE text COLLATE "C";
ALTER TABLE ledger_entry ALTER COLUMN identity_id TYPE text COLLATE "C";
ALTER TABLE ledger_entry RENAME COLUMN identity_id TO stream_id;

-- ── effects: kind, name and number say which; `step` is their text, as it stands in the ledger ───────────────────────
-- The lease names a job by two values: an inbox event and which opening of it. They were one number, the opening above 48 bits.
ALTER TABLE effect
  ALTER COLUMN identity_id TYPE text COLLATE "C",
  ADD COLUMN name text,
  ADD COLUMN number integer NOT NULL DEFAULT 1 CHECK (number >= 1),
  ADD COLUMN lease_generation integer;
ALTER TABLE effect RENAME COLUMN identity_id TO stream_id;
ALTER TABLE effect RENAME COLUMN lease_by TO lease_seq;
UPDATE effect SET
  kind = CASE kind WHEN 'account' THEN 'create-account' ELSE 'send-notification' END,
  name = CASE kind WHEN 'notice' THEN split_part(step, ':', 2) END,
  number = CASE kind WHEN 'notice' THEN split_part(step, ':', 3)::integer ELSE 1 END,
  lease_generation = (lease_seq >> 48)::integer,
  lease_seq = lease_seq & ((1::bigint << 48) - 1);
ALTER TABLE effect ALTER COLUMN number DROP DEFAULT;

-- One key per effect in the world, without an index that says so: step and key are made of stream, kind, name and number, and of nothing else.
-- Two kinds keep the texts that they have always had; a new kind needs no new rule.
ALTER TABLE effect ADD CONSTRAINT effect_step_and_key_are_of_its_kind CHECK ((CASE kind
  WHEN 'create-account' THEN name IS NULL AND number = 1 AND step = 'account' AND key = 'gatehouse-account-' || stream_id
  WHEN 'send-notification' THEN step = 'notice:' || name || ':' || number AND key = 'notice_' || name || '_' || number || '_' || stream_id
  ELSE kind ~ '^[a-z]+(-[a-z]+)+$' AND name ~ '^[a-z_]+$' IS NOT FALSE
    AND step = kind || coalesce(':' || name, '') || CASE WHEN number > 1 THEN ':' || number ELSE '' END
    AND key = 'gatehouse-' || replace(step, ':', '.') || '-' || stream_id
END) IS TRUE);

-- A lease names its job and its end, or there is none.
ALTER TABLE effect ADD CONSTRAINT effect_lease_is_whole CHECK (
  (lease_seq IS NULL) = (lease_generation IS NULL) AND (lease_seq IS NULL) = (lease_until IS NULL));

CREATE OR REPLACE FUNCTION refuse_receipt_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state = 'done' AND (NEW.state <> 'done' OR NEW.receipt IS DISTINCT FROM OLD.receipt OR NEW.key <> OLD.key) THEN
    RAISE EXCEPTION 'effect % of stream % has its receipt; it cannot change', OLD.step, OLD.stream_id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER effect_receipt_is_final BEFORE UPDATE ON effect FOR EACH ROW WHEN (OLD.state = 'done') EXECUTE FUNCTION refuse_receipt_change();

-- ── what belongs to a stream belongs to one that is there ────────────────────────────────────────────────────────────
-- Seen once for each statement, by scalar queries, since they can only be answered by the key: for NOT EXISTS a plan made while the tables were
-- empty reads them from end to end, for ever. A migration that adds a stream table replaces these two functions: it adds the table to the lists.
CREATE FUNCTION refuse_loose_effect() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE loose record;
BEGIN
  SELECT a.stream_id, a.step INTO loose FROM added AS a
  WHERE coalesce(
    (SELECT o.identity_id FROM onboarding AS o WHERE o.identity_id = a.stream_id)
  ) IS NULL
  LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'effect % of stream % belongs to no stream', loose.step, loose.stream_id USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER effect_has_stream AFTER INSERT ON effect REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION refuse_loose_effect();

CREATE FUNCTION refuse_loose_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE loose record;
BEGIN
  SELECT a.stream_id, a.entry_no INTO loose FROM added AS a
  WHERE CASE a.entry_no WHEN 1
    THEN coalesce(
      (SELECT o.identity_id FROM onboarding AS o WHERE o.identity_id = a.stream_id)
    ) IS NULL OR a.prev_hash <> decode(repeat('00', 32), 'hex')
    ELSE (SELECT e.hash FROM ledger_entry AS e WHERE e.stream_id = a.stream_id AND e.entry_no = a.entry_no - 1) IS DISTINCT FROM a.prev_hash
  END
  LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'entry % of stream % does not follow the one before it', loose.entry_no, loose.stream_id USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_entry_follows AFTER INSERT ON ledger_entry REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION refuse_loose_entry();

CREATE TRIGGER onboarding_is_kept BEFORE DELETE OR UPDATE OF identity_id ON onboarding FOR EACH ROW EXECUTE FUNCTION refuse_removal();
CREATE TRIGGER effect_is_kept BEFORE DELETE OR UPDATE OF stream_id, step ON effect FOR EACH ROW EXECUTE FUNCTION refuse_removal();

-- ── every attempt that came to an end, and how ───────────────────────────────────────────────────────────────────────
-- Words of ours and of a short list only (`detail`): what the other side wrote may name a person.
CREATE TABLE effect_attempt (
  stream_id    text COLLATE "C" NOT NULL,
  step         text NOT NULL,
  attempt_no   integer NOT NULL CHECK (attempt_no >= 1),
  at           timestamptz(3) NOT NULL,
  operation    text,
  status       integer,
  code         text,
  problem_type text,
  duration_ms  integer NOT NULL CHECK (duration_ms >= 0),
  detail       text,
  PRIMARY KEY (stream_id, step, attempt_no)
);
ALTER TABLE effect_attempt SET (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
