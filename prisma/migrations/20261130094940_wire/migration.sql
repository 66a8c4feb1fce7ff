-- Wires of invented money by deposit instructions of the Sandbox: streams of their own. Their money is a transfer.

CREATE TABLE wire (
  wire_id         text COLLATE "C" PRIMARY KEY,
  instructions_id text COLLATE "C" NOT NULL,
  account_id      text COLLATE "C" NOT NULL,
  identity_id     text COLLATE "C" NOT NULL,
  profile_id      text COLLATE "C" NOT NULL,
  memo_id         text COLLATE "C" NOT NULL,
  asset           text NOT NULL,
  amount          numeric NOT NULL,
  state           text NOT NULL,
  reason          text,
  requested_at    timestamptz(3) NOT NULL,
  version         integer NOT NULL,
  entry_count     integer NOT NULL,
  head_hash       bytea NOT NULL,
  created_at      timestamptz(3) NOT NULL DEFAULT now(),
  updated_at      timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT wire_id_is_ours CHECK (wire_id ~ '^wire-[0-9a-f]{32}$'),
  CONSTRAINT wire_state_is_known CHECK (state IN ('submitting', 'unknown', 'sent', 'rejected', 'held')),
  CONSTRAINT wire_amount_is_positive CHECK (amount > 0),
  CONSTRAINT wire_held_says_why CHECK (state <> 'held' OR reason IS NOT NULL)
) WITH (fillfactor = 80);
-- The wires that count together after a lost answer.
CREATE INDEX wire_instructions_idx ON wire (instructions_id, amount);
CREATE INDEX wire_waiting_idx ON wire (updated_at) WHERE state IN ('submitting', 'unknown');
CREATE TRIGGER wire_is_kept BEFORE DELETE OR UPDATE OF wire_id ON wire FOR EACH ROW EXECUTE FUNCTION refuse_removal();

SELECT guard_streams();
