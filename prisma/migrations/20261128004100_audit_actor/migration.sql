-- People apart from programs in the audit. Null: written before this column; such an entry keeps its hash, which does not cover the kind.
ALTER TABLE audit_entry ADD COLUMN actor_kind text CHECK (actor_kind IN ('operator', 'api', 'machine'));
-- What programs do (one entry for each onboarding) must not stand between a reader and what people did.
CREATE INDEX audit_entry_people_idx ON audit_entry (entry_no) WHERE actor_kind IS DISTINCT FROM 'api';
-- Who paused the queue is asked at every look at home.
CREATE INDEX audit_entry_queue_idx ON audit_entry (entry_no) WHERE action IN ('queue.pause', 'queue.resume');
