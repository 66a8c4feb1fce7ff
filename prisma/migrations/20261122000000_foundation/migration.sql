-- The ground: inbox, onboarding, effects, ledger, requests, replays, audit, sweep.
-- Constraints carry the guarantees; the application may rely on each one named here.

-- ── inbox ───────────────────────────────────────────────────────────────────────────────────────────────────────────
-- Received once per event id, whatever the number of deliveries. `due_at` is when the dispatcher may put the event on the
-- queue (again): 15 s after it was accepted, since the receiver enqueues at once, or the time of the next attempt.
CREATE TABLE inbox_event (
  seq            bigserial PRIMARY KEY,
  event_id       uuid NOT NULL,
  type           text NOT NULL,
  occurred_at    timestamptz(3) NOT NULL,
  is_test        boolean NOT NULL,
  origin         text NOT NULL CHECK (origin IN ('webhook', 'sweep')),
  body_sha256    bytea,
  received_at    timestamptz(3) NOT NULL DEFAULT now(),
  delivery_count integer NOT NULL DEFAULT 1,
  trust          text NOT NULL DEFAULT 'hint' CHECK (trust IN ('hint', 'confirmed')),
  state          text NOT NULL DEFAULT 'accepted' CHECK (state IN ('accepted', 'processed', 'parked', 'dead', 'test')),
  outcome        text,
  identity_id    uuid,
  attempts       integer NOT NULL DEFAULT 0,
  strikes        integer NOT NULL DEFAULT 0,
  generation     integer NOT NULL DEFAULT 0,
  authority      text NOT NULL DEFAULT 'machine' CHECK (authority IN ('machine', 'operator')),
  due_at         timestamptz(3) NOT NULL DEFAULT (now() + interval '15 seconds'),
  error_code     text,
  error_detail   text,
  settled_at     timestamptz(3)
) WITH (fillfactor = 85);
CREATE UNIQUE INDEX inbox_event_event_id_key ON inbox_event (event_id);
CREATE INDEX inbox_event_identity_id_seq_idx ON inbox_event (identity_id, seq);
-- Only what is unfinished: small however large the table grows.
CREATE INDEX inbox_event_due_idx ON inbox_event (due_at) WHERE state = 'accepted';
CREATE INDEX inbox_event_needs_person_idx ON inbox_event (state, seq) WHERE state IN ('parked', 'dead');

-- ── onboarding ──────────────────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE onboarding (
  identity_id        uuid PRIMARY KEY,
  ref_id             text,
  origin             text NOT NULL CHECK (origin IN ('created', 'adopted')),
  state              text NOT NULL CHECK (state IN ('pending', 'documents_required', 'approved', 'ready', 'denied', 'disabled', 'held')),
  held_from          text,
  held_reason        text,
  identity_status    text,
  required_documents text[] NOT NULL DEFAULT '{}',
  account_id         uuid,
  profile_id         uuid,
  version            integer NOT NULL,
  entry_count        integer NOT NULL,
  head_hash          bytea NOT NULL,
  created_at         timestamptz(3) NOT NULL DEFAULT now(),
  updated_at         timestamptz(3) NOT NULL DEFAULT now(),
  approved_at        timestamptz(3),
  ready_at           timestamptz(3),
  CONSTRAINT onboarding_ready_has_account CHECK (state <> 'ready' OR (account_id IS NOT NULL AND profile_id IS NOT NULL)),
  CONSTRAINT onboarding_held_says_why CHECK ((state = 'held') = (held_reason IS NOT NULL))
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX onboarding_ref_id_key ON onboarding (ref_id);
CREATE UNIQUE INDEX onboarding_account_id_key ON onboarding (account_id);
CREATE UNIQUE INDEX onboarding_profile_id_key ON onboarding (profile_id);
CREATE INDEX onboarding_state_updated_at_identity_id_idx ON onboarding (state, updated_at, identity_id);
CREATE INDEX onboarding_created_at_identity_id_idx ON onboarding (created_at, identity_id);

-- ── effects: intent, attempts, receipt ──────────────────────────────────────────────────────────────────────────────
-- One row per identity and step, and one key in the world: asking twice acts once.
CREATE TABLE effect (
  identity_id uuid NOT NULL REFERENCES onboarding (identity_id) ON DELETE RESTRICT ON UPDATE RESTRICT,
  step        text NOT NULL,
  kind        text NOT NULL CHECK (kind IN ('account', 'notice')),
  key         text NOT NULL,
  state       text NOT NULL CHECK (state IN ('intended', 'done', 'suppressed', 'refused')),
  attempts    integer NOT NULL DEFAULT 0,
  lease_by    bigint,
  lease_until timestamptz(3),
  receipt     jsonb,
  error_code  text,
  intended_at timestamptz(3) NOT NULL DEFAULT now(),
  settled_at  timestamptz(3),
  PRIMARY KEY (identity_id, step),
  CONSTRAINT effect_done_has_receipt CHECK (state <> 'done' OR receipt IS NOT NULL)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX effect_key_key ON effect (key);

-- A receipt is final: what was done stays done, whoever writes late.
CREATE FUNCTION refuse_receipt_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state = 'done' AND (NEW.state <> 'done' OR NEW.receipt IS DISTINCT FROM OLD.receipt OR NEW.key <> OLD.key) THEN
    RAISE EXCEPTION 'effect % of identity % has its receipt; it cannot change', OLD.step, OLD.identity_id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER effect_receipt_is_final BEFORE UPDATE ON effect FOR EACH ROW EXECUTE FUNCTION refuse_receipt_change();

-- ── ledger ──────────────────────────────────────────────────────────────────────────────────────────────────────────
-- Gapless: entry n names entry n-1 of the same identity by foreign key. Insert-only: update, delete and truncate are refused.
CREATE TABLE ledger_entry (
  identity_id uuid NOT NULL REFERENCES onboarding (identity_id) ON DELETE RESTRICT ON UPDATE RESTRICT,
  entry_no    integer NOT NULL CHECK (entry_no >= 1),
  prev_no     integer GENERATED ALWAYS AS (NULLIF(entry_no - 1, 0)) STORED,
  at          timestamptz(3) NOT NULL,
  kind        text NOT NULL,
  actor       text NOT NULL,
  data        jsonb NOT NULL,
  prev_hash   bytea NOT NULL CHECK (length(prev_hash) = 32),
  hash        bytea NOT NULL CHECK (length(hash) = 32),
  PRIMARY KEY (identity_id, entry_no),
  FOREIGN KEY (identity_id, prev_no) REFERENCES ledger_entry (identity_id, entry_no) ON DELETE RESTRICT ON UPDATE RESTRICT
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is insert-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER ledger_entry_is_insert_only BEFORE UPDATE OR DELETE ON ledger_entry FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_entry_is_not_truncated BEFORE TRUNCATE ON ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- ── what was asked of us ────────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE onboarding_request (
  idempotency_key text PRIMARY KEY,
  input_hash      bytea NOT NULL,
  ref_id          text NOT NULL,
  state           text NOT NULL CHECK (state IN ('intended', 'done', 'refused')),
  identity_id     uuid,
  error_code      text,
  requested_by    text NOT NULL,
  created_at      timestamptz(3) NOT NULL DEFAULT now(),
  settled_at      timestamptz(3)
);
CREATE UNIQUE INDEX onboarding_request_ref_id_key ON onboarding_request (ref_id);

-- ── replays and the operators' audit ────────────────────────────────────────────────────────────────────────────────
CREATE TABLE replay (
  id          uuid PRIMARY KEY,
  state       text NOT NULL CHECK (state IN ('planned', 'approved', 'finished')),
  filter      jsonb NOT NULL,
  plan_hash   bytea NOT NULL,
  planned_by  text NOT NULL,
  planned_at  timestamptz(3) NOT NULL DEFAULT now(),
  approved_by text,
  reason      text,
  approved_at timestamptz(3),
  finished_at timestamptz(3),
  CONSTRAINT replay_approval_is_named_and_reasoned CHECK (state = 'planned' OR (approved_by IS NOT NULL AND reason IS NOT NULL AND approved_at IS NOT NULL))
);
CREATE INDEX replay_planned_at_idx ON replay (planned_at);

CREATE TABLE replay_item (
  replay_id uuid NOT NULL REFERENCES replay (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
  seq       bigint NOT NULL,
  verdict   text NOT NULL,
  detail    text NOT NULL,
  basis     text NOT NULL,
  result    text,
  PRIMARY KEY (replay_id, seq)
);

CREATE TABLE audit_entry (
  entry_no  integer PRIMARY KEY CHECK (entry_no >= 1),
  at        timestamptz(3) NOT NULL,
  operator  text NOT NULL,
  action    text NOT NULL,
  target    text NOT NULL,
  reason    text,
  data      jsonb NOT NULL,
  prev_hash bytea NOT NULL CHECK (length(prev_hash) = 32),
  hash      bytea NOT NULL CHECK (length(hash) = 32)
);
CREATE TRIGGER audit_entry_is_insert_only BEFORE UPDATE OR DELETE ON audit_entry FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_entry_is_not_truncated BEFORE TRUNCATE ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- ── the sweep over List Events ──────────────────────────────────────────────────────────────────────────────────────
-- A window is written once it was read to its end, so the latest `to_at` is the watermark: everything before it is accounted for.
CREATE TABLE sweep_window (
  id          bigserial PRIMARY KEY,
  from_at     timestamptz(3) NOT NULL,
  to_at       timestamptz(3) NOT NULL,
  listed      integer NOT NULL,
  recovered   integer NOT NULL,
  finished_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT sweep_window_goes_forward CHECK (to_at > from_at),
  CONSTRAINT sweep_window_counts CHECK (recovered BETWEEN 0 AND listed)
);
CREATE INDEX sweep_window_to_at_idx ON sweep_window (to_at);
