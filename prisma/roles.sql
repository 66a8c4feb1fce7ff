-- The database roles of `gatehouse migrate --roles`. The owner of the schema runs this file after the migrations. It is safe to repeat.
-- Each role of Gatehouse logs in with its own database role, which has only the rights that its work needs. It owns nothing, so it can neither drop a table
-- nor disable a trigger. An administrator sets each password.
DO $$
DECLARE
  name text;
  setting text[];
  queue text;
BEGIN
  -- BullMQ makes a sequence with the first job of each queue. Made here, so that no role needs the right to create anything in a schema that all share.
  IF EXISTS (SELECT FROM pg_namespace WHERE nspname = 'bullmq') THEN
    FOREACH queue IN ARRAY ARRAY['gatehouse-events', 'gatehouse-sweep'] LOOP
      EXECUTE format('CREATE SEQUENCE IF NOT EXISTS bullmq.%I', 'bullmq_jid_' || md5(queue));
    END LOOP;
  END IF;
  FOREACH name IN ARRAY ARRAY['gatehouse_receiver', 'gatehouse_worker', 'gatehouse_operator'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
      EXECUTE format('CREATE ROLE %I LOGIN', name);
    END IF;
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA public FROM %I', name);
    EXECUTE format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM %I', name);
    EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', name);
    -- What a session of ours is, also behind PgBouncer, where a client cannot say it.
    FOREACH setting SLICE 1 IN ARRAY ARRAY[
      ['TimeZone', 'UTC'], ['DateStyle', 'ISO, MDY'], ['IntervalStyle', 'postgres'], ['bytea_output', 'hex'], ['array_nulls', 'on'],
      ['standard_conforming_strings', 'on'], ['default_transaction_isolation', 'read committed'], ['search_path', 'public'],
      ['synchronous_commit', 'on'], ['statement_timeout', '15s'], ['idle_in_transaction_session_timeout', '30s']
    ] LOOP
      EXECUTE format('ALTER ROLE %I IN DATABASE %I SET %s = %s', name, current_database(), setting[1],
        CASE WHEN setting[1] IN ('DateStyle', 'search_path') THEN setting[2] ELSE quote_literal(setting[2]) END);
    END LOOP;
    -- A queue in Postgres is BullMQ's own schema.
    IF EXISTS (SELECT FROM pg_namespace WHERE nspname = 'bullmq') THEN
      EXECUTE format('GRANT USAGE ON SCHEMA bullmq TO %I', name);
      EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA bullmq TO %I', name);
      EXECUTE format('GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA bullmq TO %I', name);
    END IF;
  END LOOP;
  EXECUTE format('ALTER ROLE gatehouse_receiver IN DATABASE %I SET statement_timeout = %L', current_database(), '2s');
END
$$;

-- Every role enrolls in the roster, and checks that the schema is as new as its code.
GRANT SELECT, INSERT, UPDATE, DELETE ON role_process TO gatehouse_receiver, gatehouse_worker, gatehouse_operator;
GRANT SELECT ON installation, _prisma_migrations TO gatehouse_receiver, gatehouse_worker, gatehouse_operator;

-- The receiver stores deliveries, counts repeated ones, and reopens events that were parked as unknown. It reads no customer data.
GRANT SELECT, INSERT ON inbox_event TO gatehouse_receiver;
GRANT UPDATE (delivery_count, body_sha256, is_test, state, generation, attempts, due_at, completed_at) ON inbox_event TO gatehouse_receiver;
GRANT USAGE, SELECT, UPDATE ON SEQUENCE inbox_event_seq_seq TO gatehouse_receiver;
-- It keeps samples of deliveries and deletes old ones.
GRANT SELECT, INSERT, DELETE ON delivery_sample TO gatehouse_receiver;
-- It says which keys it accepts and when each was last used. Whether one is demoted is not its to say.
GRANT SELECT, INSERT (slot, accepted_at, last_used_at) ON webhook_key TO gatehouse_receiver;
GRANT UPDATE (accepted_at, last_used_at) ON webhook_key TO gatehouse_receiver;

-- Worker and operator work on all tables and delete almost nothing. Triggers make tables insert-only, and only the owner could disable them.
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO gatehouse_worker, gatehouse_operator;
GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO gatehouse_worker, gatehouse_operator;
REVOKE INSERT, UPDATE ON _prisma_migrations, installation FROM gatehouse_worker, gatehouse_operator;
-- No role changes records of the past, which are written once. This holds besides their triggers.
REVOKE UPDATE ON ledger_entry, audit_entry, effect_attempt, sweep_window, command FROM gatehouse_worker, gatehouse_operator;
-- An erasure replaces the hashes of the person's data, which are of use for guesses.
GRANT UPDATE (input_hash, field_hashes) ON command TO gatehouse_worker, gatehouse_operator;
-- Personal data is sealed while a command needs it, and deleted when the command is done.
GRANT DELETE ON sealed_payload, vault_key TO gatehouse_worker, gatehouse_operator;
-- Only the operator role reads operators, their tokens and their sessions.
REVOKE ALL ON operator, operator_token, operator_session FROM gatehouse_worker;
GRANT DELETE ON operator_session TO gatehouse_operator;
-- The operator role deletes quotes that expired an hour ago.
GRANT DELETE ON held_quote TO gatehouse_operator;
