-- Further accounts of customers, and joint accounts: streams of their own. The first account of a customer stays a part of its onboarding.

CREATE TABLE account (
  account_key  text COLLATE "C" PRIMARY KEY,
  account_id   text COLLATE "C",
  identity_id  text COLLATE "C" NOT NULL,
  profile_id   text COLLATE "C",
  type         text NOT NULL,
  members      jsonb NOT NULL,
  owners       text[] COLLATE "C" NOT NULL,
  state        text NOT NULL,
  reason       text,
  requested_by text NOT NULL,
  requested_at timestamptz(3) NOT NULL,
  version      integer NOT NULL,
  entry_count  integer NOT NULL,
  head_hash    bytea NOT NULL,
  created_at   timestamptz(3) NOT NULL DEFAULT now(),
  updated_at   timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT account_key_is_ours CHECK (account_key ~ '^account-[0-9a-f]{32}$'),
  CONSTRAINT account_state_is_known CHECK (state IN ('submitting', 'unknown', 'opened', 'rejected', 'held')),
  CONSTRAINT account_opened_is_at_paxos CHECK (state <> 'opened' OR (account_id IS NOT NULL AND profile_id IS NOT NULL)),
  CONSTRAINT account_has_its_primary_owner CHECK (owners[1] = identity_id),
  CONSTRAINT account_held_says_why CHECK (state NOT IN ('held', 'rejected') OR reason IS NOT NULL)
) WITH (fillfactor = 80);
-- One stream of ours for one account and one profile at Paxos: no answer counts for two.
CREATE UNIQUE INDEX account_account_id_key ON account (account_id);
CREATE UNIQUE INDEX account_profile_id_key ON account (profile_id);
CREATE INDEX account_identity_idx ON account (identity_id, created_at, account_key);
-- A customer's page lists the accounts of which the customer is an owner.
CREATE INDEX account_owners_idx ON account USING gin (owners);
CREATE INDEX account_waiting_idx ON account (updated_at) WHERE state IN ('submitting', 'unknown');
CREATE TRIGGER account_is_kept BEFORE DELETE OR UPDATE OF account_key ON account FOR EACH ROW EXECUTE FUNCTION refuse_removal();
CREATE TRIGGER account_is_not_truncated BEFORE TRUNCATE ON account FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal();

SELECT guard_streams();
