/**
 * Fills an empty database with the data of years of service: ten million events, two million onboardings with their
 * effects and ledgers, all invented. SQL inside Postgres creates the rows and then builds the indexes; this takes some minutes.
 *
 *   DATABASE_URL=postgres://… node bench/seed-scale.ts [--events 10000000] [--onboardings 2000000]
 *
 * The user must be a superuser, because the load runs without triggers and foreign keys; the keys are checked when they are restored.
 * Every chain of the ledger is valid, so `gatehouse ledger verify` must find no fault. Ids are md5 of a word and a number,
 * so a measurement can name any of them: `md5('identity' || n)::uuid`, `md5('event' || seq)::uuid`, ref_id `customer-000000001`.
 */
import { parseArgs } from 'node:util'
import pg from 'pg'
import { createLogger } from '../src/platform/logger.ts'
import { migrate } from '../src/platform/postgres/migrate.ts'

export interface SeedOptions {
  connectionString: string
  events: number
  onboardings: number
  log: (line: string) => void
}

const TABLES = ['inbox_event', 'onboarding', 'effect', 'ledger_entry']
/** The rows are spread over this many days before now. */
const DAYS = 400
const PEOPLE_PER_STATEMENT = 100_000
const EVENTS_PER_STATEMENT = 1_000_000
/**
 * How full the leaves of an index are after inserts in random order, in percent. A fresh index is fuller and would split at nearly
 * every insert, unlike an index in service.
 */
const RANDOM_FILL = 70

/** The hash of each link, as src/platform/hash-chain.ts makes it. The data is canonical JSON already. */
const CHAIN_FUNCTION = `
CREATE FUNCTION pg_temp.chain(identity uuid, ats timestamptz[], kinds text[], actors text[], datas text[]) RETURNS bytea[] LANGUAGE plpgsql AS $$
DECLARE
  hashes bytea[] := '{}';
  hash bytea := decode(repeat('00', 32), 'hex');
BEGIN
  FOR i IN 1..cardinality(kinds) LOOP
    hash := sha256(hash || convert_to(format('["%s",%s,"%s","%s","%s",%s]', identity, i,
      to_char(ats[i] AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), kinds[i], actors[i], datas[i]), 'UTF8'));
    hashes := hashes || hash;
  END LOOP;
  RETURN hashes;
END $$`

/** $1 and $2: first and last number; $3: the total. Of 10,000, about 8,800 are ready; the last 300 are in progress. */
const PEOPLE = `
WITH person AS (
  SELECT n, md5('identity' || n)::uuid AS id, 'customer-' || lpad(n::text, 9, '0') AS ref, md5('account' || n)::uuid AS account,
    md5('profile' || n)::uuid AS profile, 'event:' || md5('event' || n)::uuid AS event,
    date_trunc('milliseconds', now() - make_interval(secs => ($3 - n) * (86400.0 * ${DAYS} / $3) + 3600)) AS at,
    CASE WHEN n > $3 - 300 THEN 'approved' WHEN n % 10000 = 5 THEN 'held' WHEN n % 50 = 1 THEN 'pending'
      WHEN n % 50 = 2 THEN 'documents_required' WHEN n % 50 IN (3, 4, 6) THEN 'denied' WHEN n % 50 = 7 THEN 'disabled' ELSE 'ready' END AS state
  FROM generate_series($1::int, $2::int) AS n
), told AS (
  SELECT *, CASE WHEN state IN ('pending', 'held') THEN NULL WHEN state = 'approved' THEN 'ready' ELSE state END AS notice,
    state IN ('approved', 'ready') AS has_account, at + interval '1 hour' AS later,
    CASE state WHEN 'pending' THEN NULL WHEN 'documents_required' THEN 'PENDING' WHEN 'denied' THEN 'DENIED' WHEN 'disabled' THEN 'DISABLED'
      WHEN 'held' THEN 'ERROR' ELSE 'APPROVED' END AS status
  FROM person
), story AS MATERIALIZED (
  SELECT told.*, step.*, pg_temp.chain(id, ats, kinds, actors, datas) AS hashes
  FROM told, LATERAL (
    SELECT array_agg(CASE WHEN no = 1 THEN at ELSE later END ORDER BY no) AS ats, array_agg(kind ORDER BY no) AS kinds,
      array_agg(CASE WHEN no = 1 THEN 'api' ELSE event END ORDER BY no) AS actors, array_agg(data ORDER BY no) AS datas
    FROM (VALUES
      (1, true, 'onboarding.created', format('{"refId":"%s"}', ref)),
      (2, state = 'held', 'state.held', '{"from":"pending","reason":"status-unknown","status":"ERROR"}'),
      (2, state = 'documents_required', 'documents.required', '{"documents":["PROOF_OF_FUNDS"],"from":"pending"}'),
      (2, state IN ('denied', 'disabled'), 'state.moved', format('{"from":"pending","status":"%s","to":"%s"}', status, state)),
      (2, has_account, 'state.moved', '{"from":"pending","status":"APPROVED","to":"approved"}'),
      (3, has_account, 'effect.intended', format('{"key":"gatehouse-account-%s","step":"account"}', id)),
      (4, has_account, 'effect.done',
        format('{"accountId":"%s","how":"created","key":"gatehouse-account-%s","profileId":"%s","step":"account"}', account, id, profile)),
      (5, notice IS NOT NULL, 'effect.intended', format('{"key":"notice_%s_1_%s","step":"notice:%s:1"}', notice, id, notice)),
      (6, notice IS NOT NULL AND state <> 'approved', 'effect.done',
        format('{"channel":"webhook","key":"notice_%s_1_%s","status":204,"step":"notice:%s:1"}', notice, id, notice)),
      (7, state = 'ready', 'state.moved', '{"from":"approved","status":"APPROVED","to":"ready"}')
    ) AS line (no, told, kind, data)
    WHERE line.told
  ) AS step
), entries AS (
  INSERT INTO ledger_entry (stream_id, entry_no, at, kind, actor, data, prev_hash, hash)
  SELECT id, no, entry.at, kind, actor, data::jsonb, coalesce(hashes[no - 1], decode(repeat('00', 32), 'hex')), hash
  FROM story, unnest(ats, kinds, actors, datas, hashes) WITH ORDINALITY AS entry (at, kind, actor, data, hash, no)
), accounts AS (
  INSERT INTO effect (stream_id, step, kind, name, number, key, state, attempts, receipt, intended_at, completed_at)
  SELECT id, 'account', 'create-account', NULL, 1, 'gatehouse-account-' || id, 'done', 1,
    jsonb_build_object('kind', 'account', 'accountId', account, 'profileId', profile, 'how', 'created'), later, later
  FROM story WHERE has_account
), notices AS (
  INSERT INTO effect (stream_id, step, kind, name, number, key, state, attempts, receipt, intended_at, completed_at)
  SELECT id, 'notice:' || notice || ':1', 'send-notification', notice, 1, 'notice_' || notice || '_1_' || id, CASE WHEN open THEN 'intended' ELSE 'done' END,
    CASE WHEN open THEN 0 ELSE 1 END, CASE WHEN NOT open THEN '{"kind": "notice", "channel": "webhook", "status": 204}'::jsonb END,
    later, CASE WHEN NOT open THEN later END
  FROM (SELECT *, state = 'approved' AS open FROM story WHERE notice IS NOT NULL) AS told
)
INSERT INTO onboarding (identity_id, ref_id, origin, state, held_from, held_reason, identity_status, required_documents, account_id, profile_id,
  version, entry_count, head_hash, created_at, updated_at, approved_at, ready_at)
SELECT id, ref, 'created', state, CASE WHEN state = 'held' THEN 'pending' END, CASE WHEN state = 'held' THEN 'status-unknown' END, status,
  CASE WHEN state = 'documents_required' THEN '{PROOF_OF_FUNDS}'::text[] ELSE '{}' END, CASE WHEN has_account THEN account END,
  CASE WHEN has_account THEN profile END, CASE WHEN state = 'pending' THEN 1 WHEN state = 'ready' THEN 4 ELSE 2 END, cardinality(hashes),
  hashes[cardinality(hashes)], at, CASE WHEN state = 'pending' THEN at ELSE later END, CASE WHEN has_account THEN later END,
  CASE WHEN state = 'ready' THEN later END
FROM story`

/**
 * $1 and $2: first and last seq; $3: events, $4: onboardings. Of five events one decides an onboarding, three belong to its past and one
 * moves none (a transfer). 2,500 are unfinished, one of 5,000 is parked, one of 50,000 dead, one of 1,000 a test, one of 100 came twice.
 */
const EVENTS = `
INSERT INTO inbox_event (seq, event_id, type, occurred_at, is_test, origin, body_sha256, received_at, delivery_count, trust, state, outcome,
  identity_id, attempts, due_at, error_code, error_detail, completed_at)
SELECT seq, md5('event' || seq)::uuid, type, at - interval '2 seconds', state = 'test', CASE WHEN seq % 100 = 11 THEN 'sweep' ELSE 'webhook' END,
  CASE WHEN seq % 100 <> 11 THEN sha256(int8send(seq)) END, at, CASE seq % 100 WHEN 11 THEN 0 WHEN 7 THEN 2 ELSE 1 END,
  CASE WHEN state IN ('accepted', 'test') THEN 'hint' ELSE 'confirmed' END, state,
  CASE WHEN state = 'processed' THEN CASE WHEN type = 'identity.approved' THEN 'moved:ready' ELSE 'kept:moves-no-onboarding' END END,
  CASE WHEN seq % 5 <> 4 AND state NOT IN ('accepted', 'test') THEN md5('identity' || identity)::uuid END,
  CASE state WHEN 'parked' THEN 1 WHEN 'dead' THEN 12 ELSE 0 END, at + interval '15 seconds',
  CASE state WHEN 'parked' THEN 'NOTICE_REFUSED' WHEN 'dead' THEN 'PAXOS_UNAVAILABLE' END,
  CASE WHEN state IN ('parked', 'dead') THEN 'an invented failure' END, CASE WHEN state NOT IN ('accepted', 'test') THEN at + interval '1 second' END
FROM (
  SELECT seq, date_trunc('milliseconds', now() - make_interval(secs => ($3 - seq) * (86400.0 * ${DAYS} / $3) + 3600)) AS at,
    greatest(1, ceil(seq * ($4::float8 / $3))::int - (seq % 5)::int * 1000) AS identity,
    CASE WHEN seq % 1000000 = 77 THEN 'identity.rare' WHEN seq % 5 = 4 THEN 'transfer.completed' WHEN seq % 5 = 1 THEN 'identity.documents_required'
      WHEN seq % 5 = 2 THEN 'identity.kyc_refresh' WHEN seq % 125 = 3 THEN 'identity.disabled' WHEN seq % 25 = 3 THEN 'identity.denied'
      ELSE 'identity.approved' END AS type,
    CASE WHEN seq > $3 - 2400 OR seq % ($3 / 100) = 19 THEN 'accepted' WHEN seq % 5000 = 17 THEN 'parked' WHEN seq % 50000 = 29 THEN 'dead'
      WHEN seq % 1000 = 3 THEN 'test' ELSE 'processed' END AS state
  FROM generate_series($1::bigint, $2::bigint) AS seq
) AS numbered`

/** @throws unless the database is empty */
export async function seedScale({ connectionString, events, onboardings, log }: SeedOptions): Promise<void> {
  await migrate({ connectionString, log: createLogger({ level: 'warn' }) })
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    const { rows } = await client.query('SELECT 1 FROM inbox_event UNION ALL SELECT 1 FROM onboarding LIMIT 1')
    if (rows.length > 0) throw new Error('this database holds data already; name an empty one')
    await client.query(`SET session_replication_role = replica; SET synchronous_commit = off; SET maintenance_work_mem = '512MB'`)
    await client.query(CHAIN_FUNCTION)
    const rebuild = await dropKeysAndIndexes(client)
    for (const [first, last] of ranges(onboardings, PEOPLE_PER_STATEMENT)) {
      await client.query(PEOPLE, [first, last, onboardings])
      log(`${last} onboardings`)
    }
    for (const [first, last] of ranges(events, EVENTS_PER_STATEMENT)) {
      await client.query(EVENTS, [first, last, events, onboardings])
      log(`${last} events`)
    }
    await client.query(`SELECT setval('inbox_event_seq_seq', $1)`, [events])
    await client.query(
      `UPDATE inbox_total SET (up_to_seq, events, duplicates) = (SELECT max(seq), count(*), sum(greatest(delivery_count - 1, 0)) FROM inbox_event)`,
    )
    for (const statement of rebuild) {
      log(statement.slice(0, 120))
      await client.query(statement)
    }
    for (const table of TABLES) {
      log(`vacuum ${table}`)
      await client.query(`VACUUM (ANALYZE, FREEZE) ${table}`)
    }
    await client.query('CHECKPOINT')
  } finally {
    await client.end()
  }
}

function* ranges(count: number, size: number): Generator<[first: number, last: number]> {
  for (let first = 1; first <= count; first += size) yield [first, Math.min(count, first + size - 1)]
}

/** Drops every key and index of the four tables, and returns what restores them, foreign keys last. */
async function dropKeysAndIndexes(client: pg.Client): Promise<string[]> {
  const { rows: keys } = await client.query<{ table: string; name: string; definition: string; type: 'p' | 'f' }>(
    `SELECT conrelid::regclass::text AS table, conname AS name, pg_get_constraintdef(oid) AS definition, contype AS type
     FROM pg_constraint WHERE conrelid = ANY ($1::regclass[]) AND contype IN ('p', 'f') ORDER BY contype`,
    [TABLES],
  )
  const { rows: indexes } = await client.query<{ name: string; definition: string }>(
    `SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
     FROM pg_index WHERE indrelid = ANY ($1::regclass[]) AND NOT indisprimary`,
    [TABLES],
  )
  for (const { table, name } of keys) await client.query(`ALTER TABLE ${table} DROP CONSTRAINT ${name}`)
  for (const { name } of indexes) await client.query(`DROP INDEX ${name}`)
  const add = ({ table, name, definition }: { table: string; name: string; definition: string }): string =>
    `ALTER TABLE ${table} ADD CONSTRAINT ${name} ${definition}`
  const loose = `WITH (fillfactor = ${RANDOM_FILL})`
  return [
    ...keys
      .filter(({ type }) => type === 'p')
      .flatMap((key) =>
        key.definition.startsWith('PRIMARY KEY (seq') ? [add(key)] : [`${add(key)} ${loose}`, `ALTER INDEX ${key.name} RESET (fillfactor)`],
      ),
    ...indexes.flatMap(({ name, definition }) => {
      const [head, predicate] = definition.split(' WHERE ')
      return [`${head} ${loose}${predicate ? ` WHERE ${predicate}` : ''}`, `ALTER INDEX ${name} RESET (fillfactor)`]
    }),
    ...keys.filter(({ type }) => type === 'f').map(add),
  ]
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { events: { type: 'string', default: '10000000' }, onboardings: { type: 'string', default: '2000000' } },
  })
  const connectionString = process.env.DATABASE_URL
  if (!connectionString) throw new Error('set DATABASE_URL to an empty database whose user is a superuser')
  const started = performance.now()
  const log = (line: string): void => console.log(`${((performance.now() - started) / 1_000).toFixed(0).padStart(5)} s  ${line}`)
  await seedScale({ connectionString, events: Number(values.events), onboardings: Number(values.onboardings), log })
  log('done')
}
