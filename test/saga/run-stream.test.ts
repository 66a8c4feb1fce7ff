import { describe, expect, it } from 'vitest'
import { accountRefId } from '../../src/domain/onboarding/account-effect.ts'
import { newOnboarding } from '../../src/domain/onboarding/onboarding.ts'
import { NoticeRefusedError } from '../../src/notify/notice-errors.ts'
import type { PaxosAccount } from '../../src/paxos/accounts.ts'
import { PaxosRejectedError, PaxosUnavailableError } from '../../src/paxos/paxos-errors.ts'
import { ACCOUNT, createMemoryWorld, IDENTITY, PROFILE, reopen, work } from './memory-world.ts'

const OURS: PaxosAccount = { id: ACCOUNT, identityId: IDENTITY, refId: accountRefId(IDENTITY), profileId: PROFILE, type: 'BROKERAGE' }

describe('F14: every attempt is recorded', () => {
  it('in the commit of its receipt when it succeeded', async () => {
    const world = createMemoryWorld()
    await work(world)
    const kept = world.changes.flatMap(({ draft }) => draft.attempted ?? [])
    expect(kept).toMatchObject([
      { step: 'account', number: 1, at: world.now, code: null },
      { step: 'notice:account_opened:1', number: 1, code: null },
      { step: 'notice:ready:1', number: 1, code: null },
    ])
    expect(world.attempts).toEqual([])
  })

  it("in the commit of the refusal, with only Paxos's problem type and known words of its text", async () => {
    const world = createMemoryWorld()
    const failure = {
      operation: 'accounts.create',
      status: 422,
      problemType: 'https://developer.paxos.com/docs/v2/problems/unsupported-type',
      title: 'Account type not enabled',
      detail: 'account type is not enabled for Ada Lovelace, 12 Main Street',
    }
    world.paxos.create = () => Promise.reject(new PaxosRejectedError(failure))
    await work(world)
    const [kept] = world.changes.flatMap(({ draft }) => draft.attempted ?? [])
    expect(kept).toMatchObject({
      operation: 'accounts.create',
      status: 422,
      code: 'PAXOS_REJECTED',
      detail: expect.stringContaining('account type is not enabled'),
    })
    expect(JSON.stringify(kept)).not.toMatch(/Ada|Lovelace|Main/)
  })

  it('in a commit of its own when it failed and is tried again', async () => {
    const world = createMemoryWorld()
    world.paxos.create = () => Promise.reject(new PaxosUnavailableError({ operation: 'accounts.create', status: 503 }))
    await work(world)
    await work(world)
    expect(world.attempts).toMatchObject([
      { step: 'account', number: 1, status: 503, code: 'PAXOS_UNAVAILABLE' },
      { step: 'account', number: 2, status: 503, code: 'PAXOS_UNAVAILABLE' },
    ])
  })

  it('with the status that the application answered', async () => {
    const world = createMemoryWorld()
    world.send = () => Promise.reject(new NoticeRefusedError({ key: 'any', answer: 400 }))
    await work(world)
    expect(world.attempts).toMatchObject([{ step: 'notice:account_opened:1', operation: 'notify', status: 400, code: 'NOTICE_REFUSED' }])
  })
})

describe('F52: an answer about another object', () => {
  it.each<[string, Partial<PaxosAccount>]>([
    ['of another identity', { identityId: 'another' }],
    ['under another key', { refId: 'another' }],
    ['of another type', { type: 'CUSTODY' }],
  ])('of an account %s holds the onboarding', async (_what, change) => {
    const world = createMemoryWorld()
    world.paxos.create = async () => ({ ...OURS, ...change })
    await work(world)
    expect(world.stored?.onboarding).toMatchObject({ state: 'held', heldReason: 'account-mismatch', accountId: null })
  })

  it('of an account of another onboarding holds this one at once and spends no attempt', async () => {
    const world = createMemoryWorld()
    const { commit } = world.ledger
    world.ledger.commit = (change) =>
      change.draft.onboarding.accountId === null
        ? commit(change)
        : Promise.reject(Object.assign(new Error('duplicate key'), { code: '23505' }))
    await work(world)
    expect(world.row).toMatchObject({ state: 'processed', outcome: 'held:account-mismatch', attempts: 0 })
    expect(world.stored?.onboarding).toMatchObject({ state: 'held', heldReason: 'account-mismatch', accountId: null })
    expect(world.stored?.effects).toMatchObject([{ step: 'account', state: 'refused', errorCode: 'RECEIPT_TAKEN' }])
  })
})

describe('F46: a worker that finds data of a newer version', () => {
  it('leaves an unknown state unchanged and spends no attempt', async () => {
    const world = createMemoryWorld()
    const onboarding = { ...newOnboarding(IDENTITY, 'adopted', null), state: 'refreshing' as 'pending' }
    world.stored = { onboarding, effects: [], version: 1, entryCount: 1, headHash: Buffer.alloc(32) }
    expect(await work(world)).toMatchObject({ kind: 'later' })
    expect(world.row).toMatchObject({ state: 'accepted', attempts: 0, errorCode: 'STREAM_STATE_UNKNOWN' })
    expect(world.changes).toEqual([])
  })

  it.each(['command', 'timer', 'letter'])('leaves an event of unroutable origin %s unchanged', async (origin) => {
    const world = createMemoryWorld()
    Object.assign(world.row, { origin, streamId: 'order_1' })
    expect(await work(world)).toMatchObject({ kind: 'later' })
    expect(world.row).toMatchObject({ state: 'accepted', attempts: 0, errorCode: 'ORIGIN_UNKNOWN' })
  })
})

it("F43: an onboarding becomes ready when Paxos's ids are not UUIDs", async () => {
  const world = createMemoryWorld()
  world.event = { ...world.event, id: 'evt_01HZX', identityId: 'idn:7/AbC' }
  world.row.eventId = 'evt_01HZX'
  await work(world)
  expect(world.stored?.onboarding).toMatchObject({ identityId: 'idn:7/AbC', state: 'ready' })
  expect(world.notices.map(({ key }) => key)).toEqual(['notice_account_opened_1_idn:7/AbC', 'notice_ready_1_idn:7/AbC'])
})

it('A34: a disablement read before an approval does not commit after that approval changed nothing', async () => {
  const world = createMemoryWorld()
  await work(world)
  const readNow = world.reader.identity
  reopen(world)
  world.reader.identity = async (...asked) => {
    const identity = await readNow(...asked)
    world.reader.identity = readNow
    await work(world) // another worker reads after this one, finds `APPROVED` and `ready`, and ends first
    return { ...identity, status: 'DISABLED' }
  }
  await work(world)
  expect(world.stored?.onboarding.state).toBe('ready')
  expect(world.notices).toHaveLength(2)
})
