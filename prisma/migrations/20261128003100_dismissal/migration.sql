-- An event that cannot succeed is dismissed by a named person with a reason, and can be restored (src/inbox/dismiss-events.ts).
-- The check is wider than the one before, so what is there satisfies it and need not be read.
ALTER TABLE inbox_event DROP CONSTRAINT inbox_event_state_check;
ALTER TABLE inbox_event ADD CONSTRAINT inbox_event_state_check
  CHECK (state IN ('accepted', 'processed', 'parked', 'dead', 'test', 'dismissed')) NOT VALID;
CREATE TABLE event_dismissal (
  seq          bigint PRIMARY KEY,
  from_state   text NOT NULL CHECK (from_state IN ('parked', 'dead')),
  dismissed_by text NOT NULL CHECK (dismissed_by <> ''),
  reason       text NOT NULL CHECK (reason <> ''),
  dismissed_at timestamptz(3) NOT NULL DEFAULT now()
);
