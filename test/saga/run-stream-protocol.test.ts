import { describe, expect, it } from 'vitest'
import { type Attempt, type Effect, intendedEffect, type Receipt, type Snapshot } from '../../src/domain/effect.ts'
import type { Outcome } from '../../src/domain/outcome.ts'
import { draftOf, type StreamRules } from '../../src/domain/stream.ts'
import type { EffectKind } from '../../src/effects/effect-kind.ts'
import type { Change, Stored } from '../../src/ledger/change.ts'
import { NoticeRefusedError } from '../../src/notify/notice-errors.ts'
import { PaxosConflictError, PaxosRejectedError, PaxosUnavailableError } from '../../src/paxos/paxos-errors.ts'
import { causeOf } from '../../src/saga/cause-of.ts'
import { runStream } from '../../src/saga/run-stream.ts'

/** The smallest stream: open until it is held, with effects that its test gives it. */
interface Trial extends Snapshot {
  readonly trial: { readonly state: 'open' | 'left' | 'held'; readonly reason: string | null }
}

const operation = 'trials.create'
const act = (number = 1): Effect => intendedEffect('t', { kind: 'act', number })
const receipt = (id: string): Receipt => ({ kind: 'acted', id })
const OPEN: Trial = { trial: { state: 'open', reason: null }, effects: [] }

interface Options {
  stored?: Trial | null
  /** What the first observation opens. */
  opens?: Trial | null
  kind?: Partial<EffectKind<Trial>>
  outcome?: Outcome
  /** An operator asked for the run. */
  replayed?: boolean
  /** A failure of the nth commit, from 1; `lost`: another worker commits first. */
  commits?: Readonly<Record<number, Error | 'lost'>>
}

function createTrial({
  stored = null,
  opens = null,
  kind = {},
  outcome = { kind: 'moved', to: 'open' },
  commits = {},
  replayed = false,
}: Options) {
  let version = stored ? 3 : 0
  let current: Stored<Trial> | null = stored && { ...stored, version, entryCount: 0, headHash: Buffer.alloc(0) }
  const world = { now: 1_000, calls: [] as string[], changes: [] as Change<Trial>[], kept: [] as Attempt[], versions: [] as unknown[] }
  const rules: StreamRules<Trial, null> = {
    kind: 'trial',
    stateOf: ({ trial }) => trial.state,
    knows: () => true,
    open: () => opens && draftOf<Trial>(opens),
    decide: (draft) => ({ kind: 'decided', draft, outcome }),
    nextEffect: ({ trial, effects }) =>
      trial.state === 'open' ? effects.find(({ state }) => state === 'intended' || state === 'refused') : undefined,
    mustBeKnown: new Set(['act']),
    afterReceipt: (draft) => draft,
    hold: (draft, reason) => ({ ...draft, trial: { state: 'held', reason } }),
    contradiction: 'another',
    heldReason: ({ trial }) => trial.reason,
  }
  const effect: EffectKind<Trial> = {
    kind: 'act',
    asksPaxos: true,
    perform: async ({ effect: { step } }) => {
      world.calls.push(`perform ${step}`)
      world.now += 250
      return receipt(step)
    },
    same: (known, late) => known.id === late.id,
    estimate: () => Promise.reject(new Error('not estimated here')),
    ...kind,
  }
  const ledger = {
    load: async () => current,
    commit: async (change: Change<Trial>) => {
      const fails = commits[world.changes.push(change)]
      if (fails instanceof Error) throw fails
      version += 1
      if (fails === 'lost') {
        current = current && { ...current, version }
        return null
      }
      const { entries: _, attempted: __, ...snapshot } = change.draft
      current = { ...snapshot, version, entryCount: 0, headHash: Buffer.alloc(0) }
      return current
    },
    keepAttempts: async (_: string, attempts: readonly Attempt[]) => void world.kept.push(...attempts),
    versions: async () => new Map(),
    close: async () => {},
  }
  const run = () =>
    runStream(
      { rules, ledger, effects: [effect] },
      {
        ...{ seq: '7', generation: 0, attempts: 0, authority: 'machine', replayed, actor: 'test', streamId: 't' },
        observe: async (at) => {
          world.versions.push(at)
          return null
        },
      },
      { now: () => world.now },
    )
  return { ...world, world, run, current: () => current }
}

const failure = async (run: () => Promise<unknown>): Promise<unknown> => run().then(() => null, (error: unknown) => error) // biome-ignore format: one thought
const taken = () => Object.assign(new Error('duplicate key'), { code: '23505' })
const leased = (by: { seq: string; until: number }): Effect => ({ ...act(), attempts: 1, lease: { ...by, generation: 0 } })
const attemptsOf = (changes: readonly Change<Trial>[]) => changes.flatMap(({ draft }) => draft.attempted ?? [])

describe('a run of a stream', () => {
  it('observes after the version that it has loaded, and null for a stream that is new', async () => {
    const known = createTrial({ stored: OPEN })
    await known.run()
    expect(known.versions).toEqual([3])
    const fresh = createTrial({ opens: OPEN })
    expect(await fresh.run()).toEqual({ outcome: { kind: 'moved', to: 'open' }, completed: true })
    expect(fresh.versions).toEqual([null])
  })

  it('of a stream that is missing fails with its kind and its id, and commits nothing', async () => {
    const missing = createTrial({})
    expect(await failure(missing.run)).toMatchObject({ code: 'STREAM_MISSING', retry: 'backoff' })
    expect(missing.changes).toEqual([])
  })

  it('F46: leaves an effect of a newer version alone', async () => {
    const newer = createTrial({ stored: { ...OPEN, effects: [intendedEffect('t', { kind: 'unheard' })] } })
    expect(await failure(newer.run)).toMatchObject({ code: 'EFFECT_KIND_UNKNOWN', retry: 'snooze' })
    expect(newer.changes).toEqual([])
  })

  it.each<[Outcome, Outcome]>([
    [
      { kind: 'noted', status: 'X' },
      { kind: 'noted', status: 'X' },
    ],
    [
      { kind: 'ignored', because: 'late' },
      { kind: 'resumed', state: 'open' },
    ],
    [
      { kind: 'cancelled', because: 'no longer wanted' },
      { kind: 'cancelled', because: 'no longer wanted' },
    ],
  ])('that decided %o and finished what was open says %o', async (outcome, reached) => {
    const { run } = createTrial({ stored: { ...OPEN, effects: [act()] }, outcome })
    expect((await run()).outcome).toEqual(reached)
  })
})

describe('an effect that another event has leased', () => {
  const start = { ...OPEN, effects: [leased({ seq: '6', until: 1_400 })] }

  it('is waited for until the lease ends, and neither made nor looked for', async () => {
    const world = createTrial({ stored: start, kind: { find: async () => Promise.reject(new Error('looked for')) } })
    expect(await failure(world.run)).toMatchObject({ code: 'EFFECT_IN_PROGRESS', retryAfterMs: 400 })
    expect([world.calls, world.changes]).toEqual([[], []])
  })

  it('of a new stream is waited for once the stream is on record', async () => {
    const world = createTrial({ opens: start })
    expect(await failure(world.run)).toMatchObject({ code: 'EFFECT_IN_PROGRESS' })
    expect(world.changes).toHaveLength(1)
  })
})

describe('an attempt', () => {
  it('F14: is kept with its duration', async () => {
    const world = createTrial({ stored: { ...OPEN, effects: [act()] } })
    await world.run()
    expect(attemptsOf(world.changes)).toMatchObject([{ step: 'act', number: 1, at: 1_000, durationMs: 250 }])
  })

  it('F14: has no negative duration when the clock was set back', async () => {
    const world = createTrial({ stored: { ...OPEN, effects: [act()] } })
    const back = createTrial({
      stored: { ...OPEN, effects: [act()] },
      kind: {
        perform: async () => {
          back.world.now -= 5_000
          return receipt('1')
        },
      },
    })
    await back.run()
    expect(attemptsOf(back.changes)).toMatchObject([{ durationMs: 0 }])
    expect(world.changes).toEqual([])
  })

  it('F14: is kept once the race that it lost is won, with the one before it', async () => {
    const world = createTrial({ stored: { ...OPEN, effects: [act(1), act(2)] }, commits: { 3: 'lost' } })
    await world.run()
    expect(world.calls).toEqual(['perform act', 'perform act:2'])
    expect(attemptsOf(world.changes.slice(3)).map(({ step }) => step)).toEqual(['act', 'act:2'])
  })

  it("leaves the stream open, without a hold, after an error that is not the effect's", async () => {
    const failed = Object.assign(new Error('a bug'), { retry: 'never' })
    const kind = { perform: () => Promise.reject(failed), holdFor: () => 'held for it' }
    const world = createTrial({ stored: { ...OPEN, effects: [act()] }, kind })
    expect(await failure(world.run)).toBe(failed)
    expect(world.current()?.trial.state).toBe('open')
    expect(world.kept).toMatchObject([{ step: 'act', number: 1 }])
  })

  it('that failed and is tried again names its kind of effect as the cause', async () => {
    const failed = new PaxosUnavailableError({ operation, status: 503 })
    const world = createTrial({ stored: { ...OPEN, effects: [act()] }, kind: { perform: () => Promise.reject(failed) } })
    expect(await failure(world.run)).toBe(failed)
    expect(causeOf(failed)).toMatchObject({ code: 'PAXOS_UNAVAILABLE', effectKind: 'act', operation, status: 503 })
  })

  it('that is refused names its kind of effect and the refusal as the cause', async () => {
    const refusal = new PaxosRejectedError({ operation, status: 422 })
    const world = createTrial({ stored: { ...OPEN, effects: [act()] }, kind: { perform: () => Promise.reject(refusal) } })
    const error = await failure(world.run)
    expect(error).toMatchObject({ code: 'EFFECT_REFUSED', cause: refusal })
    expect(causeOf(error)).toMatchObject({ code: 'PAXOS_REJECTED', effectKind: 'act', operation, status: 422 })
    expect(attemptsOf(world.changes)).toMatchObject([{ number: 1, code: 'PAXOS_REJECTED', durationMs: 0 }])
  })

  it.each([
    ['a conflict', new PaxosConflictError({ operation, status: 409 }, { existingId: null, duplicate: 'ref_id' })],
    ['a refusal of the application', new NoticeRefusedError({ key: 'any', answer: 400 })],
  ])('of a kind that cannot look fails with %s as it is', async (_, failed) => {
    const world = createTrial({ stored: { ...OPEN, effects: [act()] }, kind: { perform: () => Promise.reject(failed) } })
    expect(await failure(world.run)).toBe(failed)
  })
})

describe('the room for a call', () => {
  const roomOf = (replayed: boolean) => {
    const asked: string[] = []
    const room = async (priority: string) => void asked.push(priority)
    return { ...createTrial({ stored: { ...OPEN, effects: [act(1), act(2)] }, kind: { room }, replayed }), asked }
  }

  it.each([
    [false, 'live'],
    [true, 'replay'],
  ])('of a replay (%s) is asked for as %s, and only until the run has an answer to keep', async (replayed, priority) => {
    const { run, asked, calls } = roomOf(replayed)
    await run()
    expect([asked, calls]).toEqual([[priority], ['perform act', 'perform act:2']])
  })
})

describe('an effect of a state that was left', () => {
  const left = (effect: Effect): Trial => ({ trial: { state: 'left', reason: null }, effects: [effect] })

  it('is looked for, and the look is no attempt', async () => {
    const world = createTrial({ stored: left({ ...act(), attempts: 1 }), kind: { find: async () => receipt('found') } })
    await world.run()
    expect(world.current()?.effects).toMatchObject([{ state: 'done', receipt: { id: 'found' } }])
    expect(attemptsOf(world.changes)).toEqual([])
    expect(world.calls).toEqual([])
  })

  it('of a kind that cannot look counts as absent once no attempt can be under way', async () => {
    const early = createTrial({ stored: left(leased({ seq: '6', until: 1_400 })) })
    expect(await failure(early.run)).toMatchObject({ code: 'EFFECT_IN_PROGRESS', retryAfterMs: 400 })
    const late = createTrial({ stored: left(leased({ seq: '6', until: 1_000 })) })
    await late.run()
    expect(late.current()?.effects).toMatchObject([{ state: 'suppressed' }])
  })

  it('of a new stream is looked for on the stream as it was committed', async () => {
    const seen: unknown[] = []
    const find: EffectKind<Trial>['find'] = async ({ snapshot }) => {
      seen.push((snapshot as Stored<Trial>).version)
      return receipt('found')
    }
    const world = createTrial({ opens: left({ ...act(), attempts: 1 }), kind: { find } })
    await world.run()
    expect(seen).toEqual([1])
  })
})

describe('F52: a commit that meets ids of another stream', () => {
  it('refuses the receipt that is not on record yet, and holds the stream', async () => {
    const world = createTrial({ stored: { ...OPEN, effects: [act(1), act(2)] }, commits: { 3: taken() } })
    expect(await world.run()).toMatchObject({ outcome: { kind: 'held', reason: 'another' } })
    expect(world.current()?.trial).toEqual({ state: 'held', reason: 'another' })
    expect(world.current()?.effects.map(({ step, state, errorCode }) => [step, state, errorCode])).toEqual([
      ['act', 'done', null],
      ['act:2', 'refused', 'RECEIPT_TAKEN'],
    ])
  })

  it.each<[string, Options]>([
    ['the intent of a known stream', { stored: { ...OPEN, effects: [act()] }, commits: { 1: taken() } }],
    ['the first commit of a stream', { opens: OPEN, commits: { 1: taken() } }],
    [
      'a refusal after the receipts before it are on record',
      {
        stored: { ...OPEN, effects: [act(1), act(2)] },
        kind: {
          perform: ({ effect: { number } }) =>
            number === 1 ? Promise.resolve(receipt('1')) : Promise.reject(new PaxosRejectedError({ operation, status: 422 })),
        },
        commits: { 3: taken() },
      },
    ],
  ])('of %s fails, since no receipt is to blame', async (_, options) => {
    const world = createTrial(options)
    expect(await failure(world.run)).toMatchObject({ code: '23505' })
  })

  it('fails for any other failure of the database', async () => {
    const gone = Object.assign(new Error('gone'), { code: '57P01' })
    const world = createTrial({ stored: { ...OPEN, effects: [act()] }, commits: { 2: gone } })
    expect(await failure(world.run)).toBe(gone)
  })
})
