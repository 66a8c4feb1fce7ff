-- Evidence of deliveries: samples of those that were refused, and the bodies of accepted ones until their event is confirmed, so that a
-- forged event can be traced. Written beside the work, bounded in rate and number, and lost without harm.
CREATE TABLE delivery_sample (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at           timestamptz(3) NOT NULL,
  status       smallint NOT NULL,
  reason       text NOT NULL,
  proof        text NOT NULL,
  key_slot     text,
  source_hash  bytea,
  event_id     text,
  body         bytea,
  body_sha256  bytea,
  CONSTRAINT delivery_sample_body_is_bounded CHECK (body IS NULL OR octet_length(body) <= 2048),
  CONSTRAINT delivery_sample_of_accepted_names_its_event CHECK (status <> 200 OR event_id IS NOT NULL)
);
