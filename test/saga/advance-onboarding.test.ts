import { describe, expect, it } from 'vitest'
import { accountRefId } from '../../src/domain/onboarding/account-effect.ts'
import type { Stored } from '../../src/ledger/change.ts'
import { NoticeOutcomeUnknownError, NoticeRefusedError } from '../../src/notify/notice-errors.ts'
import type { PaxosAccount } from '../../src/paxos/accounts.ts'
import { PaxosConflictError, PaxosOutcomeUnknownError, PaxosRejectedError, PaxosUnavailableError } from '../../src/paxos/paxos-errors.ts'
import { ACCOUNT, createMemoryWorld, IDENTITY, type MemoryWorld, PROFILE, RECEIVED_AT, reopen, work } from './memory-world.ts'

const operation = 'accounts.create'
const KEY = accountRefId(IDENTITY)
const OURS: PaxosAccount = { id: ACCOUNT, identityId: IDENTITY, refId: KEY, profileId: PROFILE, type: 'BROKERAGE' }
const LEASE_MS = 45_000

const effectOf = ({ stored }: MemoryWorld, step: string) => stored?.effects.find((effect) => effect.step === step)
const entriesOf = ({ changes }: MemoryWorld) => changes.flatMap(({ draft }) => draft.entries)
const creationsOf = ({ calls }: MemoryWorld): number => calls.filter((call) => call.startsWith('create')).length

/** Another event of the same identity, with its job. */
function next(world: MemoryWorld, type: string, status: string): void {
  world.status = status
  const seq = String(Number(world.row.seq) + 1)
  Object.assign(world.event, { id: `event-${seq}`, type })
  Object.assign(world.row, {
    seq,
    eventId: `event-${seq}`,
    type,
    state: 'accepted',
    outcome: null,
    attempts: 0,
    unknownOutcomes: 0,
    errorCode: null,
    errorDetail: null,
    generation: 0,
    authority: 'machine',
  })
  world.job = { seq, generation: 0, batch: null }
}

/** The next creation of the account fails with `error`, after `left` was created at Paxos. */
function creationFails(world: MemoryWorld, error: Error, left: PaxosAccount[] = []): void {
  const { create } = world.paxos
  world.paxos.create = (_, options) => {
    world.calls.push(`create ${options?.priority}`)
    world.accounts.push(...left)
    world.paxos.create = create
    return Promise.reject(error)
  }
}

describe('an approval', () => {
  it('is read and decided, each step is committed before and after it is made, and the last commit completes the event', async () => {
    const world = createMemoryWorld()
    expect(await work(world)).toEqual({ kind: 'done' })
    expect(world.calls).toEqual([`event event-7 of ${RECEIVED_AT} live`, `identity of ${RECEIVED_AT} live`, 'create live'])
    expect(world.changes.map(({ actor, at, completion }) => ({ actor, at, completion }))).toEqual([
      { actor: 'event:event-7', at: new Date(world.now), completion: undefined },
      { actor: 'event:event-7', at: new Date(world.now), completion: undefined },
      { actor: 'event:event-7', at: new Date(world.now), completion: undefined },
      { actor: 'event:event-7', at: new Date(world.now), completion: { seq: '7', generation: 0, outcome: 'moved:ready' } },
    ])
    expect(entriesOf(world)[0]).toEqual({ kind: 'onboarding.adopted', data: { event: 'identity.approved' } })
    expect(effectOf(world, 'account')?.receipt).toEqual({ kind: 'account', accountId: ACCOUNT, profileId: PROFILE, how: 'created' })
    expect(effectOf(world, 'notice:ready:1')?.receipt).toEqual({ kind: 'notice', channel: 'memory', status: 204 })
    expect(world.accounts).toEqual([OURS])
    expect(world.stored?.onboarding.origin).toBe('adopted')
    expect(world.completions).toEqual([])
    expect(world.ended).toEqual([{ end: 'processed', sinceReceivedMs: 500 }])
  })

  it('makes each step under a lease of 45 s in the name of its job, and a reopened event is a different job', async () => {
    const world = createMemoryWorld()
    creationFails(world, new PaxosUnavailableError({ operation }))
    await work(world)
    expect(effectOf(world, 'account')).toMatchObject({ attempts: 1, lease: { seq: '7', generation: 0, until: world.now + LEASE_MS } })
    reopen(world)
    world.now += LEASE_MS
    world.send = () => Promise.reject(new NoticeOutcomeUnknownError({ key: 'any', answer: 500 }))
    await work(world)
    expect(effectOf(world, 'notice:account_opened:1')).toMatchObject({ attempts: 1, lease: { seq: '7', generation: 1 } })
  })

  it('tells the user account and profile under one key and as of one time, at every attempt', async () => {
    const world = createMemoryWorld()
    const since = new Date(world.now + 1_000)
    const { create } = world.paxos
    world.paxos.create = (...order) => {
      world.now += 1_000 // the time of the notice's intent, not of the account's
      return create(...order)
    }
    world.send = () => Promise.reject(new NoticeOutcomeUnknownError({ key: 'any', answer: 500 }))
    await work(world)
    world.now += 10_000
    world.send = async () => ({ status: 200 })
    await work(world)
    const data = { identityId: IDENTITY, refId: null, accountId: ACCOUNT, profileId: PROFILE }
    const opened = { key: `notice_account_opened_1_${IDENTITY}`, kind: 'account.opened', occurredAt: since, data }
    const ready = { key: `notice_ready_1_${IDENTITY}`, kind: 'onboarding.ready', occurredAt: since, data }
    expect(world.notices).toEqual([opened, opened, ready])
    expect(creationsOf(world)).toBe(1)
    expect(world.row.outcome).toBe('resumed:ready')
  })

  it('that is repeated is ignored, in a commit without entries', async () => {
    const world = createMemoryWorld()
    await work(world)
    const { length } = world.changes
    next(world, 'identity.approved', 'APPROVED')
    await work(world)
    expect(world.completions).toEqual([])
    const [last, ...more] = world.changes.slice(length)
    expect(more).toEqual([])
    expect(last).toMatchObject({ completion: { seq: '8', generation: 0, outcome: 'ignored:already-ready' }, draft: { entries: [] } })
    expect(world.notices).toHaveLength(2)
  })

  it('of an identity that another system created is held when unknownIdentities is hold, and opens nothing', async () => {
    const world = createMemoryWorld({ unknownIdentities: 'hold' })
    await work(world)
    expect(world.stored?.onboarding).toMatchObject({ state: 'held', heldReason: 'unknown-identity', heldFrom: 'pending' })
    expect(world.row.outcome).toBe('held:unknown-identity')
    expect(creationsOf(world)).toBe(0)
    // An identity that is known is not held.
    const { stored } = world
    Object.assign(world, {
      stored: { ...stored, onboarding: { ...stored?.onboarding, state: 'pending', heldFrom: null, heldReason: null } },
    })
    next(world, 'identity.approved', 'APPROVED')
    await work(world)
    expect(world.stored?.onboarding.state).toBe('ready')
  })

  it('is read again while the status does not show it yet, and held after six reads', async () => {
    const world = createMemoryWorld()
    world.status = 'PENDING'
    for (let reads = 1; reads <= 6; reads += 1) expect(await work(world)).toMatchObject({ kind: 'later' })
    expect(world.row).toMatchObject({ attempts: 6, errorCode: 'STATUS_NOT_SETTLED' })
    expect(world.stored).toBeNull()
    await work(world)
    expect(world.stored?.onboarding).toMatchObject({ state: 'held', heldReason: 'status-not-settled' })
    expect(world.row.outcome).toBe('held:status-not-settled')
  })
})

describe('the notification of another decision', () => {
  it.each([
    ['identity.denied', 'DENIED', 'denied', {}],
    ['identity.disabled', 'DISABLED', 'disabled', {}],
    ['identity.documents_required', 'PENDING', 'documents_required', { requiredDocuments: ['A', 'B'] }],
  ])('tells the user: %s', async (type, status, state, more) => {
    const world = createMemoryWorld()
    Object.assign(world.event, { type, requiredDocuments: ['B', 'A'] })
    world.status = status
    await work(world)
    expect(world.notices).toEqual([
      {
        key: `notice_${state}_1_${IDENTITY}`,
        kind: `onboarding.${state}`,
        occurredAt: new Date(world.now),
        data: { identityId: IDENTITY, refId: null, ...more },
      },
    ])
    expect(world.row.outcome).toBe(`moved:${state}`)
  })

  it('of a customer who was ready names no account, which the user knows already', async () => {
    const world = createMemoryWorld()
    await work(world)
    next(world, 'identity.disabled', 'DISABLED')
    await work(world)
    expect(world.notices.at(-1)?.data).toEqual({ identityId: IDENTITY, refId: null })
    expect(world.row.outcome).toBe('moved:disabled')
  })
})

describe('a contradiction', () => {
  const contradicted = async (): Promise<MemoryWorld> => {
    const world = createMemoryWorld()
    await work(world)
    next(world, 'identity.denied', 'DENIED')
    await work(world)
    expect(world.row.outcome).toBe('held:denied-after-approved')
    return world
  }

  it('waits for an operator: later and reopened events move nothing', async () => {
    const world = await contradicted()
    next(world, 'identity.approved', 'APPROVED')
    reopen(world)
    await work(world)
    expect(world.row.outcome).toBe('noted:APPROVED')
    expect(world.stored?.onboarding.state).toBe('held')
  })

  it('is resolved by a replay that may release holds', async () => {
    const world = await contradicted()
    reopen(world, 'operator')
    await work(world)
    expect(world.stored?.onboarding).toMatchObject({ state: 'denied', heldReason: null })
    expect(world.row.outcome).toBe('moved:denied')
  })
})

describe('when another worker commits first', () => {
  /** Commits for which `lost` is true lose to another worker, which changes only the version. */
  const losing = (world: MemoryWorld, lost: (commit: number) => boolean): void => {
    const { commit } = world.ledger
    let commits = 0
    world.ledger.commit = async (change) => {
      commits += 1
      if (!lost(commits)) return commit(change)
      if (world.stored) world.stored = { ...world.stored, version: world.stored.version + 1 }
      return null
    }
  }

  it.each([1, 2, 3, 4])('at commit %i, the event observes and decides again, and does nothing twice', async (lost) => {
    const world = createMemoryWorld()
    losing(world, (commit) => commit === lost)
    await work(world)
    expect(world.calls.filter((call) => call.startsWith('identity'))).toHaveLength(2)
    expect(world).toMatchObject({ row: { state: 'processed' }, stored: { onboarding: { state: 'ready', accountId: ACCOUNT } } })
    expect(creationsOf(world)).toBe(1)
    expect(world.notices).toHaveLength(2)
    expect(world.stored?.effects.map(({ step, state }) => [step, state])).toEqual([
      ['account', 'done'],
      ['notice:account_opened:1', 'done'],
      ['notice:ready:1', 'done'],
    ])
  })

  it('the event keeps the account that it has found', async () => {
    const world = createMemoryWorld()
    creationFails(world, new PaxosOutcomeUnknownError({ operation }), [OURS])
    await work(world)
    next(world, 'identity.disabled', 'DISABLED')
    world.send = async () => ({ status: 204 })
    losing(world, (commit) => commit === 3)
    world.now += LEASE_MS + 1
    await work(world)
    expect(effectOf(world, 'account')).toMatchObject({ state: 'done', receipt: { how: 'adopted' } })
    expect(world.calls.filter((call) => call.startsWith('list'))).toHaveLength(1)
  })

  it('at eight commits in a row, the event returns to the queue and spends no attempt', async () => {
    const world = createMemoryWorld()
    losing(world, () => true)
    expect(await work(world)).toMatchObject({ kind: 'later' })
    expect(world.row).toMatchObject({ state: 'accepted', attempts: 0, unknownOutcomes: 0, errorCode: 'ONBOARDING_CONTENDED' })
    expect(world.calls.filter((call) => call.startsWith('identity'))).toHaveLength(8)
  })

  it('and has reopened an effect that this event refused, the effect stays open', async () => {
    const world = createMemoryWorld()
    creationFails(world, new PaxosRejectedError({ operation, status: 400 }))
    losing(world, (commit) => commit === 2)
    await work(world)
    expect(world.row).toMatchObject({ state: 'processed', outcome: 'resumed:ready' })
  })
})

describe('a step that another event has leased', () => {
  it.each([
    ['is tried again after a second', 5_000, 1_000],
    ['is tried again when the lease ends, if that is sooner', LEASE_MS - 400, 400],
  ])('%s', async (_, afterMs, waitMs) => {
    const world = createMemoryWorld()
    creationFails(world, new PaxosOutcomeUnknownError({ operation }))
    await work(world)
    next(world, 'identity.approved', 'APPROVED')
    world.now += afterMs
    expect(await work(world)).toEqual({ kind: 'later', at: world.now + waitMs })
    expect(world.row).toMatchObject({
      attempts: 0,
      errorCode: 'EFFECT_IN_PROGRESS',
      errorDetail: 'account is being run by another event',
    })
    expect(creationsOf(world)).toBe(1)
    world.now += waitMs
    if (afterMs + waitMs < LEASE_MS) return
    await work(world)
    expect(world.row.outcome).toBe('resumed:ready')
  })
})

describe('an account whose creation got no answer', () => {
  it('is looked up under the same key before it is requested again', async () => {
    const world = createMemoryWorld()
    creationFails(world, new PaxosOutcomeUnknownError({ operation }), [{ ...OURS, id: 'another', refId: 'theirs' }, OURS])
    await work(world)
    expect(world.row).toMatchObject({ unknownOutcomes: 1, errorCode: 'PAXOS_OUTCOME_UNKNOWN' })
    await work(world)
    expect(effectOf(world, 'account')?.receipt).toEqual({ kind: 'account', accountId: ACCOUNT, profileId: PROFILE, how: 'adopted' })
    expect(world.calls.filter((call) => /create|list|get/.test(call))).toEqual(['create live', 'list live'])
  })

  it('is requested again when it does not exist', async () => {
    const world = createMemoryWorld()
    creationFails(world, new PaxosOutcomeUnknownError({ operation }))
    await work(world)
    await work(world)
    expect(world.calls.filter((call) => /create|list|get/.test(call))).toEqual(['create live', 'list live', 'create live'])
    expect(effectOf(world, 'account')?.receipt).toMatchObject({ how: 'created' })
  })
})

describe('an account that exists according to Paxos', () => {
  const conflict = (existingId: string | null): Error =>
    new PaxosConflictError({ operation, status: 409 }, { existingId, duplicate: 'ref_id' })

  it.each([
    ['by id', ACCOUNT, `get ${ACCOUNT} replay`],
    ['by key only', null, 'list replay'],
  ])('and is named %s, is read and adopted', async (_, existingId, call) => {
    const world = createMemoryWorld()
    reopen(world)
    creationFails(world, conflict(existingId), [OURS])
    await work(world)
    expect(effectOf(world, 'account')?.receipt).toMatchObject({ accountId: ACCOUNT, how: 'adopted' })
    expect(world.calls.slice(2)).toEqual(['create replay', call])
  })

  it.each<[string, string | null, PaxosAccount[]]>([
    ['does not exist', null, []],
    ['belongs to another identity', ACCOUNT, [{ ...OURS, identityId: 'another' }]],
    ['has another key', ACCOUNT, [{ ...OURS, refId: 'another' }]],
  ])('but %s holds the onboarding, refuses the step, and sends no notification', async (_, existingId, left) => {
    const world = createMemoryWorld()
    creationFails(world, conflict(existingId), left)
    await work(world)
    expect(world.stored?.onboarding).toMatchObject({ state: 'held', heldReason: 'account-mismatch', accountId: null })
    expect(effectOf(world, 'account')).toMatchObject({ state: 'refused', errorCode: 'ACCOUNT_MISMATCH' })
    expect(world.row).toMatchObject({ state: 'processed', outcome: 'held:account-mismatch' })
    expect(world.notices).toEqual([])
  })

  it('is assumed only after a conflict, not after another refusal', async () => {
    const world = createMemoryWorld()
    creationFails(world, new PaxosUnavailableError({ operation }), [OURS])
    await work(world)
    expect(world.calls.slice(2)).toEqual(['create live'])
    expect(world.row).toMatchObject({ state: 'accepted', errorCode: 'PAXOS_UNAVAILABLE' })
  })
})

describe('an account without a profile yet', () => {
  const late = (world: MemoryWorld, { arrivesAtRead }: { arrivesAtRead: number }): void => {
    let reads = 0
    creationFails(world, new PaxosConflictError({ operation }, { existingId: null, duplicate: null }), [{ ...OURS, profileId: null }])
    world.paxos.get = async (id, options) => {
      reads += 1
      world.calls.push(`get ${id} ${options?.priority}`)
      return { ...OURS, profileId: reads >= arrivesAtRead ? PROFILE : null }
    }
  }

  it('is read three times shortly afterwards', async () => {
    const world = createMemoryWorld()
    late(world, { arrivesAtRead: 3 })
    await work(world)
    expect(world.stored?.onboarding).toMatchObject({ state: 'ready', accountId: ACCOUNT, profileId: PROFILE })
    expect(world.calls.filter((call) => call.startsWith('get'))).toEqual(Array(3).fill(`get ${ACCOUNT} live`))
  })

  it('spends an attempt, and holds the onboarding at the sixth', async () => {
    const world = createMemoryWorld()
    late(world, { arrivesAtRead: 100 })
    world.row.attempts = 4
    await work(world)
    expect(world.row).toMatchObject({ state: 'accepted', attempts: 5, errorCode: 'ACCOUNT_WITHOUT_PROFILE' })
    expect(world.calls.filter((call) => call.startsWith('get'))).toHaveLength(3)
    await work(world)
    expect(world.stored?.onboarding).toMatchObject({ state: 'held', heldReason: 'account-without-profile' })
    expect(effectOf(world, 'account')).toMatchObject({ state: 'refused', errorCode: 'ACCOUNT_WITHOUT_PROFILE' })
    expect(world.row.outcome).toBe('held:account-without-profile')
    expect(creationsOf(world)).toBe(1)
  })
})

describe('a step that was refused for good', () => {
  const refused = async (): Promise<MemoryWorld> => {
    const world = createMemoryWorld()
    creationFails(world, new PaxosRejectedError({ operation, status: 400 }))
    await work(world)
    return world
  }

  it('is recorded, and its event is parked with the reason', async () => {
    const world = await refused()
    expect(effectOf(world, 'account')).toMatchObject({ state: 'refused', errorCode: 'PAXOS_REJECTED' })
    expect(entriesOf(world).at(-1)).toMatchObject({ kind: 'effect.refused', data: { step: 'account', code: 'PAXOS_REJECTED' } })
    expect(world.row).toMatchObject({ state: 'parked', errorCode: 'EFFECT_REFUSED' })
    expect(world.row.errorDetail).toContain('account was refused (PAXOS_REJECTED)')
  })

  it('is not tried for another event, which is parked too and writes nothing', async () => {
    const world = await refused()
    const { length } = world.changes
    next(world, 'identity.approved', 'APPROVED')
    await work(world)
    expect(world.row).toMatchObject({ state: 'parked', errorCode: 'EFFECT_REFUSED' })
    expect(creationsOf(world)).toBe(1)
    expect(world.changes).toHaveLength(length)
  })

  it('is looked up and tried again when the event is reopened', async () => {
    const world = await refused()
    reopen(world)
    await work(world)
    expect(world.calls.filter((call) => /create|list/.test(call))).toEqual(['create live', 'list replay', 'create replay'])
    expect(world.row).toMatchObject({ state: 'processed', outcome: 'resumed:ready' })
  })

  it('is tried again although other steps are done', async () => {
    const world = createMemoryWorld()
    Object.assign(world.event, { type: 'identity.documents_required', requiredDocuments: ['A'] })
    world.status = 'PENDING'
    await work(world)
    next(world, 'identity.approved', 'APPROVED')
    creationFails(world, new PaxosRejectedError({ operation, status: 400 }))
    await work(world)
    reopen(world)
    await work(world)
    expect(world.row).toMatchObject({ state: 'processed', outcome: 'resumed:ready' })
  })

  it('is only looked up when the event of a held onboarding is reopened, and suppressed when it does not exist', async () => {
    const world = createMemoryWorld()
    creationFails(world, new PaxosConflictError({ operation }, { existingId: null, duplicate: null }))
    await work(world)
    expect(world.stored?.onboarding.heldReason).toBe('account-mismatch')
    reopen(world)
    await work(world)
    expect(effectOf(world, 'account')).toMatchObject({ state: 'suppressed', attempts: 1 })
    expect(entriesOf(world).at(-1)).toMatchObject({ kind: 'effect.suppressed', data: { step: 'account', mayHaveBeenSent: false } })
    expect(world.row.outcome).toBe('held:account-mismatch')
    expect(creationsOf(world)).toBe(1)
  })

  it('does not come from a notification that the application refused, since that may be fixed within the hour', async () => {
    const world = createMemoryWorld()
    world.send = () => Promise.reject(new NoticeRefusedError({ key: 'any', answer: 404 }))
    await work(world)
    expect(effectOf(world, 'notice:account_opened:1')).toMatchObject({ state: 'intended', attempts: 1 })
    expect(world.row).toMatchObject({ state: 'accepted', attempts: 1, errorCode: 'NOTICE_REFUSED' })
  })

  it('does not come from a bug', async () => {
    const world = createMemoryWorld()
    creationFails(world, new TypeError('x is undefined'))
    await work(world)
    expect(effectOf(world, 'account')?.state).toBe('intended')
    expect(world.row).toMatchObject({ state: 'accepted', attempts: 1, errorCode: 'TypeError' })
  })
})

describe('an account that may exist although the identity is disabled by now', () => {
  const disabled = async (left: PaxosAccount[] = []): Promise<MemoryWorld> => {
    const world = createMemoryWorld()
    creationFails(world, new PaxosOutcomeUnknownError({ operation }), left)
    await work(world)
    next(world, 'identity.disabled', 'DISABLED')
    return world
  }

  it('is looked up, never requested, and recorded in the ledger', async () => {
    const world = await disabled([OURS])
    await work(world)
    expect(world.stored?.onboarding).toMatchObject({ state: 'disabled', accountId: ACCOUNT, profileId: PROFILE })
    expect(world.row.outcome).toBe('moved:disabled')
    expect(creationsOf(world)).toBe(1)
    expect(world.notices.map(({ kind }) => kind)).toEqual(['onboarding.disabled'])
  })

  it('counts as absent only after every lease on it has ended', async () => {
    const world = await disabled()
    world.now += LEASE_MS - 300
    expect(await work(world)).toEqual({ kind: 'later', at: world.now + 300 })
    expect(world.row).toMatchObject({ attempts: 0, errorCode: 'EFFECT_IN_PROGRESS', errorDetail: 'account is being run by another event' })
    world.now += 300
    await work(world)
    expect(effectOf(world, 'account')).toMatchObject({ state: 'suppressed' })
    expect(world.stored?.onboarding).toMatchObject({ state: 'disabled', accountId: null })
    expect(world.row.outcome).toBe('resumed:disabled')
    expect(world.notices).toHaveLength(1)
  })

  it('is looked up every second while another event may hold its lease', async () => {
    const world = await disabled()
    expect(await work(world)).toEqual({ kind: 'later', at: world.now + 1_000 })
  })

  it('counts as absent at once when no lease was ever taken', async () => {
    const world = await disabled()
    const { stored } = world
    world.stored = { ...stored, effects: stored?.effects.map((effect) => ({ ...effect, lease: null })) } as Stored
    await work(world)
    expect(effectOf(world, 'account')?.state).toBe('suppressed')
  })

  it('is looked up again when the look-up fails, and holds the onboarding when it is not ours', async () => {
    const world = await disabled([{ ...OURS, identityId: 'another' }])
    const { listOfIdentity } = world.paxos
    world.paxos.listOfIdentity = () => Promise.reject(new PaxosUnavailableError({ operation }))
    await work(world)
    expect(world.row).toMatchObject({ state: 'accepted', errorCode: 'PAXOS_UNAVAILABLE' })
    world.paxos.listOfIdentity = listOfIdentity
    await work(world)
    expect(world.stored?.onboarding).toMatchObject({ state: 'held', heldReason: 'account-mismatch', heldFrom: 'disabled' })
    expect(world.row.outcome).toBe('held:account-mismatch')
  })
})
