-- Orders: streams of their own. What an order moves is a ledger entry of kind `flow`, insert-only and chained like every other.
-- Ids of Paxos are opaque texts. Amounts are numeric, and travel as text.

CREATE TABLE trade_order (
  order_id       text COLLATE "C" PRIMARY KEY,
  account_id     text COLLATE "C" NOT NULL,
  identity_id    text COLLATE "C" NOT NULL,
  profile_id     text COLLATE "C" NOT NULL,
  base_asset     text NOT NULL,
  quote_asset    text NOT NULL,
  side           text NOT NULL,
  market         text NOT NULL,
  type           text NOT NULL,
  base_amount    numeric,
  quote_amount   numeric,
  price          numeric,
  stop_price     numeric,
  time_in_force  text,
  expires_at     text,
  state          text NOT NULL,
  reason         text,
  paxos_order_id text COLLATE "C",
  paxos_status   text,
  amount_filled  numeric NOT NULL,
  average_price  numeric,
  executions     jsonb NOT NULL,
  settled        boolean NOT NULL,
  requested_at   timestamptz(3) NOT NULL,
  closed_at      timestamptz(3),
  version        integer NOT NULL,
  entry_count    integer NOT NULL,
  head_hash      bytea NOT NULL,
  created_at     timestamptz(3) NOT NULL DEFAULT now(),
  updated_at     timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT trade_order_id_is_ours CHECK (order_id ~ '^order-[0-9a-f]{32}$'),
  CONSTRAINT trade_order_state_is_known CHECK (state IN ('submitting', 'unknown', 'open', 'cancel_requested', 'filled', 'cancelled', 'rejected', 'expired', 'held')),
  CONSTRAINT trade_order_side_is_known CHECK (side IN ('BUY', 'SELL')),
  CONSTRAINT trade_order_type_is_known CHECK (type IN ('MARKET', 'LIMIT', 'POST_ONLY_LIMIT', 'STOP_MARKET', 'STOP_LIMIT')),
  CONSTRAINT trade_order_has_one_amount CHECK ((base_amount IS NULL) <> (quote_amount IS NULL)),
  CONSTRAINT trade_order_amounts_are_positive CHECK (base_amount > 0 IS NOT FALSE AND quote_amount > 0 IS NOT FALSE AND price > 0 IS NOT FALSE AND stop_price > 0 IS NOT FALSE),
  CONSTRAINT trade_order_fill_is_not_negative CHECK (amount_filled >= 0),
  CONSTRAINT trade_order_open_is_at_paxos CHECK (state NOT IN ('open', 'cancel_requested', 'filled') OR paxos_order_id IS NOT NULL),
  CONSTRAINT trade_order_held_says_why CHECK (state <> 'held' OR reason IS NOT NULL)
) WITH (fillfactor = 80);
-- One order of ours for one of Paxos's: no answer counts for two.
CREATE UNIQUE INDEX trade_order_paxos_order_id_key ON trade_order (paxos_order_id);
CREATE INDEX trade_order_created_idx ON trade_order (created_at, order_id);
CREATE INDEX trade_order_account_idx ON trade_order (account_id, created_at, order_id);
-- What a poll looks at: small however large the table grows.
CREATE INDEX trade_order_open_idx ON trade_order (requested_at)
  WHERE state IN ('open', 'cancel_requested') OR (state IN ('filled', 'cancelled', 'rejected', 'expired') AND NOT settled);
CREATE INDEX trade_order_waiting_idx ON trade_order (updated_at) WHERE state IN ('submitting', 'unknown');

CREATE TRIGGER trade_order_is_kept BEFORE DELETE OR UPDATE OF order_id ON trade_order FOR EACH ROW EXECUTE FUNCTION refuse_removal();

-- What each account's money did, in the order in which it became known. Only flows are in the index.
CREATE INDEX ledger_entry_flow_idx ON ledger_entry ((data->>'accountId'), (data->>'asset'), at) WHERE kind = 'flow';

-- ── deposits of the Sandbox ──────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE deposit (
  deposit_id   text COLLATE "C" PRIMARY KEY,
  account_id   text COLLATE "C" NOT NULL,
  identity_id  text COLLATE "C" NOT NULL,
  profile_id   text COLLATE "C" NOT NULL,
  asset        text NOT NULL,
  amount       numeric NOT NULL,
  state        text NOT NULL,
  reason       text,
  activity_id  text COLLATE "C",
  requested_at timestamptz(3) NOT NULL,
  version      integer NOT NULL,
  entry_count  integer NOT NULL,
  head_hash    bytea NOT NULL,
  created_at   timestamptz(3) NOT NULL DEFAULT now(),
  updated_at   timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT deposit_id_is_ours CHECK (deposit_id ~ '^deposit-[0-9a-f]{32}$'),
  CONSTRAINT deposit_state_is_known CHECK (state IN ('submitting', 'unknown', 'completed', 'rejected', 'held')),
  CONSTRAINT deposit_amount_is_positive CHECK (amount > 0),
  CONSTRAINT deposit_held_says_why CHECK (state <> 'held' OR reason IS NOT NULL)
) WITH (fillfactor = 80);
-- One deposit of ours for one activity of Paxos's.
CREATE UNIQUE INDEX deposit_activity_id_key ON deposit (activity_id);
CREATE INDEX deposit_waiting_idx ON deposit (updated_at) WHERE state IN ('submitting', 'unknown');
CREATE TRIGGER deposit_is_kept BEFORE DELETE OR UPDATE OF deposit_id ON deposit FOR EACH ROW EXECUTE FUNCTION refuse_removal();

-- ── what belongs to a stream belongs to one that is there: orders and deposits too ───────────────────────────────────
CREATE OR REPLACE FUNCTION refuse_loose_effect() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE loose record;
BEGIN
  SELECT a.stream_id, a.step INTO loose FROM added AS a
  WHERE coalesce(
    (SELECT o.identity_id FROM onboarding AS o WHERE o.identity_id = a.stream_id),
    (SELECT t.order_id FROM trade_order AS t WHERE t.order_id = a.stream_id),
    (SELECT d.deposit_id FROM deposit AS d WHERE d.deposit_id = a.stream_id)
  ) IS NULL
  LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'effect % of stream % belongs to no stream', loose.step, loose.stream_id USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION refuse_loose_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE loose record;
BEGIN
  SELECT a.stream_id, a.entry_no INTO loose FROM added AS a
  WHERE CASE a.entry_no WHEN 1
    THEN coalesce(
      (SELECT o.identity_id FROM onboarding AS o WHERE o.identity_id = a.stream_id),
      (SELECT t.order_id FROM trade_order AS t WHERE t.order_id = a.stream_id),
      (SELECT d.deposit_id FROM deposit AS d WHERE d.deposit_id = a.stream_id)
    ) IS NULL OR a.prev_hash <> decode(repeat('00', 32), 'hex')
    ELSE (SELECT e.hash FROM ledger_entry AS e WHERE e.stream_id = a.stream_id AND e.entry_no = a.entry_no - 1) IS DISTINCT FROM a.prev_hash
  END
  LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'entry % of stream % does not follow the one before it', loose.entry_no, loose.stream_id USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NULL;
END $$;
