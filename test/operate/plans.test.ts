import { createHash, randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seedScale } from '../../bench/seed-scale.ts'
import { accountRefId } from '../../src/domain/onboarding/account-effect.ts'
import { claimDueEvents, completeEvents, reopenEvents } from '../../src/inbox/complete-events.ts'
import { insertEvents } from '../../src/inbox/insert-events.ts'
import { knownEvents } from '../../src/inbox/known-events.ts'
import { countEvents, loadEvents } from '../../src/inbox/load-events.ts'
import { readOldestUnfinished } from '../../src/inbox/oldest-unfinished.ts'
import { readOpenCauses } from '../../src/inbox/open-causes.ts'
import { type EventQuery, type EventReads, readEvents } from '../../src/inbox/read-events.ts'
import { failuresByHour, readIssues } from '../../src/inbox/read-issues.ts'
import { seqWindow } from '../../src/inbox/seq-window.ts'
import { countHeld } from '../../src/ledger/count-held.ts'
import { createLedger } from '../../src/ledger/ledger.ts'
import { ONBOARDING_TABLE } from '../../src/ledger/onboarding-table.ts'
import { type OnboardingQuery, type OnboardingReads, readOnboardings } from '../../src/ledger/read-onboardings.ts'
import { verifyLedger } from '../../src/ledger/verify-ledger.ts'
import { findUseCases } from '../../src/operate/find.ts'
import { createPrisma } from '../../src/platform/postgres/prisma.ts'
import { listReplays } from '../../src/replay/list-replays.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'
import { seedOnboarding } from './seed-onboarding.ts'

/** Small beside the numbers of docs/scale.md, and enough for the planner to choose as it does there once it may not read whole tables. */
const EVENTS = 20_000
const ONBOARDINGS = 4_000
/** The most rows that a list sorts: a page, or the matches of one search. */
const MOST_SORTED = 3_000

let database: TestDatabase
let pool: pg.Pool
let explaining: pg.Client
let reads: { events: EventReads; onboardings: OnboardingReads }
/** The statements that the code under test has sent since the last look. */
let asked: { text: string; values: unknown[] }[] = []

beforeAll(async () => {
  database = await createTestDatabase()
  await seedScale({ connectionString: database.url, events: EVENTS, onboardings: ONBOARDINGS, log: () => undefined })
  pool = new pg.Pool({ connectionString: database.url })
  const query = pool.query.bind(pool) as (...given: unknown[]) => unknown
  Object.assign(pool, {
    query: (...given: [string | { text: string; values?: unknown[] }, unknown[]?]) => {
      const [config, values] = given
      asked.push(
        typeof config === 'string' ? { text: config, values: values ?? [] } : { text: config.text, values: config.values ?? values ?? [] },
      )
      return query(...given)
    },
  })
  const prisma = createPrisma(pool)
  reads = { events: readEvents({ prisma, pool }), onboardings: readOnboardings(prisma) }
  explaining = new pg.Client({ connectionString: database.url })
  await explaining.connect()
  await explaining.query('SET enable_seqscan = off; SET max_parallel_workers_per_gather = 0')
})
afterAll(async () => {
  await explaining.end()
  await pool.end()
  await database.drop()
})

interface PlanNode {
  'Node Type': string
  'Relation Name'?: string
  'Index Name'?: string
  'Index Cond'?: string
  'Conflict Arbiter Indexes'?: string[]
  'Plan Rows': number
  Plans?: PlanNode[]
}

/** Every node of the plans of these statements. */
async function plansOf(act: () => Promise<unknown>): Promise<PlanNode[]> {
  asked = []
  await act()
  const nodes: PlanNode[] = []
  const collect = (node: PlanNode): void => {
    nodes.push(node)
    node.Plans?.forEach(collect)
  }
  for (const { text, values } of asked.filter(({ text }) => /^[\s(]*(SELECT|WITH|INSERT|UPDATE)/i.test(text))) {
    const { rows } = await explaining.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(`EXPLAIN (FORMAT JSON) ${text}`, values)
    collect(rows[0]!['QUERY PLAN'][0].Plan)
  }
  return nodes
}

function indexesOf(nodes: readonly PlanNode[]): string[] {
  return [...new Set(nodes.flatMap((node) => [node['Index Name'] ?? [], node['Conflict Arbiter Indexes'] ?? []].flat()))].sort()
}

const BIG = ['inbox_event', 'onboarding', 'effect', 'ledger_entry']
const unbounded = (nodes: readonly PlanNode[]): string[] =>
  nodes
    .filter(
      (node) =>
        (node['Node Type'] === 'Seq Scan' && BIG.includes(node['Relation Name'] ?? '')) ||
        (/Sort/.test(node['Node Type']) && node['Plan Rows'] > MOST_SORTED),
    )
    .map((node) => `${node['Node Type']} ${node['Relation Name'] ?? ''} of ${node['Plan Rows']}`)

const uuid = (word: string, number: number): string =>
  createHash('md5')
    .update(`${word}${number}`)
    .digest('hex')
    .replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5')
const ago = (days: number): Date => new Date(Date.now() - days * 86_400_000)
const events = (query: Partial<EventQuery>) => () => reads.events.list({ limit: 50, ...query })
const onboardings = (query: Partial<OnboardingQuery>) => () => reads.onboardings.list({ limit: 50, ...query })

describe('a read of the home page, for any number of rows', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['the causes of open events', () => readOpenCauses(pool)],
    ['the oldest unfinished event', () => readOldestUnfinished(pool)],
    ['the number of held onboardings', () => countHeld(pool)],
    ['the issues', () => readIssues(pool)],
    ['the failures of an issue by hour', () => failuresByHour(pool, '0123456789ab')],
    ['the events of an issue', events({ causeIds: ['0123456789ab'] })],
    ['customers who fail with one error', () => reads.events.failingWith('NOTICE_REFUSED')],
    ['unread events', () => reads.events.countUnread()],
    ['overdue events', () => reads.events.countOverdue(120)],
    ['the flow of the last day', () => reads.events.recentFlow(ago(1))],
    ['the funnel of customers', () => reads.onboardings.progress(ago(1))],
    ['the longest waiting', () => reads.onboardings.longestApproved(3)],
    ['refused notifications', () => reads.onboardings.countIntendedNotices([uuid('identity', 1)])],
  ])('uses an index and never reads a whole table: %s', async (_name, act) => {
    const scans = (await plansOf(act)).filter((node) => node['Node Type'] === 'Seq Scan' && BIG.includes(node['Relation Name'] ?? ''))
    expect(scans.map((node) => node['Relation Name'])).toEqual([])
  })
})

describe('a read of an operator, for any number of rows', () => {
  it.each([
    ['the last events', events({}), ['inbox_event_pkey']],
    ['unfinished events', events({ state: 'accepted' }), ['inbox_event_open_idx']],
    ['parked events', events({ state: 'parked' }), ['inbox_event_open_idx']],
    ['test events', events({ state: 'test' }), ['inbox_event_open_idx']],
    ['processed events', events({ state: 'processed' }), ['inbox_event_pkey']],
    ['events of an unknown type', events({ type: 'identity.nothing' }), ['inbox_event_type_seq_idx']],
    ['events of an identity', events({ identityId: uuid('identity', 7) }), ['inbox_event_identity_id_seq_idx']],
    ['events of a day', events({ from: ago(200), to: ago(199) }), ['inbox_event_pkey']],
    ['events of a type on one day', events({ type: 'identity.rare', from: ago(200), to: ago(199) }), ['inbox_event_pkey']],
    ['one event', () => reads.events.find(uuid('event', 7)), ['inbox_event_event_id_key']],
    ['identities by an event', () => reads.events.identitiesByEvent('ab'), ['inbox_event_event_id_key']],
    ['a timeline', () => reads.events.ofIdentity(uuid('identity', 7)), ['inbox_event_identity_id_seq_idx']],
    [
      'open work of a page of identities',
      () => reads.events.openOf(Array.from({ length: 50 }, (_, n) => uuid('identity', n))),
      [], // of the open events or of the identities: the smaller set
    ],
    ['the counts of events', () => countEvents(pool), ['inbox_event_open_idx', 'inbox_event_pkey']],
    ['the pulse', () => reads.events.pulse(), ['inbox_event_open_idx', 'inbox_event_pkey']],
    ['the last onboardings', onboardings({}), ['effect_pkey', 'onboarding_created_at_identity_id_idx']],
    ['onboardings in a state', onboardings({ state: 'ready' }), ['effect_pkey', 'onboarding_state_updated_at_identity_id_idx']],
    [
      'a search by the start of a ref_id',
      onboardings({ q: 'customer-00000001' }),
      ['effect_pkey', 'onboarding_pkey', 'onboarding_ref_id_key'],
    ],
    [
      'a search by the start of an id',
      onboardings({ q: uuid('account', 7).slice(0, 8) }),
      ['onboarding_account_id_key', 'onboarding_pkey', 'onboarding_profile_id_key', 'onboarding_ref_id_key'],
    ],
    [
      'a search with very many matches',
      onboardings({ q: 'customer-' }),
      ['effect_pkey', 'onboarding_created_at_identity_id_idx', 'onboarding_ref_id_key'],
    ],
    [
      'F21: everything whose id starts like this',
      () => findUseCases({ pool }).find(uuid('account', 7).slice(0, 8)),
      ['inbox_event_event_id_key', 'onboarding_account_id_key', 'onboarding_profile_id_key', 'onboarding_ref_id_key'],
    ],
    ['F21: the effect of a key', () => findUseCases({ pool }).find(accountRefId(uuid('identity', 7))), ['effect_pkey']],
    ['the last replays', () => listReplays(pool, { limit: 50 }), ['replay_planned_at_idx']],
    ['one onboarding', () => reads.onboardings.find(uuid('identity', 7)), ['effect_pkey', 'onboarding_pkey']],
    ['its ledger', () => reads.onboardings.entries(uuid('identity', 7)), ['ledger_entry_pkey']],
  ])('uses an index and sorts no more than a page or a search: %s', async (_what, act, indexes) => {
    const nodes = await plansOf(act)
    expect(unbounded(nodes)).toEqual([])
    expect(indexesOf(nodes)).toEqual(expect.arrayContaining(indexes))
  })
})

describe('a search by the start of a ref_id', () => {
  it('reads only that range of the index, which is in byte order', async () => {
    const nodes = await plansOf(onboardings({ q: 'customer-00000001' }))
    const scan = nodes.find((node) => node['Index Name'] === 'onboarding_ref_id_key')
    expect(scan?.['Index Cond']).toContain("ref_id >= 'customer-00000001'")
  })
})

describe('a statement that runs for every event, for any number of rows', () => {
  it.each([
    ['loading events', () => loadEvents(pool, ['7', '8']), ['inbox_event_pkey']],
    ['claiming due events', () => claimDueEvents(pool, { limit: 10 }), ['inbox_event_due_idx', 'inbox_event_pkey']],
    ['completing', () => completeEvents(pool, [{ seq: '7', state: 'processed' }]), ['inbox_event_pkey']],
    ['reopening events', () => reopenEvents(pool, ['7'], { authority: 'machine' }), ['inbox_event_pkey']],
    ["the sweep's look-up of known events", () => knownEvents(pool, [randomUUID()]), ['inbox_event_event_id_key']],
    [
      'accepting',
      () =>
        pool.query(
          insertEvents([
            {
              id: randomUUID(),
              type: 't',
              at: new Date(),
              test: false,
              origin: 'webhook',
              sha: null,
              deliveries: 1,
              batch: null,
              keySlot: null,
              source: null,
              trace: null,
            },
          ]),
        ),
      ['inbox_event_event_id_key'],
    ],
    [
      "an onboarding's commits",
      async () => {
        const ledger = createLedger({ pool, table: ONBOARDING_TABLE })
        const { identityId } = await seedOnboarding(ledger, { statuses: ['APPROVED'] })
        await ledger.load(identityId)
        await ledger.close()
      },
      ['effect_pkey', 'onboarding_pkey'],
    ],
  ])('uses an index: %s', async (_what, act, indexes) => {
    const nodes = await plansOf(act)
    expect(unbounded(nodes)).toEqual([])
    expect(indexesOf(nodes)).toEqual(expect.arrayContaining(indexes))
  })
})

describe("the fast paths of the operator's lists", () => {
  const ids = async (text: string): Promise<string[]> => (await explaining.query<{ id: string }>(text)).rows.map(({ id }) => id)

  it('give exactly the events of a time range', async () => {
    const [from, to] = [ago(31), ago(30)]
    const { items } = await events({ from, to, limit: 200 })()
    const { rows } = await explaining.query<{ id: string }>(
      'SELECT event_id AS id FROM inbox_event WHERE received_at >= $1 AND received_at < $2 ORDER BY seq DESC',
      [from, to],
    )
    expect(rows.length).toBeGreaterThan(40)
    expect(items.map(({ eventId }) => eventId)).toEqual(rows.map(({ id }) => id))
  })

  it('find the numbers for a time before the first event, after the last, and over gaps', async () => {
    const { rows } = await pool.query<{ first: string; last: string }>('SELECT min(seq) AS first, max(seq) AS last FROM inbox_event')
    const [first, last] = [BigInt(rows[0]!.first), BigInt(rows[0]!.last)]
    expect((await seqWindow(pool, { from: ago(1_000) })).gte).toBeLessThanOrEqual(first)
    expect(await seqWindow(pool, { from: ago(-1) })).toEqual({ gte: last + 1n })
    expect(await seqWindow(pool, {})).toEqual({})
    await pool.query(
      `BEGIN; SET LOCAL session_replication_role = replica; DELETE FROM inbox_event WHERE seq BETWEEN 9000 AND 12000; COMMIT`,
    )
    const { rows: beyond } = await pool.query<{ seq: string; at: Date }>(
      'SELECT seq, received_at AS at FROM inbox_event WHERE seq > 12000 ORDER BY seq LIMIT 1',
    )
    const { gte } = await seqWindow(pool, { from: beyond[0]!.at })
    expect([gte! > 8_990n, gte! <= BigInt(beyond[0]!.seq)]).toEqual([true, true])
  })

  it.each(['accepted', 'parked', 'dead', 'test'] as const)('give the events in state %s', async (state) => {
    const { items } = await events({ state, limit: 20 })()
    expect(items.map(({ eventId }) => eventId)).toEqual(
      await ids(`SELECT event_id AS id FROM inbox_event WHERE state = '${state}' ORDER BY seq DESC LIMIT 20`),
    )
  })

  it('give the newest of very many matches, and those in a rare state', async () => {
    const newest = await onboardings({ q: 'customer-', limit: 20 })()
    expect(newest.items.map(({ identityId }) => identityId)).toEqual(
      await ids(
        `SELECT identity_id AS id FROM onboarding WHERE ref_id LIKE 'customer-%' ORDER BY created_at DESC, identity_id DESC LIMIT 20`,
      ),
    )
    const denied = await onboardings({ q: 'customer-', state: 'denied', limit: 200 })()
    expect(denied.items).toHaveLength(200)
    expect(denied.items.every(({ state }) => state === 'denied')).toBe(true)
  })

  it('match % and _ literally', async () => {
    expect((await onboardings({ q: '%' })()).items).toEqual([])
    expect((await onboardings({ q: 'customer_' })()).items).toEqual([])
  })

  it('count every event once, folded or not, and repeated deliveries of the newest', async () => {
    const exactly = async () => {
      const counts = { accepted: 0, processed: 0, parked: 0, dead: 0, test: 0, dismissed: 0, duplicates: 0 }
      const { rows } = await explaining.query<{ state: keyof typeof counts; n: number; more: number }>(
        'SELECT state, count(*)::int AS n, sum(greatest(delivery_count - 1, 0))::int AS more FROM inbox_event GROUP BY state',
      )
      for (const { state, n, more } of rows) {
        counts[state] = n
        counts.duplicates += more
      }
      return counts
    }
    const total = async (): Promise<number> =>
      Number((await pool.query<{ up_to_seq: string }>('SELECT up_to_seq FROM inbox_total')).rows[0]!.up_to_seq)
    const receive = (): Promise<unknown> =>
      pool.query(
        `INSERT INTO inbox_event (event_id, type, occurred_at, is_test, origin, state) SELECT gen_random_uuid(), 't', now(), false, 'webhook', 'processed' FROM generate_series(1, 100)`,
      )
    await pool.query('UPDATE inbox_total SET up_to_seq = 0, events = 0, duplicates = 0')
    await receive()
    expect([await countEvents(pool), await total()]).toEqual([await exactly(), 0])
    await pool.query(`SELECT setval('inbox_event_seq_seq', 200000)`) // as if this many had come
    await receive()
    expect(await countEvents(pool)).toEqual(await exactly())
    expect(await total()).toBeGreaterThan(0)
    await pool.query('UPDATE inbox_event SET delivery_count = 3 WHERE seq = (SELECT max(seq) FROM inbox_event)')
    expect(await countEvents(pool)).toEqual(await exactly())
    await Promise.all(Array.from({ length: 4 }, () => countEvents(pool)))
    expect(await countEvents(pool)).toEqual(await exactly())
  })

  it('leave the seeded ledger valid', async () => {
    expect(await verifyLedger(pool)).toMatchObject({ faults: [] })
  })
})
