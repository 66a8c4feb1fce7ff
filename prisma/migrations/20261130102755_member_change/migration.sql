-- Changes of an institution's members: streams of their own. They hold ids, roles and shares, and no name.

CREATE TABLE member_change (
  change_id    text COLLATE "C" PRIMARY KEY,
  identity_id  text COLLATE "C" NOT NULL,
  action       text NOT NULL,
  members      jsonb NOT NULL,
  member_id    text COLLATE "C",
  state        text NOT NULL,
  reason       text,
  requested_at timestamptz(3) NOT NULL,
  version      integer NOT NULL,
  entry_count  integer NOT NULL,
  head_hash    bytea NOT NULL,
  created_at   timestamptz(3) NOT NULL DEFAULT now(),
  updated_at   timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT member_change_id_is_ours CHECK (change_id ~ '^members-[0-9a-f]{32}$'),
  CONSTRAINT member_change_state_is_known CHECK (state IN ('submitting', 'unknown', 'done', 'rejected', 'held')),
  CONSTRAINT member_change_is_of_its_action CHECK (
    (action = 'add' AND member_id IS NULL AND jsonb_array_length(members) > 0)
    OR (action = 'remove' AND member_id IS NOT NULL AND jsonb_array_length(members) = 0)
  ),
  CONSTRAINT member_change_held_says_why CHECK (state <> 'held' OR reason IS NOT NULL)
) WITH (fillfactor = 80);
-- The changes of one institution run one after the other.
CREATE INDEX member_change_identity_idx ON member_change (identity_id, requested_at, change_id);
CREATE INDEX member_change_waiting_idx ON member_change (updated_at) WHERE state IN ('submitting', 'unknown');
CREATE TRIGGER member_change_is_kept BEFORE DELETE OR UPDATE OF change_id ON member_change FOR EACH ROW EXECUTE FUNCTION refuse_removal();

SELECT guard_streams();
