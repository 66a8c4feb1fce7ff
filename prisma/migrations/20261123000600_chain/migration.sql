-- The ledger's chain, checked once for each statement and no longer row by row: two foreign keys with a query and a row lock for each
-- entry were a fifth of what Postgres did for an onboarding (docs/performance.md). What is refused is the same, and more: an entry must
-- also carry the hash of the one that it follows.

-- ── entry n follows entry n-1, and the first one follows an onboarding ────────────────────────────────────────────────
-- Entries are insert-only and onboardings are never removed, so whoever saw the one before needs no lock on it. Scalar queries, since they
-- can only be answered by the key: for NOT EXISTS a plan made while the tables were empty reads them from end to end, for ever.
ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_identity_id_fkey, DROP CONSTRAINT ledger_entry_identity_id_prev_no_fkey;
ALTER TABLE ledger_entry DROP COLUMN prev_no;

CREATE FUNCTION refuse_loose_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE loose record;
BEGIN
  SELECT a.identity_id, a.entry_no INTO loose FROM added AS a
  WHERE CASE a.entry_no WHEN 1
    THEN (SELECT o.identity_id FROM onboarding AS o WHERE o.identity_id = a.identity_id) IS NULL OR a.prev_hash <> decode(repeat('00', 32), 'hex')
    ELSE (SELECT e.hash FROM ledger_entry AS e WHERE e.identity_id = a.identity_id AND e.entry_no = a.entry_no - 1) IS DISTINCT FROM a.prev_hash
  END
  LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'entry % of identity % does not follow the one before it', loose.entry_no, loose.identity_id USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_entry_follows AFTER INSERT ON ledger_entry REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION refuse_loose_entry();

-- What those foreign keys also kept: an onboarding stays, under its name.
CREATE FUNCTION refuse_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is kept for ever: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER onboarding_is_kept BEFORE DELETE OR UPDATE OF identity_id ON onboarding FOR EACH ROW EXECUTE FUNCTION refuse_removal();
CREATE TRIGGER onboarding_is_not_truncated BEFORE TRUNCATE ON onboarding FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal();

-- ── what is not known yet needs no place in an index ──────────────────────────────────────────────────────────────────
DROP INDEX onboarding_ref_id_key, onboarding_account_id_key, onboarding_profile_id_key;
CREATE UNIQUE INDEX onboarding_ref_id_key ON onboarding (ref_id) WHERE ref_id IS NOT NULL;
CREATE UNIQUE INDEX onboarding_account_id_key ON onboarding (account_id) WHERE account_id IS NOT NULL;
CREATE UNIQUE INDEX onboarding_profile_id_key ON onboarding (profile_id) WHERE profile_id IS NOT NULL;
