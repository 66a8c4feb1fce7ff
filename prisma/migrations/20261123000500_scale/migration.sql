-- For an inbox of ten million events and two million onboardings: docs/scale.md has the plans and what each change was worth.

-- ── inbox: what operators list, without more work for a delivery ──────────────────────────────────────────────────────
-- An identity is known once the event was read back from Paxos, so accepting one has nothing to add here.
DROP INDEX inbox_event_identity_id_seq_idx;
CREATE INDEX inbox_event_identity_id_seq_idx ON inbox_event (identity_id, seq) WHERE identity_id IS NOT NULL;
-- Whatever is not done, in the order of receiving: every list and every exact count of such events.
CREATE INDEX inbox_event_open_idx ON inbox_event (state, seq) WHERE state <> 'processed';
DROP INDEX inbox_event_needs_person_idx;
-- The one that costs a delivery something (a twentieth of the insert's time in Postgres): without it a type that never came is searched
-- for in every row.
CREATE INDEX inbox_event_type_seq_idx ON inbox_event (type, seq);

-- Nearly every event is inserted once and updated once, which leaves a dead row and dead index entries. The defaults would let
-- two million of them gather in a table of ten million before the first vacuum, and the scans of what is due would step over them.
ALTER TABLE inbox_event SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.01);
ALTER TABLE onboarding SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE effect SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
-- Insert-only: a vacuum has only to freeze and to mark what is visible to all, a little at a time.
ALTER TABLE ledger_entry SET (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

-- All events up to a number, counted once (src/inbox/load-events.ts): events are never deleted. One row.
CREATE TABLE inbox_total (
  only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  up_to_seq  bigint NOT NULL,
  events     bigint NOT NULL,
  duplicates bigint NOT NULL
);
INSERT INTO inbox_total (up_to_seq, events, duplicates)
SELECT coalesce(max(seq), 0), count(*), coalesce(sum(greatest(delivery_count - 1, 0)), 0) FROM inbox_event;

-- ── onboarding: search by the beginning of a ref_id ───────────────────────────────────────────────────────────────────
-- In the order of its bytes, so that the unique index finds beginnings; it also stays in order whatever the system's collations become.
ALTER TABLE onboarding ALTER COLUMN ref_id TYPE text COLLATE "C";
