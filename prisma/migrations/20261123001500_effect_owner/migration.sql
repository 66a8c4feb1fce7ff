-- An effect belongs to an onboarding: seen once for each statement, as for the ledger's entries, and no longer by a query and a row lock for each
-- effect, a tenth of what Postgres did for an onboarding (docs/performance.md). Onboardings are never removed, so whoever saw one needs no
-- lock on it. A scalar query, for the reason that the ledger's has one.
ALTER TABLE effect DROP CONSTRAINT effect_identity_id_fkey;

CREATE FUNCTION refuse_loose_effect() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE loose record;
BEGIN
  SELECT a.identity_id, a.step INTO loose FROM added AS a
  WHERE (SELECT o.identity_id FROM onboarding AS o WHERE o.identity_id = a.identity_id) IS NULL
  LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'effect % of identity % belongs to no onboarding', loose.step, loose.identity_id USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER effect_has_onboarding AFTER INSERT ON effect REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION refuse_loose_effect();

-- What the foreign key also kept, and more: an effect stays, with its onboarding and under its step. Without it an account would be asked for again.
CREATE TRIGGER effect_is_kept BEFORE DELETE OR UPDATE OF identity_id, step ON effect FOR EACH ROW EXECUTE FUNCTION refuse_removal();
CREATE TRIGGER effect_is_not_truncated BEFORE TRUNCATE ON effect FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal();

-- A receipt is looked after where there is one.
DROP TRIGGER effect_receipt_is_final ON effect;
CREATE TRIGGER effect_receipt_is_final BEFORE UPDATE ON effect FOR EACH ROW WHEN (OLD.state = 'done') EXECUTE FUNCTION refuse_receipt_change();
