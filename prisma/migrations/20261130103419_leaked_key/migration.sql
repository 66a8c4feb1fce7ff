-- An operator says that a webhook key leaked: the key is demoted, and stays so until an operator promotes it.
ALTER TABLE webhook_key ADD COLUMN leaked_by text, ADD COLUMN leak_reason text;
ALTER TABLE webhook_key ADD CONSTRAINT webhook_key_leak_is_named_and_reasoned CHECK (num_nulls(leaked_by, leak_reason) <> 1);
ALTER TABLE webhook_key ADD CONSTRAINT webhook_key_leaked_is_demoted CHECK (leaked_by IS NULL OR demoted_at IS NOT NULL);
