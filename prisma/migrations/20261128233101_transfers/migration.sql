-- Transfers and requests for deposit instructions: streams of their own. Ids of Paxos are opaque texts. Amounts are numeric, and travel as text.

CREATE TABLE deposit_instructions (
  instructions_id       text COLLATE "C" PRIMARY KEY,
  account_id            text COLLATE "C" NOT NULL,
  identity_id           text COLLATE "C" NOT NULL,
  profile_id            text COLLATE "C" NOT NULL,
  network               text NOT NULL,
  routing_number_type   text,
  state                 text NOT NULL,
  reason                text,
  paxos_instructions_id text COLLATE "C",
  memo_id               text COLLATE "C",
  requested_at          timestamptz(3) NOT NULL,
  version               integer NOT NULL,
  entry_count           integer NOT NULL,
  head_hash             bytea NOT NULL,
  created_at            timestamptz(3) NOT NULL DEFAULT now(),
  updated_at            timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT deposit_instructions_id_is_ours CHECK (instructions_id ~ '^instructions-[0-9a-f]{32}$'),
  CONSTRAINT deposit_instructions_state_is_known CHECK (state IN ('submitting', 'unknown', 'created', 'rejected', 'held')),
  CONSTRAINT deposit_instructions_created_are_at_paxos CHECK (state <> 'created' OR (paxos_instructions_id IS NOT NULL AND memo_id IS NOT NULL)),
  CONSTRAINT deposit_instructions_held_says_why CHECK (state <> 'held' OR reason IS NOT NULL)
) WITH (fillfactor = 80);
-- One request of ours for one of Paxos's instructions: no answer counts for two.
CREATE UNIQUE INDEX deposit_instructions_paxos_id_key ON deposit_instructions (paxos_instructions_id);
CREATE INDEX deposit_instructions_account_idx ON deposit_instructions (account_id, created_at, instructions_id);
-- A transfer is matched to its instructions by the memo.
CREATE INDEX deposit_instructions_memo_idx ON deposit_instructions (profile_id, memo_id);
CREATE INDEX deposit_instructions_waiting_idx ON deposit_instructions (updated_at) WHERE state IN ('submitting', 'unknown');
CREATE TRIGGER deposit_instructions_is_kept BEFORE DELETE OR UPDATE OF instructions_id ON deposit_instructions FOR EACH ROW EXECUTE FUNCTION refuse_removal();

CREATE TABLE transfer (
  transfer_id       text COLLATE "C" PRIMARY KEY,
  paxos_transfer_id text COLLATE "C" NOT NULL,
  account_id        text COLLATE "C" NOT NULL,
  identity_id       text COLLATE "C" NOT NULL,
  profile_id        text COLLATE "C" NOT NULL,
  direction         text NOT NULL,
  type              text NOT NULL,
  asset             text NOT NULL,
  amount            numeric NOT NULL,
  fee               numeric NOT NULL,
  total             numeric NOT NULL,
  state             text NOT NULL,
  reason            text,
  paxos_status      text NOT NULL,
  moved             numeric NOT NULL,
  instructions_id   text COLLATE "C",
  return_of         text COLLATE "C",
  started_at        text NOT NULL,
  version           integer NOT NULL,
  entry_count       integer NOT NULL,
  head_hash         bytea NOT NULL,
  created_at        timestamptz(3) NOT NULL DEFAULT now(),
  updated_at        timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT transfer_id_is_ours CHECK (transfer_id ~ '^transfer-[0-9a-f]{32}$'),
  CONSTRAINT transfer_state_is_known CHECK (state IN ('pending', 'completed', 'failed', 'returned', 'held')),
  CONSTRAINT transfer_completed_has_moved CHECK (state <> 'completed' OR abs(moved) = abs(total)),
  CONSTRAINT transfer_ended_has_moved_nothing CHECK (state NOT IN ('failed', 'returned') OR moved = 0),
  CONSTRAINT transfer_held_says_why CHECK (state <> 'held' OR reason IS NOT NULL)
) WITH (fillfactor = 80);
-- One transfer of ours for one of Paxos's: nothing is credited twice.
CREATE UNIQUE INDEX transfer_paxos_transfer_id_key ON transfer (paxos_transfer_id);
CREATE INDEX transfer_created_idx ON transfer (created_at, transfer_id);
CREATE INDEX transfer_account_idx ON transfer (account_id, created_at, transfer_id);
-- A deposit is taken back once.
CREATE UNIQUE INDEX transfer_return_of_key ON transfer (return_of);
CREATE INDEX transfer_instructions_idx ON transfer (instructions_id) WHERE instructions_id IS NOT NULL;
-- What a poll looks at: small however large the table grows.
CREATE INDEX transfer_pending_idx ON transfer (created_at) WHERE state = 'pending';
CREATE TRIGGER transfer_is_kept BEFORE DELETE OR UPDATE OF transfer_id ON transfer FOR EACH ROW EXECUTE FUNCTION refuse_removal();

-- What belongs to a stream belongs to one that is there: transfers and deposit instructions too.
DO $$
DECLARE
  name text;
  source text;
BEGIN
  FOREACH name IN ARRAY ARRAY['refuse_loose_effect', 'refuse_loose_entry'] LOOP
    source := pg_get_functiondef(name::regproc);
    EXECUTE replace(source, 'WHERE o.identity_id = a.stream_id)', 'WHERE o.identity_id = a.stream_id),
      (SELECT t.transfer_id FROM transfer AS t WHERE t.transfer_id = a.stream_id),
      (SELECT d.instructions_id FROM deposit_instructions AS d WHERE d.instructions_id = a.stream_id)');
  END LOOP;
END $$;
