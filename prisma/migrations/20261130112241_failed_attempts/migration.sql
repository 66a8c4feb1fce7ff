-- A dossier reads the failed attempts of a window. Few attempts fail, so the index is small, and successful attempts do not touch it.
CREATE INDEX effect_attempt_failed_idx ON effect_attempt (at) WHERE code IS NOT NULL;
