-- A request for a person whom Paxos knows already may wait for an operator, who confirms that it is the same person or refuses it.
ALTER TABLE identity_request
  ADD COLUMN on_duplicate text NOT NULL DEFAULT 'refuse' CHECK (on_duplicate IN ('refuse', 'review')),
  ADD COLUMN duplicate_of text COLLATE "C",
  DROP CONSTRAINT identity_request_state_check,
  ADD CONSTRAINT identity_request_state_check CHECK (state IN ('requested', 'created', 'opened', 'held', 'joined', 'declined')),
  ADD CONSTRAINT identity_request_duplicate_names_identity CHECK (
    (held_reason IS DISTINCT FROM 'duplicate-person' AND state NOT IN ('joined', 'declined')) OR duplicate_of IS NOT NULL
  );
-- What waits for an operator: small however large the table grows.
CREATE INDEX identity_request_duplicate_idx ON identity_request (created_at, request_id) WHERE held_reason = 'duplicate-person';
CREATE INDEX identity_request_duplicate_of_idx ON identity_request (duplicate_of) WHERE duplicate_of IS NOT NULL;
