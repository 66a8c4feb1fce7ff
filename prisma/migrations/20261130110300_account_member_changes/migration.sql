-- Changes of the members of accounts: streams of their own. The members of an account are those of its opening, and the changes that are done.

CREATE TABLE account_member_change (
  change_key   text COLLATE "C" PRIMARY KEY,
  account_id   text COLLATE "C" NOT NULL,
  identity_id  text COLLATE "C" NOT NULL,
  kind         text NOT NULL,
  members      jsonb NOT NULL,
  state        text NOT NULL,
  reason       text,
  requested_at timestamptz(3) NOT NULL,
  version      integer NOT NULL,
  entry_count  integer NOT NULL,
  head_hash    bytea NOT NULL,
  created_at   timestamptz(3) NOT NULL DEFAULT now(),
  updated_at   timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT account_member_change_key_is_ours CHECK (change_key ~ '^membership-[0-9a-f]{32}$'),
  CONSTRAINT account_member_change_kind_is_known CHECK (kind IN ('add', 'remove')),
  CONSTRAINT account_member_change_state_is_known CHECK (state IN ('submitting', 'unknown', 'done', 'rejected', 'held')),
  CONSTRAINT account_member_change_end_says_why CHECK (state NOT IN ('held', 'rejected') OR reason IS NOT NULL)
) WITH (fillfactor = 80);
CREATE INDEX account_member_change_account_idx ON account_member_change (account_id, updated_at, change_key);
CREATE INDEX account_member_change_identity_idx ON account_member_change (identity_id);
CREATE INDEX account_member_change_waiting_idx ON account_member_change (updated_at) WHERE state IN ('submitting', 'unknown');
CREATE TRIGGER account_member_change_is_kept BEFORE DELETE OR UPDATE OF change_key ON account_member_change FOR EACH ROW EXECUTE FUNCTION refuse_removal();
CREATE TRIGGER account_member_change_is_not_truncated BEFORE TRUNCATE ON account_member_change FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal();

SELECT guard_streams();
