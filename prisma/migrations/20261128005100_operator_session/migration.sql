-- Who is logged in on the pages. The browser's cookie holds a random id and nothing else; here is a keyed hash of it, so that a copy of this
-- table opens no session. A row that is removed ends its session at once.
CREATE TABLE operator_session (
  id_hash    bytea PRIMARY KEY,
  operator   text NOT NULL,
  created_at timestamptz(3) NOT NULL,
  seen_at    timestamptz(3) NOT NULL,
  expires_at timestamptz(3) NOT NULL,
  CONSTRAINT operator_session_id_is_hashed CHECK (octet_length(id_hash) = 32),
  CONSTRAINT operator_session_expires CHECK (expires_at > created_at)
);
CREATE INDEX operator_session_expires_at_idx ON operator_session (expires_at);
