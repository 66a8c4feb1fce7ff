-- Changes of an identity at Paxos: corrections, KYC refreshes, and restrictions set and lifted. Streams of their own. The values are never stored here.

CREATE TABLE identity_change (
  change_id    text COLLATE "C" PRIMARY KEY,
  identity_id  text COLLATE "C" NOT NULL,
  kind         text NOT NULL,
  state        text NOT NULL,
  reason       text,
  fields       text[] NOT NULL,
  control      text,
  reason_code  text,
  control_id   text COLLATE "C",
  input_hashes text[] NOT NULL,
  requested_at timestamptz(3) NOT NULL,
  version      integer NOT NULL,
  entry_count  integer NOT NULL,
  head_hash    bytea NOT NULL,
  created_at   timestamptz(3) NOT NULL DEFAULT now(),
  updated_at   timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT identity_change_id_is_ours CHECK (change_id ~ '^change-[0-9a-f]{32}$'),
  CONSTRAINT identity_change_kind_is_known CHECK (kind IN ('correction', 'kyc-refresh', 'set-control', 'lift-control')),
  CONSTRAINT identity_change_state_is_known CHECK (state IN ('submitting', 'unknown', 'done', 'rejected', 'held')),
  CONSTRAINT identity_change_says_why CHECK (state NOT IN ('rejected', 'held') OR reason IS NOT NULL),
  CONSTRAINT identity_change_names_its_control CHECK (kind NOT IN ('set-control', 'lift-control') OR control IS NOT NULL),
  CONSTRAINT identity_change_lifts_one_control CHECK (kind <> 'lift-control' OR control_id IS NOT NULL)
) WITH (fillfactor = 80);
CREATE INDEX identity_change_identity_idx ON identity_change (identity_id, created_at, change_id);
CREATE INDEX identity_change_waiting_idx ON identity_change (updated_at) WHERE state IN ('submitting', 'unknown');
CREATE TRIGGER identity_change_is_kept BEFORE DELETE OR UPDATE OF change_id ON identity_change FOR EACH ROW EXECUTE FUNCTION refuse_removal();

SELECT guard_streams();
