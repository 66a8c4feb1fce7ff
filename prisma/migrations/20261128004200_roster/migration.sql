-- Which installation this database is. Its queue in Redis carries the number, so that two installations with one Redis keep apart.
CREATE TABLE installation (
  id     smallint PRIMARY KEY DEFAULT 1,
  number uuid NOT NULL DEFAULT gen_random_uuid(),
  CONSTRAINT installation_is_one CHECK (id = 1)
);
INSERT INTO installation DEFAULT VALUES;

-- The processes that run on this database, and the queue and the Paxos that each of them uses; addresses only, never a password.
-- A process writes its row at its start and renews it every five seconds; a row that is older than that by much is of a process that died.
CREATE TABLE role_process (
  id           uuid PRIMARY KEY,
  role         text NOT NULL CHECK (role IN ('start', 'receiver', 'worker', 'operator')),
  host         text NOT NULL,
  pid          integer NOT NULL,
  url          text,
  queue        text NOT NULL,
  upstream     text,
  simulated    boolean NOT NULL,
  started_at   timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  heartbeat_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT role_process_receiver_sees_no_paxos CHECK (role <> 'receiver' OR upstream IS NULL)
) WITH (fillfactor = 50);
