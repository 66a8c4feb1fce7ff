-- A person whose data was erased stays `erased`: no event and no operator moves the onboarding again.
ALTER TABLE onboarding DROP CONSTRAINT onboarding_state_is_known;
ALTER TABLE onboarding ADD CONSTRAINT onboarding_state_is_known
  CHECK (state IN ('pending', 'documents_required', 'approved', 'ready', 'denied', 'disabled', 'frozen', 'held', 'erased')) NOT VALID;

-- One request to erase a person, from the first request to its certificate. `subject`: the identity's id, or the id of the request for one.
CREATE TABLE erasure (
  subject      text COLLATE "C" PRIMARY KEY,
  requested_at timestamptz(3) NOT NULL,
  requested_by text NOT NULL CHECK (requested_by <> ''),
  reason       text NOT NULL CHECK (reason <> ''),
  done_at      timestamptz(3),
  -- A compact JWS.
  certificate  text,
  CONSTRAINT erasure_done_is_certified CHECK ((done_at IS NULL) = (certificate IS NULL))
);
CREATE INDEX erasure_open_idx ON erasure (requested_at) WHERE done_at IS NULL;

-- A legal hold forbids an erasure until it is lifted. Several may stand at once, each with a name.
CREATE TABLE legal_hold (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  subject     text COLLATE "C" NOT NULL,
  name        text NOT NULL CHECK (name <> ''),
  set_by      text NOT NULL CHECK (set_by <> ''),
  reason      text NOT NULL CHECK (reason <> ''),
  set_at      timestamptz(3) NOT NULL,
  lifted_by   text,
  lift_reason text,
  lifted_at   timestamptz(3),
  CONSTRAINT legal_hold_lift_is_named_and_reasoned CHECK (num_nulls(lifted_by, lift_reason, lifted_at) IN (0, 3))
);
CREATE UNIQUE INDEX legal_hold_standing_key ON legal_hold (subject, name) WHERE lifted_at IS NULL;
