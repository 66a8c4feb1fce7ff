-- The two guards "what belongs to a stream belongs to one that exists" list every table of streams. Each new stream used to rewrite both functions.
-- Now one function makes both from the catalog: a stream's table is one with a head of a chain (head_hash), and its id is its primary key. The
-- migration of a new stream ends with: SELECT guard_streams();
--
-- Both guards run once for each statement, with scalar queries that only the key can answer: for NOT EXISTS, a plan made while the tables were
-- empty reads the tables from end to end, and stays.
CREATE FUNCTION guard_streams() RETURNS void LANGUAGE plpgsql AS $guard$
DECLARE
  streams text;
BEGIN
  SELECT string_agg(format('(SELECT o.%1$I FROM %2$I AS o WHERE o.%1$I = a.stream_id)', id, name), E',\n      ' ORDER BY name <> 'onboarding', name)
  INTO STRICT streams
  FROM (
    SELECT t.relname AS name, k.attname AS id
    FROM pg_class AS t
    JOIN pg_attribute AS h ON h.attrelid = t.oid AND h.attname = 'head_hash' AND NOT h.attisdropped
    JOIN pg_index AS i ON i.indrelid = t.oid AND i.indisprimary
    JOIN pg_attribute AS k ON k.attrelid = t.oid AND k.attnum = i.indkey[0]
    WHERE t.relkind = 'r' AND pg_table_is_visible(t.oid)
  ) AS stream;

  EXECUTE replace($effect$
CREATE OR REPLACE FUNCTION refuse_loose_effect() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE loose record;
BEGIN
  SELECT a.stream_id, a.step INTO loose FROM added AS a
  WHERE coalesce(
      {streams}
  ) IS NULL
  LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'effect % of stream % belongs to no stream', loose.step, loose.stream_id USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NULL;
END $$
$effect$, '{streams}', streams);

  EXECUTE replace($entry$
CREATE OR REPLACE FUNCTION refuse_loose_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE loose record;
BEGIN
  SELECT a.stream_id, a.entry_no INTO loose FROM added AS a
  WHERE CASE a.entry_no WHEN 1
    THEN coalesce(
      {streams}
    ) IS NULL OR a.prev_hash <> decode(repeat('00', 32), 'hex')
    ELSE (SELECT e.hash FROM ledger_entry AS e WHERE e.stream_id = a.stream_id AND e.entry_no = a.entry_no - 1) IS DISTINCT FROM a.prev_hash
  END
  LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'entry % of stream % does not follow the one before it', loose.entry_no, loose.stream_id USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NULL;
END $$
$entry$, '{streams}', streams);
END $guard$;
REVOKE ALL ON FUNCTION guard_streams() FROM PUBLIC;

SELECT guard_streams();
