import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GENESIS, hashLink } from '../../src/ledger/hash-chain.ts'
import { createLedger, type Ledger, type Stored } from '../../src/ledger/ledger.ts'
import { verifyLedger } from '../../src/ledger/verify-ledger.ts'
import { applyDecision, applyReceipt, claimNext, type Draft, draftOf } from '../../src/onboarding/advance.ts'
import { newOnboarding } from '../../src/onboarding/onboarding.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'

let database: TestDatabase
let pool: pg.Pool
let ledger: Ledger
beforeAll(async () => {
  database = await createTestDatabase()
  pool = new pg.Pool({ connectionString: database.url })
  ledger = createLedger({ pool })
})
afterAll(async () => {
  await ledger.close()
  await pool.end()
  await database.drop()
})

const at = new Date()
const approvedDraft = (identityId = randomUUID()): Draft =>
  applyDecision(
    draftOf({ onboarding: newOnboarding(identityId, 'adopted', null), effects: [] }),
    { kind: 'move', to: 'approved', requiredDocuments: [] },
    'APPROVED',
  )

async function commit(before: Stored | null, draft: Draft): Promise<Stored> {
  const stored = await ledger.commit({ before, draft, actor: 'event:test', at })
  if (!stored) throw new Error('lost a race that nobody ran')
  return stored
}

async function withAccount(): Promise<Stored> {
  const stored = await commit(null, approvedDraft())
  const receipt = { kind: 'account', accountId: randomUUID(), profileId: randomUUID(), how: 'created' } as const
  return commit(stored, applyReceipt(draftOf(stored), 'account', receipt))
}

/** Past the write path. */
async function insertEntry({ identityId, entryNo, prevHash }: { identityId: string; entryNo: number; prevHash: Buffer }): Promise<void> {
  await pool.query(
    `INSERT INTO ledger_entry (identity_id, entry_no, at, kind, actor, data, prev_hash, hash) VALUES ($1, $2, now(), 'x', 'x', '{}', $3, $4)`,
    [identityId, entryNo, prevHash, Buffer.alloc(32, 2)],
  )
}

describe('a change', () => {
  it('reads back as it was committed', async () => {
    const stored = await withAccount()
    expect(await ledger.load(stored.onboarding.identityId)).toEqual(stored)
  })

  it('is refused on a version that somebody has moved on from, with everything that belongs to it', async () => {
    const first = await commit(null, approvedDraft())
    const claim = claimNext(draftOf(first), { by: '1', now: 0, leaseMs: 1 })
    if (claim.kind !== 'attempt') throw new Error('nothing to claim')
    await commit(first, claim.draft)
    const late = { ...applyDecision(draftOf(first), { kind: 'move', to: 'disabled', requiredDocuments: [] }, 'DISABLED') }
    expect(await ledger.commit({ before: first, draft: late, actor: 'late', at })).toBeNull()
    const { rows } = await pool.query("SELECT count(*)::int AS late FROM ledger_entry WHERE actor = 'late'")
    expect(rows).toEqual([{ late: 0 }])
    const stored = await ledger.load(first.onboarding.identityId)
    expect(stored?.onboarding.state).toBe('approved')
    expect(stored?.effects.map(({ step }) => step)).toEqual(['account'])
  })

  it('reads back with the attempt that it put on record', async () => {
    const first = await commit(null, approvedDraft())
    const claim = claimNext(draftOf(first), { by: '7', now: at.getTime(), leaseMs: 45_000 })
    if (claim.kind !== 'attempt') throw new Error('nothing to claim')
    await commit(first, claim.draft)
    expect((await ledger.load(first.onboarding.identityId))?.effects).toMatchObject([
      { step: 'account', attempts: 1, leaseBy: '7', leaseUntil: at.getTime() + 45_000 },
    ])
  })

  it('keeps the time at which it first was approved, and first was ready', async () => {
    const before = await withAccount()
    const { identityId } = before.onboarding
    const told = applyReceipt(draftOf(before), 'notice:ready:1', { kind: 'notice', channel: 'log', status: null })
    const ready = await commit(before, told)
    const times = async () => (await pool.query('SELECT approved_at, ready_at FROM onboarding WHERE identity_id = $1', [identityId])).rows
    expect(await times()).toEqual([{ approved_at: at, ready_at: at }])
    const later = new Date(at.getTime() + 60_000)
    await ledger.commit({ before: ready, draft: draftOf(ready), actor: 'again', at: later })
    expect(await times()).toEqual([{ approved_at: at, ready_at: at }])
  })

  it('wins alone among fifty that were decided on the same version at once', async () => {
    const identityId = randomUUID()
    const results = await Promise.all(
      Array.from({ length: 50 }, () => ledger.commit({ before: null, draft: approvedDraft(identityId), actor: 'race', at })),
    )
    expect(results.filter((stored) => stored !== null)).toHaveLength(1)
    expect((await pool.query('SELECT count(*)::int AS entries FROM ledger_entry WHERE identity_id = $1', [identityId])).rows).toEqual([
      { entries: 2 },
    ])
  })

  it('loses quietly to another first one of the same identity, also where both bring its ref_id', async () => {
    const second = createLedger({ pool }) // another process: its commits meet ours in the database
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

  it('ends the opening of the event that it came from, and no later one', async () => {
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
        settlement: { seq, generation, outcome: 'moved:approved' },
      })
    await end(0)
    expect(await state()).toBe('accepted')
    const stale = { before: null, draft: approvedDraft(), actor: 'late', at }
    await ledger.commit(stale)
    expect(await ledger.commit({ ...stale, settlement: { seq, generation: 1, outcome: 'moved:approved' } })).toBeNull()
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

  it('fails alone when the database refuses it, and its neighbours are committed', async () => {
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
      'an entry on another hash than that of the one before',
      ({ entryCount }) => ({ entryNo: entryCount + 1, prevHash: Buffer.alloc(32, 1) }),
    ],
    ['a first entry of no onboarding', () => ({ identityId: randomUUID(), entryNo: 1, prevHash: GENESIS })],
  ])('refuses %s', async (_, entry) => {
    const last = await withAccount()
    await expect(insertEntry({ identityId: last.onboarding.identityId, ...entry(last) })).rejects.toMatchObject({ code: '23503' })
  })

  it('refuses a first entry that stands on anything', async () => {
    const identityId = randomUUID()
    const together = (prevHash: Buffer) =>
      pool.query(
        `WITH o AS (INSERT INTO onboarding (identity_id, origin, state, version, entry_count, head_hash) VALUES ($1, 'adopted', 'pending', 1, 1, $3))
         INSERT INTO ledger_entry (identity_id, entry_no, at, kind, actor, data, prev_hash, hash) VALUES ($1, 1, $4, 'x', 'x', '{}', $2, $3)`,
        [identityId, prevHash, hashLink(GENESIS, { chain: identityId, entryNo: 1, at, kind: 'x', actor: 'x', data: {} }), at],
      )
    await expect(together(Buffer.alloc(32, 1))).rejects.toMatchObject({ code: '23503' })
    await together(GENESIS)
  })

  it.each(['DELETE FROM onboarding', 'UPDATE onboarding SET identity_id = gen_random_uuid()', 'TRUNCATE onboarding CASCADE'])(
    'keeps each onboarding under its name: refuses %s',
    async (sql) => {
      await withAccount()
      await expect(pool.query(sql)).rejects.toThrow(/kept for ever/)
    },
  )

  it('refuses to change or to forget a receipt', async () => {
    const { onboarding } = await withAccount()
    const where = `WHERE identity_id = '${onboarding.identityId}' AND step = 'account'`
    for (const set of [`receipt = '{}'`, `state = 'intended'`, `key = 'another'`]) {
      await expect(pool.query(`UPDATE effect SET ${set} ${where}`)).rejects.toThrow(/has its receipt/)
    }
  })

  it('knows every account, profile, name at Paxos and key of an effect once', async () => {
    const [one, other] = [await withAccount(), await withAccount()]
    const { accountId, profileId } = one.onboarding
    await pool.query(`UPDATE onboarding SET ref_id = 'ours' WHERE account_id = $1`, [accountId])
    const theft = (sql: string, value: unknown) => pool.query(`${sql} WHERE identity_id = $2`, [value, other.onboarding.identityId])
    await expect(theft('UPDATE onboarding SET account_id = $1', accountId)).rejects.toMatchObject({ code: '23505' })
    await expect(theft('UPDATE onboarding SET profile_id = $1', profileId)).rejects.toMatchObject({ code: '23505' })
    await expect(theft('UPDATE onboarding SET ref_id = $1', 'ours')).rejects.toMatchObject({ code: '23505' })
    const { key } = one.effects.find(({ step }) => step === 'notice:ready:1') ?? { key: '' }
    await expect(
      pool.query(`INSERT INTO effect (identity_id, step, kind, key, state) VALUES ($1, 'notice:denied:1', 'notice', $2, 'intended')`, [
        other.onboarding.identityId,
        key,
      ]),
    ).rejects.toMatchObject({ code: '23505' })
  })

  it('knows no hold without a reason, no reason without a hold, and nothing done without a receipt', async () => {
    const { onboarding } = await commit(null, approvedDraft())
    for (const set of [`state = 'held'`, `held_reason = 'account-mismatch'`])
      await expect(pool.query(`UPDATE onboarding SET ${set} WHERE identity_id = $1`, [onboarding.identityId])).rejects.toMatchObject({
        constraint: 'onboarding_held_says_why',
      })
    await expect(pool.query(`UPDATE effect SET state = 'done' WHERE identity_id = $1`, [onboarding.identityId])).rejects.toMatchObject({
      constraint: 'effect_done_has_receipt',
    })
  })

  it('knows no ready customer without account and profile', async () => {
    const { onboarding } = await commit(null, approvedDraft())
    await expect(pool.query(`UPDATE onboarding SET state = 'ready' WHERE identity_id = $1`, [onboarding.identityId])).rejects.toMatchObject(
      { constraint: 'onboarding_ready_has_account' },
    )
  })
})

describe('verification', () => {
  it('finds every chain whole', async () => {
    await Promise.all(Array.from({ length: 30 }, withAccount))
    expect(await verifyLedger(pool)).toMatchObject({ faults: [] })
  })

  it.each([
    [
      'a changed entry',
      `UPDATE ledger_entry SET data = '{"to": "denied"}' WHERE identity_id = $1 AND entry_no = 2`,
      { entryNo: 2, problem: 'its content does not match its hash' },
    ],
    [
      'a moved time',
      `UPDATE ledger_entry SET at = at + interval '1 ms' WHERE identity_id = $1 AND entry_no = 1`,
      { entryNo: 1, problem: 'its content does not match its hash' },
    ],
    [
      'a missing last entry',
      'DELETE FROM ledger_entry WHERE identity_id = $1 AND entry_no = 4',
      { entryNo: null, problem: 'has 3 entries where the onboarding counts 4' },
    ],
    [
      'a forged head',
      `UPDATE onboarding SET head_hash = decode(repeat('00', 32), 'hex') WHERE identity_id = $1`,
      { entryNo: 4, problem: 'is not the head that the onboarding carries' },
    ],
  ])('finds %s, made by somebody who may do anything', async (_what, sql, fault) => {
    const { onboarding } = await withAccount()
    const client = await pool.connect()
    await client.query("SET session_replication_role = 'replica'") // a superuser who switches the guards off
    await client.query(sql, [onboarding.identityId])
    await client.query("SET session_replication_role = 'origin'")
    client.release()
    expect((await verifyLedger(pool, { identityId: onboarding.identityId })).faults).toEqual([
      { identityId: onboarding.identityId, ...fault },
    ])
  })

  it('does not take an entry of one chain for that of another', () => {
    const link = { entryNo: 1, at, kind: 'state.moved', actor: 'x', data: {} }
    expect(hashLink(GENESIS, { ...link, chain: 'a' })).not.toEqual(hashLink(GENESIS, { ...link, chain: 'b' }))
  })
})
