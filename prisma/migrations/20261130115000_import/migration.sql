-- Bulk imports: one row per file. It holds counts, the position and a hash, and nothing of a person.
CREATE TABLE import (
  -- Made from the file's hash, so the same file is the same import.
  id text PRIMARY KEY CHECK (id ~ '^import-[0-9a-f]{32}$'),
  file_sha256 bytea NOT NULL CHECK (octet_length(file_sha256) = 32),
  format text NOT NULL CHECK (format IN ('csv', 'jsonl')),
  records integer NOT NULL CHECK (records >= 0),
  -- Records with a result: the next run continues after them.
  position integer NOT NULL DEFAULT 0 CHECK (position BETWEEN 0 AND records),
  created integer NOT NULL DEFAULT 0,
  existing integer NOT NULL DEFAULT 0,
  held integer NOT NULL DEFAULT 0,
  rejected integer NOT NULL DEFAULT 0,
  requested_by text NOT NULL,
  requested_at timestamptz(3) NOT NULL,
  finished_at timestamptz(3),
  last_error text,
  -- The process that runs it, and until when without renewal.
  lease_by text,
  lease_until timestamptz(3) NOT NULL DEFAULT '-infinity',
  CHECK (created + existing + held + rejected = position),
  CHECK (finished_at IS NULL OR position = records)
);
CREATE INDEX import_requested_at_id_idx ON import (requested_at, id);

-- Lines that were not imported: number, code, and { "field", "message" } for each wrong field. Never a value.
CREATE TABLE import_reject (
  import_id text NOT NULL REFERENCES import (id),
  line integer NOT NULL CHECK (line > 0),
  code text NOT NULL,
  fields jsonb NOT NULL,
  PRIMARY KEY (import_id, line)
);
