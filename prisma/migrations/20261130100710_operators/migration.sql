-- Operators with roles, and their tokens. The token of the installation (OPERATOR_TOKEN) stands in no table: it is the first admin.
CREATE TABLE operator (
  -- The name that the audit records. Never renamed, never deleted: a removed operator keeps the name.
  name       text PRIMARY KEY,
  kind       text NOT NULL CHECK (kind IN ('person', 'program')),
  role       text NOT NULL CHECK (role IN ('viewer', 'operator', 'approver', 'admin')),
  -- Issuer and subject of single sign-on, one line each; null: an admin added the operator.
  subject    text UNIQUE,
  added_by   text NOT NULL,
  added_at   timestamptz(3) NOT NULL,
  removed_at timestamptz(3),
  CONSTRAINT operator_signs_on_as_person CHECK (subject IS NULL OR kind = 'person')
);
-- "Ada" and "ada" are one operator: no person approves twice under two spellings.
CREATE UNIQUE INDEX operator_name_folded_key ON operator (lower(name));

-- A token is shown once. Here is its SHA-256: it has 32 random bytes, so a copy of this table opens nothing.
CREATE TABLE operator_token (
  id           uuid PRIMARY KEY,
  operator     text NOT NULL REFERENCES operator (name),
  label        text NOT NULL,
  hash         bytea NOT NULL UNIQUE,
  -- The most that it may do. If the operator has a smaller role, that one counts.
  role         text NOT NULL CHECK (role IN ('viewer', 'operator', 'approver', 'admin')),
  created_by   text NOT NULL,
  created_at   timestamptz(3) NOT NULL,
  expires_at   timestamptz(3),
  last_used_at timestamptz(3),
  revoked_at   timestamptz(3),
  revoked_by   text,
  CONSTRAINT operator_token_is_hashed CHECK (octet_length(hash) = 32),
  CONSTRAINT operator_token_expires_later CHECK (expires_at > created_at),
  CONSTRAINT operator_token_revoked_by_someone CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);
CREATE INDEX operator_token_operator_idx ON operator_token (operator);

-- What opened a session. The role is not copied: each request reads it from the operator and the token.
ALTER TABLE operator_session
  ADD COLUMN source text NOT NULL DEFAULT 'bootstrap' CHECK (source IN ('bootstrap', 'token', 'oidc')),
  ADD COLUMN token_id uuid REFERENCES operator_token (id),
  ADD CONSTRAINT operator_session_of_token CHECK ((source = 'token') = (token_id IS NOT NULL));
CREATE INDEX operator_session_operator_idx ON operator_session (lower(operator));
