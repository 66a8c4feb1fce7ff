-- One worker sweeps at a time. It holds the row for a while and renews it, so that no session has to hold a lock: behind PgBouncer
-- in transaction mode a session belongs to nobody.
CREATE TABLE sweep_claim (
  id         smallint PRIMARY KEY DEFAULT 1,
  holder     uuid,
  held_until timestamptz(3) NOT NULL DEFAULT '-infinity',
  CONSTRAINT sweep_claim_is_one_row CHECK (id = 1)
);
INSERT INTO sweep_claim DEFAULT VALUES;
