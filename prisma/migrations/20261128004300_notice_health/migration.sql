-- Whether the customer's application takes notifications: one row for all workers. `failing_since` is set by the first failure after a success
-- and cleared by the next success, so an outage of the application shows from its first refusal on.
CREATE TABLE notice_health (
  id            smallint PRIMARY KEY DEFAULT 1,
  failing_since timestamptz(3),
  failures      integer NOT NULL DEFAULT 0,
  last_code     text,
  last_status   integer,
  last_taken_at timestamptz(3),
  CONSTRAINT notice_health_is_one CHECK (id = 1),
  CONSTRAINT notice_health_names_its_failure CHECK ((failing_since IS NULL) = (last_code IS NULL))
) WITH (fillfactor = 10);
INSERT INTO notice_health DEFAULT VALUES;
