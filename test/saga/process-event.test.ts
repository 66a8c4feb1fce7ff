import { describe, expect, it, vi } from 'vitest'
import type { InboxRow } from '../../src/inbox/inbox.ts'
import { NoticeOutcomeUnknownError, NoticeUnavailableError } from '../../src/notify/notice-errors.ts'
import {
  BudgetExhaustedError,
  PaxosNotFoundError,
  PaxosOutcomeUnknownError,
  PaxosThrottledError,
  PaxosUnavailableError,
} from '../../src/paxos/paxos-errors.ts'
import type { EventJob } from '../../src/queue/event-jobs.ts'
import { createMemoryWorld, IDENTITY, type MemoryWorld, RECEIVED_AT, reopen, work } from './memory-world.ts'

const operation = 'any'
const GRACE_MS = 15_000

describe('a job', () => {
  it.each<[string, { row?: Partial<InboxRow>; job?: Partial<EventJob> }]>([
    ['was reopened since', { row: { generation: 1 } }],
    ['has left its batch', { job: { batch: '3' } }],
    ['belongs to a batch that the job does not name', { row: { batch: '3' } }],
    ['does not exist', { job: { seq: '8' } }],
  ])(
    'whose event %s is done after any number of deaths: it counts no strike, calls no service and changes nothing',
    async (_, { row, job }) => {
      const world = createMemoryWorld()
      Object.assign(world.row, row)
      Object.assign(world.job, job)
      for (const rescues of [0, 2]) expect(await work(world, rescues)).toEqual({ kind: 'done' })
      expect(world).toMatchObject({ calls: [], ended: [], completions: [], row: { strikes: 0, state: 'accepted' } })
    },
  )

  it.each(['processed', 'parked', 'dead', 'test'] as const)(
    'whose event is %s by now calls no service and changes nothing after any number of deaths',
    async (state) => {
      const world = createMemoryWorld()
      Object.assign(world.row, { state, strikes: 3 })
      for (const rescues of [0, 5]) expect(await work(world, rescues)).toEqual({ kind: 'done' })
      expect(world).toMatchObject({ calls: [], ended: [], completions: [], row: { state, strikes: 3 } })
    },
  )

  it('without a batch field means an event without a batch', async () => {
    const world = createMemoryWorld()
    world.job = { seq: '7', generation: 0 }
    await work(world)
    expect(world.row.state).toBe('processed')
  })
})

describe('F49: a job for whose account the budget has no room', () => {
  const noRoom = () => Promise.reject(new BudgetExhaustedError({ endpointClass: 'identity', retryAfterMs: 300_000 }))

  it('comes back without an attempt on record, and its status serves again', async () => {
    const world = createMemoryWorld({ random: () => 0 })
    world.room = noRoom
    expect(await work(world)).toEqual({ kind: 'later', at: world.now + 300_000 })
    expect(world).toMatchObject({
      changes: [],
      attempts: [],
      unused: [world.row.eventId],
      row: { errorCode: 'BUDGET_EXHAUSTED', attempts: 0 },
    })
    world.room = async () => {}
    expect(await work(world)).toEqual({ kind: 'done' })
    expect(world.calls.filter((call) => /^(list|create)/.test(call))).toEqual(['create live'])
  })

  it('commits a receipt that it has earned before it asks for room again', async () => {
    const world = createMemoryWorld()
    const { create } = world.paxos
    world.paxos.create = async (...given) => {
      world.room = noRoom
      return create(...given)
    }
    await work(world)
    expect(world.stored?.effects.find(({ step }) => step === 'account')).toMatchObject({ state: 'done', attempts: 1 })
  })
})

describe('a job that requests a slot', () => {
  const HELD = Promise.resolve()

  it('releases it after its last account call, and signals again when only the last commit is left', async () => {
    const world = createMemoryWorld()
    const seen: unknown[] = []
    const release = (): void => void seen.push([world.accounts.length, world.notices.length, world.row.state])
    await world.handle(world.job, { rescues: 0, slot: { held: HELD, release } })
    expect(seen).toEqual([
      [1, 0, 'accepted'],
      [1, 1, 'accepted'],
      [1, 2, 'accepted'],
    ])
    expect(world.row.state).toBe('processed')
  })

  it('keeps it while it may have to create or look up an account', async () => {
    const world = createMemoryWorld()
    world.paxos.create = async () => {
      throw new PaxosOutcomeUnknownError({ operation })
    }
    const release = vi.fn()
    const slot = { held: HELD, release }
    expect(await world.handle(world.job, { rescues: 0, slot })).toMatchObject({ kind: 'later' })
    Object.assign(world.event, { type: 'identity.disabled' })
    world.status = 'DISABLED'
    release.mockImplementation(() => expect(world.calls.at(-1)).toBe('list live'))
    world.now += 60_000
    expect(await world.handle(world.job, { rescues: 0, slot })).toEqual({ kind: 'done' })
    expect(release).toHaveBeenCalledOnce()
    expect(world.notices).toHaveLength(1)
  })

  it('loads its row while it waits, and calls no service before it has the slot', async () => {
    const world = createMemoryWorld()
    const load = vi.spyOn(world.inbox, 'load')
    const { promise: held, resolve: give } = Promise.withResolvers<void>()
    const done = world.handle(world.job, { rescues: 0, slot: { held, release: () => {} } })
    await new Promise(setImmediate)
    expect(load).toHaveBeenCalledOnce()
    expect(world.calls).toEqual([])
    give()
    await done
    expect(load).toHaveBeenCalledOnce()
    expect(world.row.state).toBe('processed')
  })

  it('does nothing when another job has completed its event during a long wait', async () => {
    const world = createMemoryWorld()
    const { promise: held, resolve: give } = Promise.withResolvers<void>()
    const done = world.handle(world.job, { rescues: 0, slot: { held, release: () => {} } })
    await new Promise(setImmediate)
    world.now += 1_001
    Object.assign(world.row, { state: 'processed' })
    give()
    expect(await done).toEqual({ kind: 'done' })
    expect(world).toMatchObject({ calls: [], changes: [], completions: [] })
  })

  it('gets the slot before it waits for other jobs as a suspect, since they hold theirs', async () => {
    const world = createMemoryWorld()
    const { promise: held, resolve: give } = Promise.withResolvers<void>()
    const done = world.handle(world.job, { rescues: 2, slot: { held, release: () => {} } })
    await new Promise(setImmediate)
    expect(world.row.strikes).toBe(0)
    give()
    await done
    expect(world.row.state).toBe('processed')
  })
})

describe('an event that moves no onboarding', () => {
  it.each([
    ['without an identity', null, {}],
    ['of an identity', IDENTITY, { identityId: IDENTITY }],
  ])('%s is kept with what Paxos says about it', async (_, identityId, whose) => {
    const world = createMemoryWorld()
    Object.assign(world.event, { type: 'transfer.crypto_deposit.completed', identityId })
    expect(await work(world)).toEqual({ kind: 'done' })
    expect(world.completions).toEqual([
      { seq: '7', generation: 0, state: 'processed', outcome: 'kept:moves-no-onboarding', trust: 'confirmed', ...whose },
    ])
    expect(world.ended).toEqual([{ end: 'processed', sinceReceivedMs: 500 }])
    expect(world.changes).toEqual([])
  })
})

describe('a decision that names no identity', () => {
  it('is parked as confirmed, since a retry does not help', async () => {
    const world = createMemoryWorld()
    world.event.identityId = null
    expect(await work(world)).toEqual({ kind: 'done' })
    expect(world.completions).toEqual([
      {
        seq: '7',
        generation: 0,
        state: 'parked',
        trust: 'confirmed',
        attempts: 1,
        unknownOutcomes: 0,
        errorCode: 'EVENT_WITHOUT_IDENTITY',
        errorDetail: 'event event-7 names no identity',
        causeId: expect.any(String),
      },
    ])
    expect(world.ended).toEqual([{ end: 'parked', sinceReceivedMs: 500 }])
    expect(world.retries).toEqual([])
  })
})

describe('an event that Paxos does not know', () => {
  it('F50: is read once more, since Paxos may list it a moment later, and then parked as a hint', async () => {
    const world = createMemoryWorld()
    world.reader.event = () => Promise.reject(new PaxosNotFoundError({ operation }))
    expect(await work(world)).toMatchObject({ kind: 'later' })
    expect(world.row).toMatchObject({ state: 'accepted', attempts: 1, errorCode: 'EVENT_UNKNOWN_TO_PAXOS', trust: 'hint' })
    expect(await work(world)).toEqual({ kind: 'done' })
    expect(world.row).toMatchObject({ state: 'parked', attempts: 2, trust: 'hint', identityId: null })
    expect(world.ended).toEqual([{ end: 'parked', sinceReceivedMs: 500 }])
  })

  it('differs from an unknown identity, which spends all attempts and is dead', async () => {
    const world = createMemoryWorld()
    world.reader.identity = () => Promise.reject(new PaxosNotFoundError({ operation }))
    for (let tries = 1; tries < 12; tries += 1) expect(await work(world)).toMatchObject({ kind: 'later' })
    expect(await work(world)).toEqual({ kind: 'done' })
    expect(world.row).toMatchObject({ state: 'dead', attempts: 12, errorCode: 'PAXOS_NOT_FOUND', trust: 'confirmed', identityId: IDENTITY })
    expect(world.ended).toEqual([{ end: 'dead', sinceReceivedMs: 500 }])
  })
})

describe('a completed event that is replayed', () => {
  const completed = { trust: 'confirmed', outcome: 'moved:ready', identityId: IDENTITY, generation: 1 } as const

  it('F10: stays processed with its outcome when Paxos no longer knows it', async () => {
    const world = createMemoryWorld()
    Object.assign(world.row, { ...completed, attempts: 4 })
    world.job.generation = 1
    world.reader.event = () => Promise.reject(new PaxosNotFoundError({ operation }))
    expect(await work(world)).toEqual({ kind: 'done' })
    expect(world.row).toMatchObject({ state: 'processed', outcome: 'moved:ready', errorCode: 'EVENT_UNKNOWN_TO_PAXOS' })
    expect(world.ended).toEqual([{ end: 'processed', sinceReceivedMs: 500 }])
  })

  it('F10: stays processed when its attempts are spent, and when it has killed processes', async () => {
    for (const more of [{ attempts: 11 }, { strikes: 3 }]) {
      const world = createMemoryWorld()
      Object.assign(world.row, { ...completed, ...more })
      world.job.generation = 1
      world.reader.identity = () => Promise.reject(new PaxosNotFoundError({ operation }))
      await work(world, 'strikes' in more ? 2 : 0)
      expect(world.row).toMatchObject({ state: 'processed', outcome: 'moved:ready' })
    }
  })

  it.each([
    ['was never confirmed', { ...completed, trust: 'hint' }],
    ['never completed', { ...completed, outcome: null }],
  ])('F10: parks an event that %s', async (_what, row) => {
    const world = createMemoryWorld()
    Object.assign(world.row, { ...row, attempts: 4 })
    world.job.generation = 1
    world.reader.event = () => Promise.reject(new PaxosNotFoundError({ operation }))
    await work(world)
    expect(world.row.state).toBe('parked')
  })
})

describe('a failure that is tried again', () => {
  it('records when, why and what it has spent, and the dispatcher takes over 15 s later', async () => {
    const world = createMemoryWorld({ random: () => 0.5 })
    world.reader.event = () => Promise.reject(new PaxosThrottledError({ operation, status: 429 }, { retryAfterMs: 8_000 }))
    const at = world.now + 10_000 // Retry-After, and half of the 4 s of jitter
    expect(await work(world)).toEqual({ kind: 'later', at })
    expect(world.completions).toEqual([
      {
        seq: '7',
        generation: 0,
        state: 'accepted',
        attempts: 0,
        unknownOutcomes: 0,
        errorCode: 'PAXOS_THROTTLED',
        errorDetail: 'Paxos any (429): too many requests.',
        causeId: expect.any(String),
        dueAt: new Date(at + GRACE_MS),
      },
    ])
    expect(world.retries).toEqual(['PAXOS_THROTTLED'])
    expect(world.ended).toEqual([])
  })

  it.each<[string, unknown, { attempts: number; errorCode: string; delayMs: number }]>([
    ['a bug backs off', new TypeError('x is undefined'), { attempts: 1, errorCode: 'TypeError', delayMs: 500 }],
    ['a thrown string backs off', 'thrown', { attempts: 1, errorCode: 'UNKNOWN', delayMs: 500 }],
    [
      'a Postgres outage spends no attempt',
      Object.assign(new Error('gone'), { code: 'ECONNREFUSED' }),
      { attempts: 0, errorCode: 'ECONNREFUSED', delayMs: 5_000 },
    ],
    [
      'a throttle without a wait uses the default wait',
      new PaxosThrottledError({ operation }, { retryAfterMs: null }),
      { attempts: 0, errorCode: 'PAXOS_THROTTLED', delayMs: 5_000 },
    ],
    [
      'a wait on a foreign error is respected',
      Object.assign(new Error('busy'), { retryAfterMs: 2_000 }),
      { attempts: 1, errorCode: 'Error', delayMs: 2_000 },
    ],
    ['a thrown null backs off', null, { attempts: 1, errorCode: 'UNKNOWN', delayMs: 500 }],
    [
      'a wait that is text is ignored',
      Object.assign(new Error('busy'), { retryAfterMs: '9e9' }),
      { attempts: 1, errorCode: 'Error', delayMs: 500 },
    ],
  ])('%s', async (_, error, { attempts, errorCode, delayMs }) => {
    const world = createMemoryWorld()
    world.reader.identity = () => Promise.reject(error)
    expect(await work(world)).toEqual({ kind: 'later', at: world.now + delayMs })
    expect(world.row).toMatchObject({ attempts, errorCode, trust: 'confirmed', identityId: IDENTITY })
  })

  it('counts unknown outcomes, and shows the count only for them', async () => {
    const world = createMemoryWorld()
    world.send = ({ key }) => Promise.reject(new NoticeOutcomeUnknownError({ key, answer: 500 }))
    await work(world)
    expect(world.row).toMatchObject({ state: 'accepted', attempts: 0, unknownOutcomes: 1, errorCode: 'NOTICE_OUTCOME_UNKNOWN' })
    expect(world.row.errorDetail).toMatch(/\. Unknown 1 of 200 times\.$/)
    world.send = ({ key }) => Promise.reject(new NoticeUnavailableError({ key, answer: 503 }))
    await work(world)
    expect(world.row.unknownOutcomes).toBe(1)
    expect(world.row.errorDetail).not.toContain('Unknown')
  })

  it('is recorded for any text: cut to its column, without characters that Postgres refuses', async () => {
    const world = createMemoryWorld()
    world.reader.event = () => Promise.reject(Object.assign(new Error(`a\0b\0\uD800${'x'.repeat(600)}`), { code: '\0CODE\0' }))
    await work(world)
    expect(world.row.errorDetail).toBe(`ab\uFFFD${'x'.repeat(497)}`)
    expect(world.row.errorCode).toBe('CODE')
    world.reader.event = () => Promise.resolve(world.event)
    world.send = () => Promise.reject(new NoticeOutcomeUnknownError({ key: 'x'.repeat(600), answer: 500 }))
    await work(world)
    expect(world.row.errorDetail).toHaveLength(500)
    expect(world.row.errorDetail).toMatch(/x Unknown 1 of 200 times\.$/)
  })

  it('is recorded for a job that has not returned after 120 s, so that it does not hold the worker', async () => {
    vi.useFakeTimers()
    try {
      const world = createMemoryWorld()
      world.reader.event = () => new Promise(() => {})
      const run = work(world)
      await vi.advanceTimersByTimeAsync(119_000)
      expect(world.completions).toEqual([])
      await vi.advanceTimersByTimeAsync(1_000)
      expect(await run).toMatchObject({ kind: 'later' })
      expect(world.row).toMatchObject({ attempts: 1, errorCode: 'JOB_TIMED_OUT', errorDetail: 'the job did not end within 120 s' })
    } finally {
      vi.useRealTimers()
    }
  })

  it('rejects only when it cannot be recorded: the queue drops the job, and the dispatcher queues it again', async () => {
    const world = createMemoryWorld()
    world.inbox.complete = () => Promise.reject(new Error('gone'))
    world.reader.event = () => Promise.reject(new PaxosUnavailableError({ operation }))
    await expect(work(world)).rejects.toThrow('gone')
  })
})

describe('an event that an operator has reopened', () => {
  it('calls Paxos with the priority of a replay', async () => {
    const world = createMemoryWorld()
    reopen(world)
    await work(world)
    expect(world.calls).toEqual([`event event-7 of ${RECEIVED_AT} replay`, `identity of ${RECEIVED_AT} replay`, 'create replay'])
  })
})

describe('a job whose processes have died', () => {
  const died = async (world: MemoryWorld): Promise<void> => {
    world.inbox.load = async () => ({ ...world.row })
    world.row.strikes += 1
  }

  it('is a suspect after the second death, and counts strikes from then on', async () => {
    const world = createMemoryWorld()
    world.reader.event = () => Promise.reject(new PaxosUnavailableError({ operation }))
    const strikes: string[] = []
    world.inbox.recordStrike = async (seq) => strikes.push(seq)
    for (const rescues of [0, 1]) await work(world, rescues)
    expect(strikes).toEqual([])
    await work(world, 2)
    expect(strikes).toEqual(['7'])
  })

  it('runs after two strikes, and is parked with its evidence after three', async () => {
    const world = createMemoryWorld()
    for (let deaths = 0; deaths < 3; deaths += 1) await died(world)
    expect(await work(world, 5)).toEqual({ kind: 'done' })
    expect(world.calls).toEqual([])
    expect(world.completions).toEqual([
      {
        seq: '7',
        generation: 0,
        state: 'parked',
        errorCode: 'POISON',
        errorDetail: 'the process died 3 times while it processed this event, the last time with no other event',
        causeId: expect.any(String),
      },
    ])
    expect(world.ended).toEqual([{ end: 'parked', sinceReceivedMs: 500 }])
    const alive = createMemoryWorld()
    alive.row.strikes = 2
    await work(alive, 4)
    expect(alive.row.state).toBe('processed')
  })

  it.each([
    { strikes: 1, beside: true },
    { strikes: 2, beside: false },
  ])('with $strikes strikes runs beside others: $beside', async ({ strikes, beside }) => {
    const world = createMemoryWorld()
    world.row.strikes = strikes
    const answered = Promise.withResolvers<void>()
    const reader = world.reader.event
    world.reader.event = async (...asked) => {
      const event = reader(...asked)
      await answered.promise
      return event
    }
    const [other, suspect] = [work(world), work(world, 4)]
    await turns()
    expect(world.calls.filter((call) => call.startsWith('event'))).toHaveLength(beside ? 2 : 1)
    answered.resolve()
    await Promise.all([other, suspect])
    expect(world.row.state).toBe('processed')
  })

  it('waits for the suspect before it, also when that one fails', async () => {
    const world = createMemoryWorld()
    const load = world.inbox.load
    const loads: string[] = []
    const first = Promise.withResolvers<null>()
    world.inbox.load = (seq) => {
      loads.push(seq)
      return seq === '1' ? first.promise : load(seq)
    }
    const suspects = ['1', '7'].map((seq) => world.handle({ seq, generation: 0 }, { rescues: 2 }))
    await turns()
    expect(loads).toEqual(['1'])
    first.reject(new Error('gone'))
    expect((await Promise.allSettled(suspects)).map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
    expect(world.row.state).toBe('processed')
  })

  it('gets no strike for a Postgres outage that it survived, and one for every later death', async () => {
    const world = createMemoryWorld()
    const { complete } = world.inbox
    world.reader.event = () => Promise.reject(new PaxosUnavailableError({ operation }))
    world.inbox.complete = () => Promise.reject(new Error('gone'))
    for (let outages = 0; outages < 4; outages += 1) await expect(work(world, 2)).rejects.toThrow('gone')
    expect(world.row).toMatchObject({ strikes: 4, state: 'accepted' })
    world.inbox.complete = complete
    expect(await work(world, 2)).toMatchObject({ kind: 'later' })
    expect(world.row).toMatchObject({ strikes: 0, state: 'accepted' })
    // The forgiven outage is forgotten with the strikes it excused: again one outage and three deaths, and the three count.
    world.inbox.complete = () => Promise.reject(new Error('gone'))
    await expect(work(world, 2)).rejects.toThrow('gone')
    world.inbox.complete = complete
    for (let deaths = 0; deaths < 3; deaths += 1) await died(world)
    await work(world, 2)
    expect(world.row).toMatchObject({ state: 'parked', errorCode: 'POISON' })
  })
})

async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}
