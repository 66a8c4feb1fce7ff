-- A customer whom Paxos has frozen (ERROR) leaves `ready`, and comes back when Paxos lifts it.
ALTER TABLE onboarding DROP CONSTRAINT onboarding_state_check;
ALTER TABLE onboarding ADD CONSTRAINT onboarding_state_is_known
  CHECK (state IN ('pending', 'documents_required', 'approved', 'ready', 'denied', 'disabled', 'frozen', 'held'));

-- Why Paxos has the status that it has: requirements and controls, in codes. Null where nothing is outstanding.
ALTER TABLE onboarding ADD COLUMN status_details jsonb;

-- Paxos has no event for ERROR, so one worker at a time polls List Identities. One row: when the last round began, up to when changes have been read,
-- and how far the walk over all identities has come, as the time of creation that Paxos gave.
CREATE TABLE identity_poll (
  id           smallint PRIMARY KEY DEFAULT 1,
  began_at     timestamptz(3) NOT NULL DEFAULT '-infinity',
  changed_from timestamptz(3),
  walked_to    text,
  CONSTRAINT identity_poll_is_one_row CHECK (id = 1)
);
INSERT INTO identity_poll DEFAULT VALUES;
