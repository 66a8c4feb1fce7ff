-- Creating an identity is an effect like any other: intent, attempt, lease, receipt. Its stream is the request for it, since the identity, which
-- the onboarding is named for, does not exist yet. This replaces onboarding_request, which had an intent alone: keys of the callers stood there
-- in the clear. What was asked before under a key is asked again under the same ref_id, and Paxos answers with the identity that is there.
DROP TABLE onboarding_request;

CREATE TABLE identity_request (
  request_id   text COLLATE "C" PRIMARY KEY CHECK (starts_with(request_id, 'identity_request_')),
  ref_id       text COLLATE "C" NOT NULL,
  state        text NOT NULL CHECK (state IN ('requested', 'created', 'opened', 'held')),
  identity_id  text COLLATE "C",
  held_reason  text,
  requested_by text NOT NULL,
  version      integer NOT NULL,
  entry_count  integer NOT NULL,
  head_hash    bytea NOT NULL,
  created_at   timestamptz(3) NOT NULL,
  updated_at   timestamptz(3) NOT NULL,
  CONSTRAINT identity_request_created_has_identity CHECK (state NOT IN ('created', 'opened') OR identity_id IS NOT NULL),
  CONSTRAINT identity_request_held_says_why CHECK ((state = 'held') = (held_reason IS NOT NULL))
);
-- One request for a ref_id, and one for an identity: an answer about another customer cannot be believed (F52).
CREATE UNIQUE INDEX identity_request_ref_id_key ON identity_request (ref_id);
CREATE UNIQUE INDEX identity_request_identity_id_key ON identity_request (identity_id) WHERE identity_id IS NOT NULL;
CREATE TRIGGER identity_request_is_kept BEFORE DELETE OR UPDATE OF request_id ON identity_request FOR EACH ROW EXECUTE FUNCTION refuse_removal();
CREATE TRIGGER identity_request_is_not_truncated BEFORE TRUNCATE ON identity_request FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal();

-- The table joins the lists of what an effect and a first entry may belong to, beside those that are there.
DO $$
DECLARE
  name text;
  source text;
BEGIN
  FOREACH name IN ARRAY ARRAY['refuse_loose_effect', 'refuse_loose_entry'] LOOP
    source := pg_get_functiondef(name::regproc);
    EXECUTE replace(source, 'WHERE o.identity_id = a.stream_id)', 'WHERE o.identity_id = a.stream_id),
      (SELECT r.request_id FROM identity_request AS r WHERE r.request_id = a.stream_id)');
  END LOOP;
END $$;

-- ── personal data that a command needs until it is done ──────────────────────────────────────────────────────────────
-- AES-256-GCM under a data key of its own, which ENCRYPTION_KEY wraps. The row goes when the command is done. No other table refers to it, so that
-- the vault can move to another database.
CREATE TABLE sealed_payload (
  id          text COLLATE "C" PRIMARY KEY,
  wrapped_key bytea NOT NULL,
  sealed      bytea NOT NULL,
  sealed_at   timestamptz(3) NOT NULL DEFAULT now()
);
