-- Failures that left an outcome unknown are counted apart from attempts: an outage of writes alone spends none (src/queue/retry-policy.ts).
-- The default is a constant, so nothing is rewritten.
ALTER TABLE inbox_event ADD COLUMN unknown_outcomes integer NOT NULL DEFAULT 0 CHECK (unknown_outcomes >= 0);
