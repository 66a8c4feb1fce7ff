-- The canary: a job without work that goes through the queue every few seconds. Here is its trace, one row for all machines: whoever
-- moves `sent_at` puts the next one on the queue; `waiting_since` is set while none that was put there has been taken.
CREATE TABLE canary (
  id            smallint PRIMARY KEY DEFAULT 1,
  sent_at       timestamptz(3) NOT NULL DEFAULT now(),
  waiting_since timestamptz(3),
  seen_at       timestamptz(3),
  seen_by       text,
  CONSTRAINT canary_is_one CHECK (id = 1),
  CONSTRAINT canary_was_seen_by_somebody CHECK ((seen_at IS NULL) = (seen_by IS NULL))
) WITH (fillfactor = 10);
INSERT INTO canary DEFAULT VALUES;
