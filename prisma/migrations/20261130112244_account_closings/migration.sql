-- Closings of accounts: streams of their own. An account has at most one that was not stopped.

CREATE TABLE account_closing (
  closing_id   text COLLATE "C" PRIMARY KEY,
  account_id   text COLLATE "C" NOT NULL,
  identity_id  text COLLATE "C" NOT NULL,
  profile_id   text COLLATE "C" NOT NULL,
  state        text NOT NULL,
  reason       text,
  round        integer NOT NULL,
  sales        jsonb NOT NULL,
  refusals     integer NOT NULL,
  sold_at      timestamptz(3),
  cancels      text[] NOT NULL,
  blocks       jsonb NOT NULL,
  requested_at timestamptz(3) NOT NULL,
  version      integer NOT NULL,
  entry_count  integer NOT NULL,
  head_hash    bytea NOT NULL,
  created_at   timestamptz(3) NOT NULL DEFAULT now(),
  updated_at   timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT account_closing_id_is_ours CHECK (closing_id ~ '^closing-[0-9a-f]{32}$'),
  CONSTRAINT account_closing_state_is_known CHECK (state IN ('cancelling', 'selling', 'waiting', 'finishing', 'closed', 'stopped', 'held')),
  CONSTRAINT account_closing_held_says_why CHECK (state <> 'held' OR reason IS NOT NULL),
  CONSTRAINT account_closing_round_is_counted CHECK (round >= 0 AND refusals >= 0 AND (round = 0) = (sold_at IS NULL))
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX account_closing_once ON account_closing (account_id) WHERE state <> 'stopped';
CREATE INDEX account_closing_account_idx ON account_closing (account_id, created_at, closing_id);
CREATE INDEX account_closing_identity_idx ON account_closing (identity_id);
CREATE INDEX account_closing_active_idx ON account_closing (updated_at) WHERE state IN ('cancelling', 'selling');
CREATE INDEX account_closing_waiting_idx ON account_closing (updated_at) WHERE state IN ('waiting');
CREATE TRIGGER account_closing_is_kept BEFORE DELETE OR UPDATE OF closing_id ON account_closing FOR EACH ROW EXECUTE FUNCTION refuse_removal();
CREATE TRIGGER account_closing_is_not_truncated BEFORE TRUNCATE ON account_closing FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal();

SELECT guard_streams();
