-- Executions of held-rate quotes: streams of their own. Ids of Paxos are opaque texts. Amounts are numeric, and travel as text.

CREATE TABLE quote_execution (
  execution_id       text COLLATE "C" PRIMARY KEY,
  account_id         text COLLATE "C" NOT NULL,
  identity_id        text COLLATE "C" NOT NULL,
  profile_id         text COLLATE "C" NOT NULL,
  quote_id           text COLLATE "C" NOT NULL,
  market             text NOT NULL,
  side               text NOT NULL,
  price              numeric NOT NULL,
  base_asset         text NOT NULL,
  quote_asset        text NOT NULL,
  expires_at         timestamptz(3) NOT NULL,
  base_amount        numeric,
  quote_amount       numeric,
  state              text NOT NULL,
  reason             text,
  paxos_execution_id text COLLATE "C",
  executed_base      numeric,
  executed_quote     numeric,
  requested_at       timestamptz(3) NOT NULL,
  version            integer NOT NULL,
  entry_count        integer NOT NULL,
  head_hash          bytea NOT NULL,
  created_at         timestamptz(3) NOT NULL DEFAULT now(),
  updated_at         timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT quote_execution_id_is_ours CHECK (execution_id ~ '^quote-execution-[0-9a-f]{32}$'),
  CONSTRAINT quote_execution_state_is_known CHECK (state IN ('submitting', 'unknown', 'created', 'settled', 'rejected', 'held')),
  CONSTRAINT quote_execution_side_is_known CHECK (side IN ('BUY', 'SELL')),
  CONSTRAINT quote_execution_has_one_amount CHECK ((base_amount IS NULL) <> (quote_amount IS NULL)),
  CONSTRAINT quote_execution_amounts_are_positive CHECK (base_amount > 0 IS NOT FALSE AND quote_amount > 0 IS NOT FALSE),
  CONSTRAINT quote_execution_executed_is_at_paxos CHECK (state NOT IN ('created', 'settled')
    OR (paxos_execution_id IS NOT NULL AND executed_base IS NOT NULL AND executed_quote IS NOT NULL)),
  CONSTRAINT quote_execution_held_says_why CHECK (state <> 'held' OR reason IS NOT NULL)
) WITH (fillfactor = 80);
-- One execution of ours for one of Paxos's: no answer counts for two.
CREATE UNIQUE INDEX quote_execution_paxos_execution_id_key ON quote_execution (paxos_execution_id);
CREATE INDEX quote_execution_created_idx ON quote_execution (created_at, execution_id);
CREATE INDEX quote_execution_account_idx ON quote_execution (account_id, created_at, execution_id);
CREATE INDEX quote_execution_waiting_idx ON quote_execution (updated_at) WHERE state IN ('submitting', 'unknown', 'created');
CREATE TRIGGER quote_execution_is_kept BEFORE DELETE OR UPDATE OF execution_id ON quote_execution FOR EACH ROW EXECUTE FUNCTION refuse_removal();

-- Quotes as Paxos listed them, for as long as they may be executed and a little longer: their time of expiry is the only clock that counts.
CREATE TABLE held_quote (
  quote_id    text COLLATE "C" PRIMARY KEY,
  market      text NOT NULL,
  side        text NOT NULL,
  price       numeric NOT NULL,
  base_asset  text NOT NULL,
  quote_asset text NOT NULL,
  expires_at  timestamptz(3) NOT NULL
);
CREATE INDEX held_quote_expires_idx ON held_quote (expires_at);

-- What belongs to a stream belongs to one that is there: executions of quotes too.
DO $$
DECLARE
  name text;
  source text;
BEGIN
  FOREACH name IN ARRAY ARRAY['refuse_loose_effect', 'refuse_loose_entry'] LOOP
    source := pg_get_functiondef(name::regproc);
    EXECUTE replace(source, 'WHERE o.identity_id = a.stream_id)', 'WHERE o.identity_id = a.stream_id),
      (SELECT q.execution_id FROM quote_execution AS q WHERE q.execution_id = a.stream_id)');
  END LOOP;
END $$;
