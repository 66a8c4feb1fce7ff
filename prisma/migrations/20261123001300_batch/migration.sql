-- Events that were committed together go onto the queue as one job: what the queue costs, it costs once for all of them. The row says which job
-- that is, so that whoever adds it again adds the same; null: a job of its own. What is opened again has always one of its own.
-- Nothing is rewritten, and nothing read: rows from before have null.
ALTER TABLE inbox_event ADD COLUMN batch bigint;
ALTER TABLE inbox_event ADD CONSTRAINT inbox_event_reopened_is_alone CHECK (batch IS NULL OR generation = 0) NOT VALID;
