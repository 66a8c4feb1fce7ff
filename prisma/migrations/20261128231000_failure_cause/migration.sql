-- Why an event failed, as one of few causes: what was tried, how the other side answered, and our code. Failures are grouped by it, and an operator's
-- treatment of a cause (acknowledged, muted, resolved) stands beside it.
CREATE TABLE failure_cause (
  id            text COLLATE "C" PRIMARY KEY CHECK (id ~ '^[0-9a-f]{12}$'),
  code          text NOT NULL,
  effect_kind   text,
  operation     text,
  status        integer,
  problem_type  text,
  first_seen_at timestamptz(3) NOT NULL DEFAULT now(),
  treatment     text NOT NULL DEFAULT 'open',
  treated_by    text,
  treated_at    timestamptz(3),
  reason        text,
  muted_until   timestamptz(3),
  -- Events that are numbered so or lower were received before the cause was resolved: their failures do not open it again.
  resolved_seq  bigint,
  note          text,
  link          text,
  CONSTRAINT failure_cause_treatment CHECK (treatment IN ('open', 'acknowledged', 'muted', 'resolved')),
  CONSTRAINT failure_cause_treatment_is_named CHECK (treatment = 'open' OR (treated_by IS NOT NULL AND treated_at IS NOT NULL AND reason IS NOT NULL)),
  CONSTRAINT failure_cause_mute_ends CHECK ((treatment = 'muted') = (muted_until IS NOT NULL)),
  CONSTRAINT failure_cause_resolution_has_watermark CHECK ((treatment = 'resolved') = (resolved_seq IS NOT NULL))
);
CREATE INDEX failure_cause_code_idx ON failure_cause (code);
CREATE TRIGGER failure_cause_is_kept BEFORE DELETE OR UPDATE OF id ON failure_cause FOR EACH ROW EXECUTE FUNCTION refuse_removal();

ALTER TABLE inbox_event ADD COLUMN cause_id text COLLATE "C";
-- Only what fails or has failed and is open: small beside the table.
CREATE INDEX inbox_event_cause_idx ON inbox_event (cause_id, seq) WHERE cause_id IS NOT NULL AND state IN ('accepted', 'parked', 'dead');

-- What failed before this migration is known by its code alone.
WITH failed AS (
  SELECT seq, coalesce(CASE WHEN error_code = 'EFFECT_REFUSED' THEN substring(error_detail from ' was refused \(([A-Z0-9_]+)\)') END, error_code) AS code
  FROM inbox_event WHERE state <> 'processed' AND state IN ('parked', 'dead') AND error_code IS NOT NULL
), caused AS (
  SELECT seq, code, left(encode(sha256(convert_to('[null,null,null,"' || code || '",null]', 'UTF8')), 'hex'), 12) AS id FROM failed
), causes AS (
  INSERT INTO failure_cause (id, code) SELECT DISTINCT id, code FROM caused
)
UPDATE inbox_event AS i SET cause_id = caused.id FROM caused WHERE i.seq = caused.seq;
