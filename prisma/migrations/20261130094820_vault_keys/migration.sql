-- The data keys of sealed payloads leave the table of the payloads, so that they can be kept outside the backup of this database. A payload without its key is
-- unreadable. These two tables hold keys and erasures while the keys are kept in this database; the same tables stand in a separate one.
CREATE TABLE vault_key (
  id         text COLLATE "C" PRIMARY KEY,
  wrapped    bytea NOT NULL,
  -- Fingerprint of the ENCRYPTION_KEY that wrapped it. Null: wrapped before fingerprints were kept.
  wrapped_by text
);
-- The subjects whose keys were removed for good: no key is ever made for them again.
CREATE TABLE vault_erasure (
  subject   text COLLATE "C" PRIMARY KEY,
  erased_at timestamptz(3) NOT NULL
);
-- Names the root key of this database, so that a start with another key, or with an empty key store, is refused.
CREATE TABLE vault_root (
  id       smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1),
  root_mark bytea NOT NULL
);
INSERT INTO vault_key (id, wrapped) SELECT id, wrapped_key FROM sealed_payload;
ALTER TABLE sealed_payload DROP COLUMN wrapped_key;
