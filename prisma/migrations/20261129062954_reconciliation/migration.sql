-- One comparison of a window of List Events with the inbox. A worker reads it; the row keeps what it found, on which a certificate rests.
CREATE TABLE reconciliation (
  id uuid PRIMARY KEY,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'complete', 'withheld')),
  from_at timestamptz(3) NOT NULL,
  to_at timestamptz(3) NOT NULL CHECK (to_at > from_at),
  requested_by text NOT NULL,
  requested_at timestamptz(3) NOT NULL DEFAULT now(),
  finished_at timestamptz(3),
  pages integer NOT NULL DEFAULT 0,
  listed integer NOT NULL DEFAULT 0,
  by_webhook integer NOT NULL DEFAULT 0,
  by_sweep integer NOT NULL DEFAULT 0,
  -- Of those by sweep: received while this comparison was under way.
  found integer NOT NULL DEFAULT 0,
  missing integer NOT NULL DEFAULT 0,
  -- SHA-256 over the sorted ids that Paxos listed, one to a line.
  events_sha256 bytea,
  -- Why there is no certificate: { "code", "detail" } each.
  doubts jsonb NOT NULL DEFAULT '[]',
  last_error text,
  lease_by uuid,
  lease_until timestamptz(3) NOT NULL DEFAULT '-infinity',
  CHECK ((state IN ('complete', 'withheld')) = (finished_at IS NOT NULL)),
  CHECK (state <> 'complete' OR (missing = 0 AND jsonb_array_length(doubts) = 0 AND events_sha256 IS NOT NULL AND by_webhook + by_sweep = listed))
);
CREATE INDEX reconciliation_requested_at_idx ON reconciliation (requested_at);
CREATE INDEX reconciliation_open_idx ON reconciliation (requested_at) WHERE state IN ('waiting', 'running');
