-- Commands and timers are rows of the inbox beside webhook and sweep: due times, retries, parking, poison, replay and timeline come for free.
-- Both name their stream and are born confirmed: Gatehouse itself wrote them. Their ids begin with `gatehouse:`, which the receiver refuses.
ALTER TABLE inbox_event
  ADD COLUMN stream_id text COLLATE "C",
  ADD COLUMN traceparent text;
ALTER TABLE inbox_event DROP CONSTRAINT inbox_event_origin_check;
ALTER TABLE inbox_event ADD CONSTRAINT inbox_event_origin_check CHECK (origin IN ('webhook', 'sweep', 'command', 'timer')) NOT VALID;
ALTER TABLE inbox_event ADD CONSTRAINT inbox_event_of_ours_names_its_stream CHECK (
  (origin IN ('command', 'timer')) = (stream_id IS NOT NULL) AND (stream_id IS NULL OR (trust = 'confirmed' AND starts_with(event_id, 'gatehouse:')))) NOT VALID;

-- What was asked of Gatehouse from outside, once per Idempotency-Key. Hashes are keyed with ENCRYPTION_KEY: neither the key of the caller nor
-- what was asked stands here. `field_hashes`: one for each field, so that a repetition with other data can be told which field differs.
-- How far it has come says its row of the inbox.
CREATE TABLE command (
  id           text COLLATE "C" PRIMARY KEY,
  key_hash     bytea NOT NULL,
  input_hash   bytea NOT NULL,
  field_hashes jsonb NOT NULL,
  kind         text NOT NULL,
  stream_id    text COLLATE "C" NOT NULL,
  requested_by text NOT NULL,
  created_at   timestamptz(3) NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX command_key_hash_key ON command (key_hash);
CREATE INDEX command_stream_id_idx ON command (stream_id);
