-- One key per effect in the world, without an index that says so: a key is made of its identity and step, which are unique together, and of nothing
-- else. That is checked on each row; the index was two more pages in random places for each onboarding, and 355 MB beside two million onboardings.
-- Effects are read once for it, a second or so for each million, in which no onboarding moves.
ALTER TABLE effect ADD CONSTRAINT effect_key_is_of_identity_and_step CHECK ((key = CASE
  WHEN kind = 'account' AND step = 'account' THEN 'gatehouse-account-' || identity_id
  WHEN kind = 'notice' AND step LIKE 'notice:%' THEN replace(step, ':', '_') || '_' || identity_id
END) IS TRUE);
DROP INDEX effect_key_key;
