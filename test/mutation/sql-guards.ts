/** A guard in SQL, which Stryker does not mutate: a fragment, its broken form, and the test file that must notice. */
export interface SqlGuard {
  file: string
  /** As it stands in the file, once. */
  fragment: string
  broken: string
  tests: string
}

const group =
  (file: string, tests: string) =>
  (fragment: string, broken: string): SqlGuard => ({ file, fragment, broken, tests })

const accepting = group('src/inbox/insert-events.ts', 'test/inbox/accept-events.test.ts')
const reopening = group('src/inbox/insert-events.ts', 'test/reconcile/sweep-events.test.ts')
const proving = group('src/inbox/prove-events.ts', 'test/inbox/backlog.test.ts')
const waiting = group('src/inbox/waiting-events.ts', 'test/inbox/backlog.test.ts')
const completing = group('src/inbox/complete-events.ts', 'test/inbox/inbox.test.ts')
const committing = group('src/ledger/ledger-sql.ts', 'test/ledger/ledger.test.ts')
const matching = group('src/inbox/match-events.ts', 'test/replay/replay.test.ts')
const running = group('src/replay/run-replay.ts', 'test/replay/run-replay.test.ts')
const planning = group('src/replay/preview-items.ts', 'test/replay/plan-replay.test.ts')
const rebuilding = group('src/inbox/make-due.ts', 'test/replay/replay.test.ts')
const SCHEMA = 'prisma/migrations/20261122000000_foundation/migration.sql'
const schema = group(SCHEMA, 'test/ledger/ledger.test.ts')
const chain = group('prisma/migrations/20261123000600_chain/migration.sql', 'test/ledger/ledger.test.ts')
const batches = group('prisma/migrations/20261123001300_batch/migration.sql', 'test/inbox/inbox.test.ts')
const owners = group('prisma/migrations/20261123001500_effect_owner/migration.sql', 'test/ledger/ledger.test.ts')
const streams = group('prisma/migrations/20261128000100_streams/migration.sql', 'test/ledger/ledger.test.ts')
const loose = group('prisma/migrations/20261129065440_guard_streams/migration.sql', 'test/ledger/ledger.test.ts')
const requests = group(
  'prisma/migrations/20261128200200_identity_request/migration.sql',
  'test/operate/onboarding/create-onboarding.test.ts',
)
const replayPlans = group('prisma/migrations/20261128003000_replay_jobs/migration.sql', 'test/replay/replay.test.ts')
const spending = group('src/paxos/transport/budget-store.ts', 'test/paxos/transport/budget-shared.test.ts')
const claiming = group('src/reconcile/sweep-claim.ts', 'test/reconcile/sweep-events.test.ts')
const windows = group('src/reconcile/sweep-windows.ts', 'test/reconcile/sweep-events.test.ts')
const known = group('src/inbox/known-events.ts', 'test/reconcile/sweep-events.test.ts')
const canaries = group('src/queue/canary.ts', 'test/queue/canary.test.ts')
const keys = group('src/inbox/webhook-keys.ts', 'test/inbox/webhook-keys.test.ts')
const keyReads = group('src/inbox/take-reads.ts', 'test/inbox/webhook-keys.test.ts')
const auditing = group('src/audit/audit.ts', 'test/audit/audit.test.ts')
const audit = group(SCHEMA, 'test/audit/audit.test.ts')

/** In the order of an event's life. docs/mutation.md has the results. */
export const SQL_GUARDS: readonly SqlGuard[] = [
  // A 200 means committed with fsync; one row per event id; a repeat changes nothing; a test event stays inert and uses up no real id.
  accepting(`WHERE current_setting('synchronous_commit') <> 'off'`, 'WHERE true'),
  accepting('i.delivery_count + excluded.delivery_count', 'i.delivery_count'),
  accepting('coalesce(i.body_sha256, excluded.body_sha256)', 'excluded.body_sha256'),
  accepting('i.is_test AND excluded.is_test', 'excluded.is_test'),
  accepting(`CASE WHEN i.state = 'test' THEN excluded.state WHEN`, 'CASE WHEN true THEN excluded.state WHEN'),
  accepting(`CASE WHEN i.state = 'test' THEN excluded.state WHEN`, 'CASE WHEN'),
  reopening(`i.error_code = 'EVENT_UNKNOWN_TO_PAXOS' AND `, ''),
  reopening(` AND i.completed_at < now() - interval '5 minutes'`, ''),
  accepting(`CASE WHEN test THEN 'test' ELSE 'accepted' END`, `'accepted'`),
  accepting('(xmax = 0) AS inserted', 'true AS inserted'),
  // A listing confirms what is unfinished and opens again what was parked as unknown, and nothing else. Neither end of a long backlog waits
  // for the other.
  proving(`i.state = 'accepted' AND i.trust = 'hint' OR`, `i.state = 'accepted' OR`),
  proving(`i.state = 'accepted' AND i.trust = 'hint' OR`, `i.trust = 'hint' OR`),
  proving(` AND i.error_code = 'EVENT_UNKNOWN_TO_PAXOS'`, ''),
  proving('WHEN reopened THEN i.generation + 1', 'WHEN true THEN i.generation + 1'),
  proving('WHEN reopened THEN i.generation + 1', 'WHEN false THEN i.generation + 1'),
  proving('attempts = CASE WHEN reopened', 'attempts = CASE WHEN true'),
  proving('attempts = CASE WHEN reopened', 'attempts = CASE WHEN false'),
  proving('batch = CASE WHEN reopened', 'batch = CASE WHEN true'),
  proving('batch = CASE WHEN reopened', 'batch = CASE WHEN false'),
  proving('due_at = CASE WHEN reopened', 'due_at = CASE WHEN true'),
  proving('due_at = CASE WHEN reopened', 'due_at = CASE WHEN false'),
  proving('  completed_at = NULL\n', '  completed_at = i.completed_at\n'),
  waiting('ORDER BY state, seq LIMIT $1', 'ORDER BY state DESC, seq DESC LIMIT $1'),
  waiting('ORDER BY state DESC, seq DESC LIMIT $2', 'ORDER BY state, seq LIMIT $2'),
  waiting('    AND seq > (SELECT max(seq) FROM oldest) AND (SELECT', '    AND (SELECT'),
  waiting(` AND state = 'accepted' ORDER BY event_id FOR UPDATE`, ' ORDER BY event_id FOR UPDATE'),
  // A key has its share of the single reads and no more, at once and over time, and none while it is demoted. It is demoted once for all workers.
  keyReads('WHERE k.slot = $1 FOR UPDATE OF k', 'WHERE k.slot = $1'),
  keyReads('$3::float8 / live.keys / 2 AS most', '$3::float8 AS most'),
  keyReads('least(most, coalesce(', 'greatest(most, coalesce('),
  keyReads('reads_left + most * filled', 'reads_left + most'),
  keyReads('CASE WHEN demoted THEN 0 ELSE', 'CASE WHEN false THEN 0 ELSE'),
  keyReads('t.free - t.granted', 't.free'),
  keyReads('greatest(last_used_at, reads_at) > now() - ', 'greatest(last_used_at, reads_at) > now() - 100 * '),
  keys('WHERE slot = $1 AND demoted_at IS NULL', 'WHERE slot = $1'),
  keys('greatest(k.last_used_at, excluded.last_used_at)', 'excluded.last_used_at'),
  keys('known = CASE WHEN $2 THEN 0 ELSE known END, unknown = CASE WHEN $2 THEN 0 ELSE unknown END', 'known = k.known'),
  // Every unfinished event is worked on, by one dispatcher at a time.
  completing('LIMIT $1 FOR UPDATE SKIP LOCKED', 'LIMIT $1 FOR UPDATE'),
  completing('LIMIT $1 FOR UPDATE SKIP LOCKED', 'LIMIT $1'),
  completing(`WHERE state = 'accepted' AND due_at <= now()`, 'WHERE due_at <= now()'),
  completing(`WHERE state = 'accepted' AND due_at <= now()`, `WHERE state = 'accepted'`),
  completing('SET due_at = now() + make_interval(secs => $2)', 'SET due_at = i.due_at + make_interval(secs => $2 * 0)'),
  completing('ORDER BY due_at LIMIT', 'ORDER BY seq LIMIT'),
  // A late worker completes nothing; trust is only raised; strikes are void once a try survives.
  completing(`CASE i.state WHEN 'accepted' THEN i.generation END = coalesce`, 'i.generation = coalesce'),
  completing(' = coalesce(s.generation, i.generation)', ' IS NOT NULL'),
  completing(`CASE WHEN s.trust = 'confirmed' THEN s.trust ELSE i.trust END`, 'coalesce(s.trust, i.trust)'),
  completing('coalesce(s.outcome, i.outcome)', 's.outcome'),
  completing('coalesce(s."identityId", i.identity_id)', 's."identityId"'),
  completing('coalesce(s.attempts, i.attempts)', 'coalesce(s.attempts, 0)'),
  completing('coalesce(s."unknownOutcomes", i.unknown_outcomes)', 'i.unknown_outcomes'),
  completing(`CASE WHEN s.state = 'accepted' THEN 0 ELSE i.strikes END`, 'i.strikes'),
  completing(`CASE WHEN s.state <> 'accepted' THEN now() END`, 'now()'),
  completing('(SELECT seq FROM completion) ORDER BY event_id FOR UPDATE', '(SELECT seq FROM completion) ORDER BY seq FOR UPDATE'),
  // A replay reopens finished events, under a new generation and with all attempts; never a test event.
  completing(`AND state NOT IN ('test', 'dismissed') ORDER BY`, 'ORDER BY'),
  completing(`NOT IN ('test', 'dismissed') ORDER BY event_id FOR UPDATE`, `NOT IN ('test', 'dismissed') ORDER BY seq FOR UPDATE`),
  completing('generation = i.generation + 1', 'generation = i.generation'),
  completing('attempts = 0, unknown_outcomes = 0, strikes = 0,', 'unknown_outcomes = 0, strikes = 0,'),
  completing('attempts = 0, unknown_outcomes = 0, strikes = 0,', 'attempts = 0, strikes = 0,'),
  completing('attempts = 0, unknown_outcomes = 0, strikes = 0,', 'attempts = 0, unknown_outcomes = 0,'),
  completing('authority = $2, due_at = now(),', 'authority = $2,'),
  completing('SET strikes = strikes + 1', 'SET strikes = strikes'),
  // Events of one commit share a job, until one returns or is reopened.
  completing('RETURNING i.seq, i.generation, i.batch, due.due_at', 'RETURNING i.seq, i.generation, NULL AS batch, due.due_at'),
  completing(`batch = CASE WHEN s.state <> 'accepted' THEN i.batch END`, 'batch = i.batch'),
  completing(`batch = CASE WHEN s.state <> 'accepted' THEN i.batch END`, 'batch = NULL'),
  completing('completed_at = NULL, batch = NULL', 'completed_at = NULL'),
  accepting(`'accepted' END, batch, key, source`, `'accepted' END, NULL, key, source`),
  batches('CHECK (batch IS NULL OR generation = 0)', 'CHECK (true)'),
  // A change commits on the version that it was decided on, with everything that belongs to it, or not at all.
  committing('WHERE o.version = c.version - 1', 'WHERE true'),
  committing('ORDER BY o.${id} FOR UPDATE OF o', 'ORDER BY o.${id} DESC FOR UPDATE OF o'),
  committing('FROM change WHERE version = 1', 'FROM change'),
  committing('  ORDER BY ${id} COLLATE "C"\n', '  ORDER BY ${id} COLLATE "C" DESC\n'),
  committing('${arrays(ENTRY)}) AS e\n  JOIN moved USING (stream_id)', '${arrays(ENTRY)}) AS e'),
  committing('${arrays(EFFECT)}) AS f\n  JOIN moved USING (stream_id)', '${arrays(EFFECT)}) AS f'),
  committing('${arrays(ATTEMPT)}) AS t\n  JOIN moved USING (stream_id)', '${arrays(ATTEMPT)}) AS t'),
  committing('${arrays(COMPLETED)}) AS s\n  JOIN moved USING (stream_id)', '${arrays(COMPLETED)}) AS s'),
  committing('ORDER BY i.event_id FOR UPDATE OF i', 'ORDER BY i.event_id DESC FOR UPDATE OF i'),
  committing(`AND CASE i.state WHEN 'accepted' THEN i.generation END = s.generation`, `AND i.state = 'accepted'`),
  committing(`CASE i.state WHEN 'accepted' THEN i.generation END`, 'i.generation'),
  committing(`trust = 'confirmed', error_code = NULL`, 'error_code = NULL'),
  committing(', ${name} = coalesce(o.${name}, CASE', ', ${name} = coalesce(NULL::timestamptz, CASE'),
  committing('state = f.state, attempts = f.attempts', 'state = f.state'),
  committing('lease_generation = f.lease_generation, lease_until = f.lease_until,', 'lease_generation = f.lease_generation,'),
  committing(' AND e.step = f.step', ''),
  // A plan runs once, as it was shown, and includes nothing that came later.
  matching('OR received_at < $6)', 'OR true)'),
  matching('completed_at >= $10)', 'true)'),
  running('AND result IS NULL ORDER BY seq LIMIT $2', 'ORDER BY seq LIMIT $2'),
  running('OR identity_id IN (SELECT identity_id FROM first WHERE identity_id IS NOT NULL)', ''),
  planning(`AND (lease_by = $2 OR lease_until IS NULL OR lease_until < now())`, ''),
  rebuilding(`state = 'accepted' AND error_code IS NULL AND`, `state = 'accepted' AND`),
  // One sweep at a time, over whole windows, and an event that only a test event has named does not count as known.
  claiming('WHERE holder = $1 OR held_until <= now()', 'WHERE $1::uuid IS NOT NULL'),
  claiming('WHERE holder = $1 OR held_until <= now()', 'WHERE holder = $1'),
  claiming('WHERE holder = $1 OR held_until <= now()', 'WHERE held_until <= now()'),
  windows('max(to_at) AS to_at', 'min(to_at) AS to_at'),
  known(' AND NOT is_test', ''),
  // All processes share one budget; one canary is sent at a time, and a waiting one reports the workers; audit entries are numbered one by
  // one.
  spending('WHERE id = 1 AND version = $1', 'WHERE id = 1 AND $1::bigint IS NOT NULL'),
  spending('SET version = version + 1, state', 'SET state'),
  canaries('WHERE sent_at <= now() - make_interval(secs => $1)', 'WHERE $1::float8 IS NOT NULL'),
  canaries('coalesce(waiting_since, sent_at)', 'sent_at'),
  canaries('WHERE sent_at = $1 AND', 'WHERE $1::timestamptz IS NOT NULL AND'),
  canaries(' AND (seen_at IS NULL OR seen_at < sent_at)', ''),
  canaries('seen_by = $1, waiting_since = NULL', 'seen_by = $1'),
  auditing('SELECT pg_advisory_xact_lock($1)', 'SELECT $1::bigint'),
  // What no code can bypass.
  chain('CREATE UNIQUE INDEX onboarding_ref_id_key', 'CREATE INDEX onboarding_ref_id_key'),
  chain('CREATE UNIQUE INDEX onboarding_account_id_key', 'CREATE INDEX onboarding_account_id_key'),
  chain('CREATE UNIQUE INDEX onboarding_profile_id_key', 'CREATE INDEX onboarding_profile_id_key'),
  loose(`) IS NULL OR a.prev_hash <> decode(repeat('00', 32), 'hex')`, `) IS NULL`),
  loose(`) IS NULL OR a.prev_hash <>`, `) = 'none' OR a.prev_hash <>`),
  loose(' IS DISTINCT FROM a.prev_hash', ' IS NULL'),
  streams('BEFORE DELETE OR UPDATE OF identity_id', 'BEFORE DELETE'),
  streams('BEFORE DELETE OR UPDATE OF identity_id', 'BEFORE UPDATE OF identity_id'),
  chain('BEFORE TRUNCATE ON onboarding', 'BEFORE TRUNCATE ON sweep_window'),
  requests('CREATE UNIQUE INDEX identity_request_ref_id_key', 'CREATE INDEX identity_request_ref_id_key'),
  requests('CREATE UNIQUE INDEX identity_request_identity_id_key', 'CREATE INDEX identity_request_identity_id_key'),
  schema(`CHECK (state <> 'ready' OR (account_id IS NOT NULL AND profile_id IS NOT NULL))`, 'CHECK (true)'),
  schema(`CHECK ((state = 'held') = (held_reason IS NOT NULL))`, 'CHECK (true)'),
  schema(`CHECK (state <> 'done' OR receipt IS NOT NULL)`, 'CHECK (true)'),
  streams(`IF OLD.state = 'done' AND (NEW.state <> 'done' OR`, `IF OLD.state = 'done' AND (`),
  streams('NEW.receipt IS DISTINCT FROM OLD.receipt OR', ''),
  streams(' OR NEW.key <> OLD.key)', ')'),
  streams('CHECK ((CASE kind', 'CHECK (true OR (CASE kind'),
  streams(`name IS NULL AND number = 1 AND step = 'account'`, `step = 'account'`),
  streams(`WHEN 'send-notification' THEN step = 'notice:' || name || ':' || number AND key`, `WHEN 'send-notification' THEN key`),
  streams(`END) IS TRUE);`, 'END));'),
  streams('AFTER INSERT ON effect REFERENCING', 'AFTER INSERT ON effect_attempt REFERENCING'),
  streams('BEFORE DELETE OR UPDATE OF stream_id, step ON effect', 'BEFORE UPDATE OF stream_id, step ON effect'),
  streams('BEFORE DELETE OR UPDATE OF stream_id, step ON effect', 'BEFORE DELETE OR UPDATE OF step ON effect'),
  streams('BEFORE DELETE OR UPDATE OF stream_id, step ON effect', 'BEFORE DELETE OR UPDATE OF stream_id ON effect'),
  owners('BEFORE TRUNCATE ON effect', 'BEFORE TRUNCATE ON sweep_window'),
  streams(`WHEN (OLD.state = 'done')`, `WHEN (OLD.state = 'refused')`),
  schema(
    'ledger_entry_is_insert_only BEFORE UPDATE OR DELETE ON ledger_entry',
    'ledger_entry_is_insert_only BEFORE DELETE ON ledger_entry',
  ),
  schema(
    'ledger_entry_is_insert_only BEFORE UPDATE OR DELETE ON ledger_entry',
    'ledger_entry_is_insert_only BEFORE UPDATE ON ledger_entry',
  ),
  schema(
    'CREATE TRIGGER ledger_entry_is_not_truncated BEFORE TRUNCATE ON ledger_entry',
    'CREATE TRIGGER ledger_entry_is_not_truncated BEFORE TRUNCATE ON effect',
  ),
  audit('audit_entry_is_insert_only BEFORE UPDATE OR DELETE ON audit_entry', 'audit_entry_is_insert_only BEFORE DELETE ON audit_entry'),
  audit('audit_entry_is_insert_only BEFORE UPDATE OR DELETE ON audit_entry', 'audit_entry_is_insert_only BEFORE UPDATE ON audit_entry'),
  audit(
    'CREATE TRIGGER audit_entry_is_not_truncated BEFORE TRUNCATE ON audit_entry',
    'CREATE TRIGGER audit_entry_is_not_truncated BEFORE TRUNCATE ON effect',
  ),
  replayPlans(`(state IN ('planning', 'planned', 'discarded') OR (approved_by`, '(true OR (approved_by'),
]
