-- A replay becomes a job: it is planned in the background, approved by one or two people, run in stages, and compared with its plan
-- (src/replay). One that was approved before and interrupted has done nothing: it waits as `paused` for a person to resume or cancel it.
ALTER TABLE replay DROP CONSTRAINT replay_state_check;
ALTER TABLE replay ADD CONSTRAINT replay_state_check CHECK (state IN
  ('planning', 'planned', 'awaiting_second', 'approved', 'running', 'paused', 'finished', 'cancelled', 'discarded'));
ALTER TABLE replay DROP CONSTRAINT replay_approval_is_named_and_reasoned;
ALTER TABLE replay ADD CONSTRAINT replay_approval_is_named_and_reasoned CHECK
  (state IN ('planning', 'planned', 'discarded') OR (approved_by IS NOT NULL AND reason IS NOT NULL AND approved_at IS NOT NULL));
ALTER TABLE replay ALTER COLUMN plan_hash DROP NOT NULL;
ALTER TABLE replay
  -- Something is left to do for a runner: plan, open, or see how what was opened ends.
  ADD COLUMN active boolean NOT NULL DEFAULT false,
  ADD COLUMN events integer NOT NULL DEFAULT 0,
  ADD COLUMN planned_items integer NOT NULL DEFAULT 0,
  -- Effects by key, as planned (src/replay/count-effects.ts); null while it is planned, and for plans made before.
  ADD COLUMN effects jsonb,
  ADD COLUMN expires_at timestamptz(3),
  -- Events from this number on may have failed after the events were chosen.
  ADD COLUMN watermark bigint,
  ADD COLUMN needs_second boolean NOT NULL DEFAULT false,
  ADD COLUMN second_by text,
  ADD COLUMN second_reason text,
  ADD COLUMN seconded_at timestamptz(3),
  -- Stages are numbered through; the ramp begins anew at `ramp_from` after a stop.
  ADD COLUMN stage integer NOT NULL DEFAULT 0,
  ADD COLUMN ramp_from integer NOT NULL DEFAULT 1,
  -- Why it waits, or who paused, cancelled or discarded it.
  ADD COLUMN note text,
  ADD COLUMN lease_by uuid,
  ADD COLUMN lease_until timestamptz(3);
UPDATE replay SET events = (SELECT count(*) FROM replay_item WHERE replay_id = replay.id);
UPDATE replay SET planned_items = events;
UPDATE replay SET state = 'paused', note = 'it was approved before an upgrade and interrupted: resume or cancel it' WHERE state = 'approved';
ALTER TABLE replay ADD CONSTRAINT replay_second_is_another CHECK (second_by IS NULL OR second_by <> approved_by);
CREATE INDEX replay_active_idx ON replay (planned_at) WHERE active;

ALTER TABLE replay_item ALTER COLUMN verdict DROP NOT NULL, ALTER COLUMN detail DROP NOT NULL;
ALTER TABLE replay_item
  ADD COLUMN identity_id text COLLATE "C",
  -- Effects that running the event would bring about, as planned.
  ADD COLUMN effects jsonb,
  ADD COLUMN stage integer,
  -- Which opening of its event the run has made.
  ADD COLUMN generation integer,
  -- With what error it ended; null: with none.
  ADD COLUMN error_code text,
  -- How that differs from the plan; null: it does not, or it has not ended.
  ADD COLUMN difference text,
  ADD COLUMN explained boolean;
CREATE INDEX replay_item_open_idx ON replay_item (replay_id, seq) WHERE result IS NULL OR result = 'reopened';
CREATE INDEX replay_item_unplanned_idx ON replay_item (replay_id, seq) WHERE verdict IS NULL;
CREATE INDEX replay_item_customer_idx ON replay_item (replay_id, identity_id) WHERE result IS NULL;
CREATE INDEX replay_item_stage_idx ON replay_item (replay_id, stage) WHERE stage IS NOT NULL;
