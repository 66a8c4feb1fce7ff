import { describe, expect, it } from 'vitest'
import type { StatusDetails } from '../../src/domain/onboarding/status-details.ts'
import type { EventEvidence } from '../../src/paxos/events.ts'
import { PaxosNotFoundError, PaxosUnavailableError } from '../../src/paxos/paxos-errors.ts'
import { createLogger, type Logger } from '../../src/platform/logger.ts'
import { onboardingRoute } from '../../src/saga/onboarding-route.ts'
import { createMemoryWorld, IDENTITY, type MemoryWorld, RECEIVED_AT, work } from './memory-world.ts'

const operation = 'any'

/** The event is a timer that reads the identity again. */
function readsAgain(world: MemoryWorld, status: string): void {
  Object.assign(world.row, { origin: 'timer', type: 'read-identity', streamId: IDENTITY, trust: 'confirmed' })
  world.status = status
}

/** What Paxos still wants of the customer. */
const DETAILS: StatusDetails = {
  requirements: [{ type: 'KYC_REFRESH', status: 'PENDING', codes: ['KYC_REFRESH_PENDING'], awaiting: 'CLIENT' }],
  controls: [],
}

/** The identity as Paxos shows it, with details or without. */
function withDetails(world: MemoryWorld, statusDetails: StatusDetails | undefined): void {
  const read = world.reader.identity
  world.reader.identity = async (...asked) => {
    const { statusDetails: _none, ...identity } = await read(...asked)
    return statusDetails === undefined ? identity : { ...identity, statusDetails }
  }
}

describe('the details of a status', () => {
  it('are recorded with the status', async () => {
    const world = createMemoryWorld()
    withDetails(world, DETAILS)
    await work(world)
    expect(world.stored?.onboarding.statusDetails).toEqual(DETAILS)
  })

  it('stay as recorded when a later answer has none', async () => {
    const world = createMemoryWorld()
    withDetails(world, DETAILS)
    await work(world)
    Object.assign(world.row, { seq: '8', eventId: 'event-8', state: 'accepted', outcome: null })
    world.job = { seq: '8', generation: 0, batch: null }
    withDetails(world, undefined)
    await work(world)
    expect(world.stored?.onboarding.statusDetails).toEqual(DETAILS)
  })
})

describe('a command that the API works on itself', () => {
  it('runs a command that the API works on itself as a worker would', async () => {
    const world = createMemoryWorld()
    await world.workNow(world.job)
    expect(world.row).toMatchObject({ state: 'processed', outcome: 'moved:ready' })
  })

  it.each<[string, (world: MemoryWorld) => void]>([
    ['another worker has completed it', ({ row }) => Object.assign(row, { state: 'processed' })],
    ['it was reopened since', ({ row }) => Object.assign(row, { generation: 1 })],
  ])('is left alone when %s', async (_, change) => {
    const world = createMemoryWorld()
    change(world)
    await world.workNow(world.job)
    expect(world).toMatchObject({ calls: [], changes: [], completions: [] })
  })

  it('throws the failure of a command and records it for the worker that retries', async () => {
    const world = createMemoryWorld()
    const failed = new PaxosUnavailableError({ operation })
    world.reader.identity = () => Promise.reject(failed)
    await expect(world.workNow(world.job)).rejects.toBe(failed)
    expect(world.row).toMatchObject({ state: 'accepted', errorCode: 'PAXOS_UNAVAILABLE' })
  })
})

describe('an event without a decision', () => {
  it('opens no onboarding, reads no status and is kept with its identity', async () => {
    const world = createMemoryWorld()
    world.event = { ...world.event, type: 'identity.kyc_refresh.started' }
    await work(world)
    expect(world.calls).toEqual([`event event-7 of ${RECEIVED_AT} live`])
    expect(world.completions).toEqual([
      {
        ...{ seq: '7', generation: 0, state: 'processed', outcome: 'kept:no-onboarding', trust: 'confirmed', identityId: IDENTITY },
      },
    ])
    expect(world).toMatchObject({ stored: null, changes: [] })
  })

  it('reads the status if the onboarding exists', async () => {
    const world = createMemoryWorld()
    await work(world)
    Object.assign(world.row, { seq: '8', eventId: 'event-8', state: 'accepted', outcome: null })
    world.job = { seq: '8', generation: 0, batch: null }
    world.event = { ...world.event, id: 'event-8', type: 'identity.kyc_refresh.started' }
    world.calls.length = 0
    await work(world)
    expect(world.calls).toEqual([`event event-8 of ${RECEIVED_AT} live`, `identity of ${RECEIVED_AT} live`])
    expect(world.row).toMatchObject({ state: 'processed', outcome: 'ignored:already-ready' })
  })

  it('fails as any other event when Paxos does not answer', async () => {
    const world = createMemoryWorld()
    await work(world)
    Object.assign(world.row, { seq: '8', eventId: 'event-8', state: 'accepted', outcome: null })
    world.job = { seq: '8', generation: 0, batch: null }
    world.event = { ...world.event, id: 'event-8', type: 'identity.kyc_refresh.started' }
    world.reader.identity = () => Promise.reject(new PaxosUnavailableError({ operation }))
    expect(await work(world)).toMatchObject({ kind: 'later' })
    expect(world.row).toMatchObject({ state: 'accepted', errorCode: 'PAXOS_UNAVAILABLE' })
    expect(world.unused).toEqual([])
  })
})

describe('a timer that reads an identity again', () => {
  it('moves the onboarding by the live status', async () => {
    const world = createMemoryWorld()
    await work(world)
    Object.assign(world.row, { seq: '8', state: 'accepted', outcome: null })
    world.job = { seq: '8', generation: 0, batch: null }
    readsAgain(world, 'DISABLED')
    world.calls.length = 0
    await work(world)
    expect(world.calls).toEqual([`identity ${IDENTITY} live`])
    expect(world.row).toMatchObject({ state: 'processed', outcome: 'moved:disabled' })
    expect(world.stored?.onboarding.state).toBe('disabled')
  })

  it('keeps a timer of an identity without an onboarding', async () => {
    const world = createMemoryWorld()
    readsAgain(world, 'APPROVED')
    await work(world)
    expect(world.completions).toMatchObject([{ state: 'processed', outcome: 'kept:no-onboarding', identityId: IDENTITY }])
    expect(world.stored).toBeNull()
  })
})

describe('the preview of an event without a decision', () => {
  const TERMS = { seq: '7', generation: 0, actor: 'test', attempts: 0, authority: 'machine', replayed: true, now: () => 0 } as const

  it.each([
    ['says that the identity has no onboarding', null, { verdict: 'no-op', detail: 'the identity has no onboarding', effects: [] }],
    ['fails when the ledger does not answer', new Error('gone'), null],
  ])('%s', async (_, error, expected) => {
    const world = createMemoryWorld()
    const ledger = { load: () => (error ? Promise.reject(error) : Promise.resolve(null)) }
    const route = onboardingRoute({ ledger, paxos: {}, notices: {}, unknownIdentities: 'adopt' } as never) // nothing else is asked
    const event: EventEvidence = { ...world.event, type: 'identity.kyc_refresh.started' }
    const about = { row: world.row, reader: world.reader as never, priority: 'replay' } as const // it is not read
    const preview = route.work(event, about).preview({ ...TERMS, thorough: false, failure: null })
    if (expected) expect(await preview).toEqual(expected)
    else await expect(preview).rejects.toBe(error)
  })

  it('throws for an event that is not of an onboarding', () => {
    const route = onboardingRoute({ unknownIdentities: 'adopt' } as never) // it asks for nothing
    expect(() => route.work({ type: 'transfer.completed' } as never, {} as never)).toThrow(TypeError)
  })
})

describe('an event that the sweep found', () => {
  it('confirms and processes an event that the sweep found like a delivered one', async () => {
    const world = createMemoryWorld()
    Object.assign(world.row, { origin: 'sweep' })
    await work(world)
    expect(world.row).toMatchObject({ state: 'processed', outcome: 'moved:ready' })
  })
})

describe('F50: an event that Paxos does not know', () => {
  const watched = () => {
    const slots: (string | null)[] = []
    const lines: string[] = []
    const line =
      (level: string) =>
      (_: unknown, text: string): void =>
        void lines.push(`${level}: ${text}`)
    const logger = { ...createLogger({ level: 'silent' }), child: () => ({ info: line('info'), warn: line('warn'), debug: line('debug') }) }
    const unknown = { parked: (slot: string | null) => void slots.push(slot) }
    return { slots, lines, logger: logger as unknown as Logger, unknown }
  }
  const unknownTo = (world: MemoryWorld): void => {
    world.reader.event = () => Promise.reject(new PaxosNotFoundError({ operation }))
  }

  it('reports an unknown event to the watch with its key, and writes no log line above debug', async () => {
    const { slots, lines, ...parts } = watched()
    const world = createMemoryWorld(parts)
    unknownTo(world)
    Object.assign(world.row, { keySlot: 'k1' })
    await work(world)
    expect([slots, lines]).toEqual([[], ['debug: event will be retried']])
    await work(world)
    expect([slots, lines]).toEqual([['k1'], ['debug: event will be retried']])
  })

  it('writes one log line for an unknown event if there is no watch', async () => {
    const { lines, logger } = watched()
    const world = createMemoryWorld({ logger })
    unknownTo(world)
    await work(world)
    await work(world)
    expect(lines).toEqual(['info: event will be retried', 'warn: event parked: an operator must act'])
  })

  it('reports nothing to the watch for another failure', async () => {
    const { slots, lines, ...parts } = watched()
    const world = createMemoryWorld(parts)
    world.event.identityId = null
    await work(world)
    expect([slots, lines]).toEqual([[], ['warn: event parked: an operator must act']])
    const busy = watched()
    const later = createMemoryWorld({ logger: busy.logger, unknown: busy.unknown })
    later.reader.event = () => Promise.reject(new PaxosUnavailableError({ operation }))
    await work(later)
    expect(busy.lines).toEqual(['info: event will be retried'])
  })

  it.each([
    [29_999, 'accepted'],
    [30_000, 'parked'],
  ])('F50: %i ms after its receipt is %s after one read', async (afterMs, state) => {
    const world = createMemoryWorld()
    unknownTo(world)
    world.now = RECEIVED_AT + afterMs
    await work(world)
    expect(world.row.state).toBe(state)
  })

  it('logs that a completed event stays processed after a failed replay', async () => {
    const { lines, slots, ...parts } = watched()
    const world = createMemoryWorld(parts)
    Object.assign(world.row, { trust: 'confirmed', outcome: 'moved:ready', generation: 1, attempts: 4 })
    world.job.generation = 1
    unknownTo(world)
    await work(world)
    expect([lines, slots]).toEqual([['warn: replay of a completed event failed; the event stays processed'], []])
  })
})

it('makes a separate issue of an event that kills its process', async () => {
  const world = createMemoryWorld()
  const causes: unknown[] = []
  world.inbox.keepCause = async (cause) => {
    causes.push(cause)
    return 'cause'
  }
  world.row.strikes = 3
  await work(world, 5)
  expect(causes).toEqual([{ code: 'POISON', effectKind: null, operation: null, status: null, problemType: null }])
})
