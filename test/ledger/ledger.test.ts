import { createHash, randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { notificationKey } from '../../src/domain/notification.ts'
import { accountRefId } from '../../src/domain/onboarding/account-effect.ts'
import { applyDecision, type Draft } from '../../src/domain/onboarding/advance.ts'
import { newOnboarding } from '../../src/domain/onboarding/onboarding.ts'
import { draftOf } from '../../src/domain/stream.ts'
import type { Stored } from '../../src/ledger/change.ts'
import { createLedger, type Ledger } from '../../src/ledger/ledger.ts'
import { ONBOARDING_TABLE } from '../../src/ledger/onboarding-table.ts'
import { readAttempts } from '../../src/ledger/read-attempts.ts'
import { verifyLedger } from '../../src/ledger/verify-ledger.ts'
import { GENESIS, hashLink } from '../../src/platform/hash-chain.ts'
import { applyReceipt, claimNext } from '../support/onboarding-steps.ts'
import { holdLocks, sessionsWaiting } from '../support/row-locks.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'

let database: TestDatabase
let pool: pg.Pool
let ledger: Ledger
beforeAll(async () => {
  database = await createTestDatabase()
  pool = new pg.Pool({ connectionString: database.url })
  ledger = createLedger({ pool, table: ONBOARDING_TABLE })
})
afterAll(async () => {
  await ledger.close()
  await pool.end()
  await database.drop()
})

const at = new Date()
const later = new Date(at.getTime() + 60_000)
const approvedDraft = (identityId: string = randomUUID()): Draft =>
  applyDecision(
    draftOf({ onboarding: newOnboarding(identityId, 'adopted', null), effects: [] }),
    { kind: 'move', to: 'approved', requiredDocuments: [] },
    'APPROVED',
  )

async function commit(before: Stored | null, draft: Draft, when = at): Promise<Stored> {
  const stored = await ledger.commit({ before, draft, actor: 'event:test', at: when })
  if (!stored) throw new Error('lost a race without a second writer')
  return stored
}

async function withAccount(): Promise<Stored> {
  const stored = await commit(null, approvedDraft())
  const receipt = { kind: 'account', accountId: randomUUID(), profileId: randomUUID(), how: 'created' } as const
  return commit(stored, applyReceipt(draftOf(stored), 'account', receipt))
}

/** Outside the write path. */
async function insertEntry({ identityId, entryNo, prevHash }: { identityId: string; entryNo: number; prevHash: Buffer }): Promise<void> {
  await pool.query(
    `INSERT INTO ledger_entry (stream_id, entry_no, at, kind, actor, data, prev_hash, hash) VALUES ($1, $2, now(), 'x', 'x', '{}', $3, $4)`,
    [identityId, entryNo, prevHash, Buffer.alloc(32, 2)],
  )
}

describe('a change', () => {
  it('reads back as it was committed', async () => {
    const stored = await withAccount()
    expect(await ledger.load(stored.onboarding.identityId)).toEqual(stored)
  })

  it('reads back the lease of an attempt, and none where nothing was attempted', async () => {
    const first = await commit(null, approvedDraft())
    expect((await ledger.load(first.onboarding.identityId))?.effects.map(({ lease }) => lease)).toEqual([null])
    const claim = claimNext(draftOf(first), { by: '9', now: at.getTime(), leaseMs: 1_000 })
    if (claim.kind !== 'attempt') throw new Error('nothing to claim')
    await commit(first, claim.draft)
    const [leased] = (await ledger.load(first.onboarding.identityId))?.effects ?? []
    expect(leased?.lease).toMatchObject({ seq: '9', until: at.getTime() + 1_000 })
  })

  it('keeps a failed attempt that is made again by itself, without moving the version', async () => {
    const { onboarding, version } = await commit(null, approvedDraft())
    const failed = { step: 'account', number: 1, at: at.getTime(), durationMs: 12, operation: 'accounts.create', status: 503 }
    const attempt = { ...failed, code: 'PAXOS_UNAVAILABLE', problemType: null, detail: 'try again' }
    await ledger.keepAttempts(onboarding.identityId, [attempt])
    await ledger.keepAttempts(onboarding.identityId, [{ ...attempt, number: 2 }])
    const kept = await readAttempts(pool, onboarding.identityId)
    expect(kept).toMatchObject([{ attemptNo: 1, code: 'PAXOS_UNAVAILABLE', status: 503, durationMs: 12 }, { attemptNo: 2 }])
    expect((await ledger.load(onboarding.identityId))?.version).toBe(version)
  })

  it('reports the versions of the streams that exist, and nothing of others', async () => {
    const [one, two] = [await commit(null, approvedDraft()), await withAccount()]
    const versions = await ledger.versions([one.onboarding.identityId, two.onboarding.identityId, randomUUID()])
    expect(versions).toEqual(
      new Map([
        [one.onboarding.identityId, 1],
        [two.onboarding.identityId, 2],
      ]),
    )
  })

  it('is refused on an outdated version, with everything that belongs to it', async () => {
    const first = await commit(null, approvedDraft())
    const claim = claimNext(draftOf(first), { by: '1', now: 0, leaseMs: 1 })
    if (claim.kind !== 'attempt') throw new Error('nothing to claim')
    await commit(first, claim.draft)
    const attempt = { step: 'account', number: 1, at: 0, durationMs: 1, operation: null, status: null }
    const late = {
      ...applyDecision(draftOf(first), { kind: 'move', to: 'disabled', requiredDocuments: [] }, 'DISABLED'),
      attempted: [{ ...attempt, code: null, problemType: null, detail: null }],
    }
    expect(await ledger.commit({ before: first, draft: late, actor: 'late', at })).toBeNull()
    const { rows } = await pool.query("SELECT count(*)::int AS late FROM ledger_entry WHERE actor = 'late'")
    expect(rows).toEqual([{ late: 0 }])
    expect(await readAttempts(pool, first.onboarding.identityId)).toEqual([])
    const stored = await ledger.load(first.onboarding.identityId)
    expect(stored?.onboarding.state).toBe('approved')
    expect(stored?.effects.map(({ step }) => step)).toEqual(['account'])
  })

  it('reads back with the attempt that it recorded, and the time of the first intent', async () => {
    const first = await commit(null, approvedDraft())
    const claim = claimNext(draftOf(first), { by: '7', now: later.getTime(), leaseMs: 45_000 })
    if (claim.kind !== 'attempt') throw new Error('nothing to claim')
    const claimed = await commit(first, claim.draft, later)
    expect(claimed.effects).toMatchObject([
      { step: 'account', attempts: 1, intendedAt: at.getTime(), lease: { seq: '7', generation: 0, until: later.getTime() + 45_000 } },
    ])
    expect(await ledger.load(first.onboarding.identityId)).toEqual(claimed)
  })

  it('leaves other effects unchanged: a completed one keeps its time', async () => {
    const before = await withAccount()
    const doneAt = async () =>
      (await pool.query(`SELECT completed_at FROM effect WHERE stream_id = $1 AND step = 'account'`, [before.onboarding.identityId])).rows
    const first = await doneAt()
    const told = applyReceipt(draftOf(before), 'notice:ready:1', { kind: 'notice', channel: 'log', status: null })
    await commit(before, told, later)
    expect(await doneAt()).toEqual(first)
  })

  it('keeps the time of its first approval and of its first ready', async () => {
    const before = await withAccount()
    const { identityId } = before.onboarding
    const taken = { kind: 'notice', channel: 'log', status: null }
    const told = applyReceipt(applyReceipt(draftOf(before), 'notice:account_opened:1', taken), 'notice:ready:1', taken)
    const ready = await commit(before, told)
    const times = async () => (await pool.query('SELECT approved_at, ready_at FROM onboarding WHERE identity_id = $1', [identityId])).rows
    expect(await times()).toEqual([{ approved_at: at, ready_at: at }])
    await ledger.commit({ before: ready, draft: draftOf(ready), actor: 'again', at: later })
    expect(await times()).toEqual([{ approved_at: at, ready_at: at }])
  })

  it('wins alone among fifty on the same version at once', async () => {
    const identityId = randomUUID()
    const results = await Promise.all(
      Array.from({ length: 50 }, () => ledger.commit({ before: null, draft: approvedDraft(identityId), actor: 'race', at })),
    )
    expect(results.map((stored) => stored !== null)).toEqual([true, ...Array(49).fill(false)])
    expect((await pool.query('SELECT count(*)::int AS entries FROM ledger_entry WHERE stream_id = $1', [identityId])).rows).toEqual([
      { entries: 2 },
    ])
  })

  it('loses without an error to another first change of the same identity, also when both have its ref_id', async () => {
    const second = createLedger({ pool, table: ONBOARDING_TABLE }) // another process: its commits meet ours in the database
    for (let round = 0; round < 60; round += 1) {
      const onboarding = newOnboarding(randomUUID(), 'created', `ref-${randomUUID()}`)
      const draft = draftOf({ onboarding, effects: [] }, [{ kind: 'onboarding.created', data: {} }])
      const results = await Promise.all(
        [ledger, second, ledger, second].map((store) => store.commit({ before: null, draft, actor: 'race', at })),
      )
      expect(results.filter((stored) => stored !== null)).toHaveLength(1)
    }
    await second.close()
  })

  /** Makes the database fail the next insert of an onboarding with this SQLSTATE, and only that one. */
  async function failOnce(sqlState: string): Promise<void> {
    await pool.query(`
      CREATE SEQUENCE onboardings_tried;
      CREATE FUNCTION fail_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('onboardings_tried') = 1 THEN RAISE EXCEPTION 'once' USING ERRCODE = '${sqlState}'; END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER fails_once BEFORE INSERT ON onboarding FOR EACH ROW EXECUTE FUNCTION fail_once()`)
    onTestFinished(async () => void (await pool.query('DROP FUNCTION fail_once CASCADE; DROP SEQUENCE onboardings_tried')))
  }

  it('is tried once more after a conflict on its ref_id, which may come from the same identity', async () => {
    await failOnce('23505')
    expect(await ledger.commit({ before: null, draft: approvedDraft(), actor: 'race', at })).toMatchObject({ version: 1 })
  })

  it.each([
    ['the database refuses its data', '23514'],
    ['its outcome is unknown', '57P01'],
  ])('is not tried again when %s', async (_when, code) => {
    await failOnce(code)
    const draft = approvedDraft()
    await expect(ledger.commit({ before: null, draft, actor: 'race', at })).rejects.toMatchObject({ code })
    expect(await ledger.load(draft.onboarding.identityId)).toBeNull()
  })

  it('locks the onboardings in the order of their identities when many commit together, so that none deadlocks', async () => {
    const ids = Array.from({ length: 10 }, () => randomUUID()).sort()
    const stored = await Promise.all(ids.map((id) => commit(null, approvedDraft(id))))
    const release = await holdLocks(pool, 'SELECT FROM onboarding WHERE identity_id = $1 FOR UPDATE', [ids[0]])
    const done = Promise.all(stored.toReversed().map((before) => commit(before, draftOf(before))))
    await vi.waitFor(async () => expect(await sessionsWaiting(pool)).toBe(1), { timeout: 20_000 })
    // It waits for the first row and has locked none of the others.
    const others = 'SELECT FROM onboarding WHERE identity_id = ANY ($1) FOR UPDATE NOWAIT'
    expect((await pool.query(others, [ids.slice(1)])).rowCount).toBe(9)
    await release()
    expect(await done).toHaveLength(10)
  })

  it('creates new onboardings in that order too', async () => {
    const ids = Array.from({ length: 10 }, () => randomUUID()).sort()
    const open = `INSERT INTO onboarding (identity_id, origin, state, version, entry_count, head_hash)
      SELECT id, 'adopted', 'pending', 1, 0, '' FROM unnest($1::text[]) AS id`
    const release = await holdLocks(pool, open, [[ids[0]]])
    const done = Promise.all(
      ids.toReversed().map((id) => ledger.commit({ before: null, draft: approvedDraft(id), actor: 'event:test', at })),
    )
    await vi.waitFor(async () => expect(await sessionsWaiting(pool)).toBe(1), { timeout: 20_000 })
    // It waits for the transaction that creates the first one and has created none of the others.
    await (await holdLocks(pool, `WITH patience AS (SELECT set_config('lock_timeout', '2s', true)) ${open}`, [ids.slice(1)]))()
    await release()
    expect(await done).toEqual(expect.arrayContaining([expect.objectContaining({ version: 1 })]))
    expect((await done).filter((stored) => stored === null)).toEqual([])
  })

  it('completes events in the order of their ids, as accepting locks them', async () => {
    const ids = Array.from({ length: 10 }, () => randomUUID()).sort()
    const { rows } = await pool.query<{ seq: string }>(
      `INSERT INTO inbox_event (event_id, type, occurred_at, is_test, origin)
       SELECT id, 'identity.approved', now(), false, 'webhook' FROM unnest($1::text[]) AS id RETURNING seq`,
      [ids.toReversed()], // so seq runs against the ids
    )
    const release = await holdLocks(pool, 'SELECT FROM inbox_event WHERE event_id = $1 FOR UPDATE', [ids[0]])
    const done = Promise.all(
      rows.map(({ seq }) =>
        ledger.commit({ before: null, draft: approvedDraft(), actor: 'event:test', at, completion: { seq, generation: 0, outcome: 'x' } }),
      ),
    )
    await vi.waitFor(async () => expect(await sessionsWaiting(pool)).toBe(1), { timeout: 20_000 })
    const others = 'SELECT FROM inbox_event WHERE event_id = ANY ($1) FOR UPDATE NOWAIT'
    expect((await pool.query(others, [ids.slice(1)])).rowCount).toBe(9)
    await release()
    expect(await done).toHaveLength(10)
  })

  it('F43: accepts ids that are not UUIDs, and keeps their case', async () => {
    const id = `Idn_${randomUUID().slice(0, 8).toUpperCase()}/x`
    const stored = await commit(null, approvedDraft(id))
    const receipt = { kind: 'account', accountId: `acc:${id}`, profileId: `prf:${id}`, how: 'created' } as const
    await commit(stored, applyReceipt(draftOf(stored), 'account', receipt))
    expect((await ledger.load(id))?.onboarding).toMatchObject({ identityId: id, accountId: `acc:${id}` })
    expect((await verifyLedger(pool, { identityId: id })).faults).toEqual([])
  })

  it('is refused when nothing exists of what it was decided on', async () => {
    const never = { ...(await commit(null, approvedDraft())), onboarding: newOnboarding(randomUUID(), 'adopted', null) }
    expect(await ledger.commit({ before: never, draft: draftOf(never), actor: 'event:test', at })).toBeNull()
    expect(await ledger.load(never.onboarding.identityId)).toBeNull()
  })

  it('keeps the requested documents, with any names', async () => {
    const requiredDocuments = ['PASSPORT', 'a "quoted" one', 'back\\slash', '{braces}, comma', 'ünïcode', 'NULL', '']
    const move = { kind: 'move', to: 'documents_required', requiredDocuments } as const
    const fresh = draftOf({ onboarding: newOnboarding(randomUUID(), 'adopted', null), effects: [] })
    const stored = await commit(null, applyDecision(fresh, move, 'PENDING'))
    expect((await ledger.load(stored.onboarding.identityId))?.onboarding.requiredDocuments).toEqual(requiredDocuments)
  })

  it('that was accepted commits before the ledger closes, which then accepts nothing more', async () => {
    const closing = createLedger({ pool, table: ONBOARDING_TABLE })
    const [taken, loading] = [
      closing.commit({ before: null, draft: approvedDraft(), actor: 'event:test', at }),
      closing.load(randomUUID()),
    ] as const
    const ended: string[] = []
    await Promise.all([
      taken.then(() => ended.push('committed')),
      loading.then(() => ended.push('loaded')),
      closing.close().then(() => ended.push('closed')),
    ])
    expect(ended.at(-1)).toBe('closed')
    await expect(closing.load(randomUUID())).rejects.toMatchObject({ code: 'WAITING_ROOM_FULL' })
    await expect(closing.commit({ before: null, draft: approvedDraft(), actor: 'late', at })).rejects.toMatchObject({
      code: 'WAITING_ROOM_FULL',
    })
  })

  it('completes the generation of the event that it came from, and no later one', async () => {
    const { rows } = await pool.query<{ seq: string }>(
      `INSERT INTO inbox_event (event_id, type, occurred_at, is_test, origin, generation) VALUES ($1, 'identity.approved', now(), false, 'webhook', 1) RETURNING seq`,
      [randomUUID()],
    )
    const seq = rows[0]?.seq ?? ''
    const state = async () => (await pool.query<{ state: string }>('SELECT state FROM inbox_event WHERE seq = $1', [seq])).rows[0]?.state
    const end = (generation: number) =>
      ledger.commit({
        before: null,
        draft: approvedDraft(),
        actor: 'event:test',
        at,
        completion: { seq, generation, outcome: 'moved:approved' },
      })
    await end(0)
    expect(await state()).toBe('accepted')
    const stale = { before: null, draft: approvedDraft(), actor: 'late', at }
    await ledger.commit(stale)
    expect(await ledger.commit({ ...stale, completion: { seq, generation: 1, outcome: 'moved:approved' } })).toBeNull()
    expect(await state()).toBe('accepted')
    await end(1)
    expect(await state()).toBe('processed')
    expect((await pool.query('SELECT trust, outcome FROM inbox_event WHERE seq = $1', [seq])).rows).toEqual([
      { trust: 'confirmed', outcome: 'moved:approved' },
    ])
    await pool.query(`UPDATE inbox_event SET state = 'dead' WHERE seq = $1`, [seq])
    await end(1)
    expect(await state()).toBe('dead')
  })

  it('fails alone when the database refuses it, and its neighbours commit', async () => {
    const taken = await withAccount()
    const mine = await commit(null, approvedDraft())
    const theft = applyReceipt(draftOf(mine), 'account', {
      kind: 'account',
      accountId: taken.onboarding.accountId ?? '',
      profileId: randomUUID(),
      how: 'created',
    })
    const [failed, ...others] = await Promise.allSettled([
      ledger.commit({ before: mine, draft: theft, actor: 'thief', at }),
      ...Array.from({ length: 20 }, () => ledger.commit({ before: null, draft: approvedDraft(), actor: 'neighbour', at })),
    ])
    expect(failed).toMatchObject({ status: 'rejected', reason: { code: '23505' } })
    expect(others.every((each) => each.status === 'fulfilled' && each.value !== null)).toBe(true)
  })
})

describe('the ledger in the database', () => {
  it.each([
    ['UPDATE ledger_entry SET actor = $1', ['evil']],
    ['DELETE FROM ledger_entry', []],
    ['TRUNCATE ledger_entry', []],
    ['TRUNCATE audit_entry', []],
  ])('refuses %s', async (sql, values) => {
    await withAccount()
    await expect(pool.query(sql, values)).rejects.toThrow(/insert-only/)
  })

  it.each<[what: string, entry: (last: Stored) => { identityId?: string; entryNo: number; prevHash: Buffer }]>([
    ['a gap', ({ entryCount, headHash }) => ({ entryNo: entryCount + 2, prevHash: headHash })],
    [
      "an entry on another hash than the previous entry's",
      ({ entryCount }) => ({ entryNo: entryCount + 1, prevHash: Buffer.alloc(32, 1) }),
    ],
    ['a first entry without an onboarding', () => ({ identityId: randomUUID(), entryNo: 1, prevHash: GENESIS })],
  ])('refuses %s', async (_, entry) => {
    const last = await withAccount()
    await expect(insertEntry({ identityId: last.onboarding.identityId, ...entry(last) })).rejects.toMatchObject({ code: '23503' })
  })

  it('refuses a first entry with a previous hash', async () => {
    const identityId = randomUUID()
    const together = (prevHash: Buffer) =>
      pool.query(
        `WITH o AS (INSERT INTO onboarding (identity_id, origin, state, version, entry_count, head_hash) VALUES ($1, 'adopted', 'pending', 1, 1, $3))
         INSERT INTO ledger_entry (stream_id, entry_no, at, kind, actor, data, prev_hash, hash) VALUES ($1, 1, $4, 'x', 'x', '{}', $2, $3)`,
        [identityId, prevHash, hashLink(GENESIS, { chain: identityId, entryNo: 1, at, kind: 'x', actor: 'x', data: {} }), at],
      )
    await expect(together(Buffer.alloc(32, 1))).rejects.toMatchObject({ code: '23503' })
    await together(GENESIS)
  })

  it.each(['DELETE FROM onboarding', 'UPDATE onboarding SET identity_id = gen_random_uuid()::text', 'TRUNCATE onboarding CASCADE'])(
    'keeps every onboarding under its name: refuses %s',
    async (sql) => {
      await withAccount()
      await expect(pool.query(sql)).rejects.toThrow(/kept for ever/)
    },
  )

  it.each([
    'DELETE FROM effect',
    'UPDATE effect SET stream_id = gen_random_uuid()::text',
    `UPDATE effect SET step = 'notice:denied:1'`,
    'TRUNCATE effect',
  ])('keeps every effect in its place, done or not: refuses %s', async (sql) => {
    await commit(null, approvedDraft())
    await expect(pool.query(sql)).rejects.toThrow(/effect is kept for ever/)
  })

  it('refuses an effect without an onboarding, also beside one that has one', async () => {
    const { onboarding } = await commit(null, approvedDraft())
    const unknownIdentity = randomUUID()
    const intended = pool.query(
      `INSERT INTO effect (stream_id, step, kind, name, number, key, state)
       SELECT id, 'notice:denied:1', 'send-notification', 'denied', 1, 'notice_denied_1_' || id, 'intended' FROM unnest($1::text[]) AS id`,
      [[onboarding.identityId, unknownIdentity]],
    )
    await expect(intended).rejects.toMatchObject({ code: '23503', message: expect.stringContaining(unknownIdentity) })
  })

  it('refuses to change or to remove a receipt', async () => {
    const { onboarding } = await withAccount()
    const where = `WHERE stream_id = '${onboarding.identityId}' AND step = 'account'`
    for (const set of [`receipt = '{}'`, `state = 'intended'`, `key = 'another'`]) {
      await expect(pool.query(`UPDATE effect SET ${set} ${where}`)).rejects.toThrow(/has its receipt/)
    }
  })

  it('knows every account, profile and name at Paxos once', async () => {
    const [one, other] = [await withAccount(), await withAccount()]
    const { accountId, profileId } = one.onboarding
    await pool.query(`UPDATE onboarding SET ref_id = 'ours' WHERE account_id = $1`, [accountId])
    const theft = (sql: string, value: unknown) => pool.query(`${sql} WHERE identity_id = $2`, [value, other.onboarding.identityId])
    await expect(theft('UPDATE onboarding SET account_id = $1', accountId)).rejects.toMatchObject({ code: '23505' })
    await expect(theft('UPDATE onboarding SET profile_id = $1', profileId)).rejects.toMatchObject({ code: '23505' })
    await expect(theft('UPDATE onboarding SET ref_id = $1', 'ours')).rejects.toMatchObject({ code: '23505' })
  })

  it('identifies an effect by step and key within its stream and kind, so that no key exists twice', async () => {
    const { onboarding } = await commit(null, approvedDraft())
    const { onboarding: other } = await commit(null, approvedDraft())
    const id = onboarding.identityId
    const intend = (kind: string, name: string | null, number: number, step: string, key: string) =>
      pool.query(`INSERT INTO effect (stream_id, kind, name, number, step, key, state) VALUES ($1, $2, $3, $4, $5, $6, 'intended')`, [
        id,
        kind,
        name,
        number,
        step,
        key,
      ])
    const [account, told, notice] = [accountRefId(id), 'send-notification', notificationKey(id, 'denied', 2)]
    await intend(told, 'denied', 2, 'notice:denied:2', notice)
    await intend('place-order', null, 1, 'place-order', `gatehouse-place-order-${id}`)
    await intend('amend-order', 'price', 2, 'amend-order:price:2', `gatehouse-amend-order.price.2-${id}`)
    for (const [kind, name, number, step, key] of [
      [told, 'denied', 1, 'notice:denied:1', notice],
      [told, 'ready', 1, 'notice:ready:1', notificationKey(other.identityId, 'ready', 1)],
      [told, 'ready', 1, 'notice:ready:1', account],
      [told, 'ready', 2, 'notice:ready:1', notificationKey(id, 'ready', 1)],
      [told, null, 1, 'notice::1', `notice__1_${id}`],
      ['create-account', null, 2, 'account:2', account],
      ['create-account', null, 1, 'account', `account_2_${id}`],
      ['create-account', 'other', 1, 'account', account],
      ['account', null, 1, 'account', `gatehouse-account-${id}`],
      ['place-order', null, 2, 'place-order', `gatehouse-place-order-${id}`],
      ['cancel-order', null, 1, 'cancel-order', `gatehouse-cancel-order-${other.identityId}`],
      ['cancel-order', 'a-b', 1, 'cancel-order:a-b', `gatehouse-cancel-order.a-b-${id}`],
    ] as const)
      await expect(intend(kind, name, number, step, key)).rejects.toMatchObject({ constraint: 'effect_step_and_key_are_of_its_kind' })
  })

  it('requires a reason for every hold, a hold for every reason, and a receipt for every done effect', async () => {
    const { onboarding } = await commit(null, approvedDraft())
    for (const set of [`state = 'held'`, `held_reason = 'account-mismatch'`])
      await expect(pool.query(`UPDATE onboarding SET ${set} WHERE identity_id = $1`, [onboarding.identityId])).rejects.toMatchObject({
        constraint: 'onboarding_held_says_why',
      })
    await expect(pool.query(`UPDATE effect SET state = 'done' WHERE stream_id = $1`, [onboarding.identityId])).rejects.toMatchObject({
      constraint: 'effect_done_has_receipt',
    })
  })

  it('requires account and profile for every ready customer', async () => {
    const { onboarding } = await commit(null, approvedDraft())
    await expect(pool.query(`UPDATE onboarding SET state = 'ready' WHERE identity_id = $1`, [onboarding.identityId])).rejects.toMatchObject(
      { constraint: 'onboarding_ready_has_account' },
    )
  })
})

describe('verification', () => {
  it('finds every chain valid', async () => {
    await Promise.all(Array.from({ length: 30 }, withAccount))
    const { rows } = await pool.query(
      'SELECT (SELECT count(*)::int FROM onboarding) AS identities, (SELECT count(*)::int FROM ledger_entry) AS entries',
    )
    expect(await verifyLedger(pool)).toEqual({ ...rows[0], faults: [] })
  })

  /** As a superuser with the triggers off. */
  async function tamper(sql: string, values: unknown[]): Promise<void> {
    const client = await pool.connect()
    await client.query("SET session_replication_role = 'replica'")
    await client.query(sql, values)
    await client.query("SET session_replication_role = 'origin'")
    client.release()
  }

  it.each([
    [
      'a changed entry',
      `UPDATE ledger_entry SET data = '{"to": "denied"}' WHERE stream_id = $1 AND entry_no = 2`,
      { entryNo: 2, problem: 'its content does not match its hash' },
    ],
    [
      'a changed time',
      `UPDATE ledger_entry SET at = at + interval '1 ms' WHERE stream_id = $1 AND entry_no = 1`,
      { entryNo: 1, problem: 'its content does not match its hash' },
    ],
    [
      'an entry after another previous hash',
      `UPDATE ledger_entry SET prev_hash = hash WHERE stream_id = $1 AND entry_no = 3`,
      { entryNo: 3, problem: 'does not follow from the entry before it' },
    ],
    ['a missing entry', 'DELETE FROM ledger_entry WHERE stream_id = $1 AND entry_no = 2', { entryNo: 3, problem: 'entry 2 is missing' }],
    [
      'a missing chain',
      'DELETE FROM ledger_entry WHERE stream_id = $1',
      { entryNo: null, problem: 'has 0 entries, but the onboarding counts 5' },
    ],
    [
      'a missing last entry',
      'DELETE FROM ledger_entry WHERE stream_id = $1 AND entry_no = 5',
      { entryNo: null, problem: 'has 4 entries, but the onboarding counts 5' },
    ],
    [
      'a forged head',
      `UPDATE onboarding SET head_hash = decode(repeat('00', 32), 'hex') WHERE identity_id = $1`,
      { entryNo: 5, problem: 'is not the head that the onboarding records' },
    ],
  ])('finds %s that a superuser made', async (_what, sql, fault) => {
    const { onboarding } = await withAccount()
    await tamper(sql, [onboarding.identityId])
    expect((await verifyLedger(pool, { identityId: onboarding.identityId })).faults).toEqual([
      { identityId: onboarding.identityId, ...fault },
    ])
  })

  it('continues past a thousand chains, and names at most as many faults as requested', async () => {
    const [first, last] = ['00000000-0000-4000-8000-000000000000', 'ffffffff-ffff-4fff-bfff-ffffffffffff']
    await pool.query(
      `INSERT INTO onboarding (identity_id, origin, state, version, entry_count, head_hash)
       SELECT gen_random_uuid(), 'adopted', 'pending', 1, 0, $1 FROM generate_series(1, 2001)`,
      [GENESIS],
    )
    for (const identityId of [first, last]) {
      await commit(null, approvedDraft(identityId))
      await tamper(`UPDATE ledger_entry SET kind = 'forged' WHERE stream_id = $1 AND entry_no = 1`, [identityId])
    }
    const { rows } = await pool.query('SELECT count(*)::int AS identities FROM onboarding')
    const { identities, faults } = await verifyLedger(pool)
    expect(identities).toBe(rows[0].identities)
    expect([faults.at(0)?.identityId, faults.at(-1)?.identityId]).toEqual([first, last])
    expect((await verifyLedger(pool, { maxFaults: 1 })).faults).toEqual(faults.slice(0, 1))
  })

  it('knows the hash of a link by its text, so that anyone can recompute it', () => {
    const data = { z: [1, { b: null, a: 'two' }], from: { to: true } }
    const link = { chain: 'c', entryNo: 7, at: new Date('2026-11-23T12:00:00.005Z'), kind: 'state.moved', actor: 'api', data }
    const text = '["c",7,"2026-11-23T12:00:00.005Z","state.moved","api",{"from":{"to":true},"z":[1,{"a":"two","b":null}]}]'
    expect(hashLink(GENESIS, link)).toEqual(createHash('sha256').update(Buffer.alloc(32)).update(text).digest())
  })

  it('covers the whole of an entry, for any length and any keys', () => {
    const at = new Date('2026-11-23T12:00:00.005Z')
    const hashOf = (data: unknown) => hashLink(GENESIS, { chain: 'c', entryNo: 1, at, kind: 'k', actor: 'a', data }).toString('hex')
    const long = 'ü🦊'.repeat(20_000)
    expect(hashOf({ long: `${long}x` })).not.toBe(hashOf({ long: `${long}y` }))
    expect(hashOf(JSON.parse('{"__proto__":{"to":"ready"}}'))).not.toBe(hashOf({}))
    expect(hashOf({ 10: 'ten', 9: 'nine', b: 1, a: 2 })).toBe(hashOf({ a: 2, b: 1, 9: 'nine', 10: 'ten' }))
  })
})
