-- Documents that are sent to Paxos for an identity: streams of their own. The file itself is never stored here.

CREATE TABLE document (
  document_id    text COLLATE "C" PRIMARY KEY,
  identity_id    text COLLATE "C" NOT NULL,
  document_types text[] NOT NULL,
  file_type      text NOT NULL,
  state          text NOT NULL,
  reason         text,
  file_id        text COLLATE "C",
  content_hash   text,
  bytes          integer,
  requested_at   timestamptz(3) NOT NULL,
  version        integer NOT NULL,
  entry_count    integer NOT NULL,
  head_hash      bytea NOT NULL,
  created_at     timestamptz(3) NOT NULL DEFAULT now(),
  updated_at     timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT document_id_is_ours CHECK (document_id ~ '^document-[0-9a-f]{32}$'),
  CONSTRAINT document_state_is_known CHECK (state IN ('sending', 'uploaded', 'failed')),
  CONSTRAINT document_file_type_is_known CHECK (file_type IN ('pdf', 'jpg', 'png')),
  CONSTRAINT document_uploaded_is_at_paxos CHECK (state <> 'uploaded' OR file_id IS NOT NULL),
  CONSTRAINT document_failed_says_why CHECK (state <> 'failed' OR reason IS NOT NULL)
) WITH (fillfactor = 80);
-- One upload of ours for one file at Paxos: no answer counts for two.
CREATE UNIQUE INDEX document_file_id_key ON document (file_id);
CREATE INDEX document_identity_idx ON document (identity_id, created_at, document_id);
CREATE INDEX document_sending_idx ON document (updated_at) WHERE state = 'sending';
CREATE TRIGGER document_is_kept BEFORE DELETE OR UPDATE OF document_id ON document FOR EACH ROW EXECUTE FUNCTION refuse_removal();

-- What belongs to a stream belongs to one that is there: documents too.
DO $$
DECLARE
  name text;
  source text;
BEGIN
  FOREACH name IN ARRAY ARRAY['refuse_loose_effect', 'refuse_loose_entry'] LOOP
    source := pg_get_functiondef(name::regproc);
    EXECUTE replace(source, 'WHERE o.identity_id = a.stream_id)', 'WHERE o.identity_id = a.stream_id),
      (SELECT d.document_id FROM document AS d WHERE d.document_id = a.stream_id)');
  END LOOP;
END $$;
