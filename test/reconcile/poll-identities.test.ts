import { describe, expect, it, onTestFinished } from 'vitest'
import type { KnownStatus } from '../../src/ledger/read-statuses.ts'
import type { PaxosIdentity } from '../../src/paxos/identities.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { createPool } from '../../src/platform/postgres/postgres.ts'
import { pollIdentities } from '../../src/reconcile/poll-identities.ts'
import type { PollPosition } from '../../src/reconcile/poll-position.ts'
import { savePosition, takeRound } from '../../src/reconcile/poll-position.ts'
import { startIdentityPolls } from '../../src/reconcile/start-identity-polls.ts'
import type { Pipeline } from '../saga/start-pipeline.ts'
import { completes, createWorld, eventually, reaches } from '../saga/world.ts'
import { testRedisUrl } from '../support/queue-backends.ts'
import { createTestDatabase } from '../support/test-database.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const PAGE = 100
const FIRST: PollPosition = { changedFrom: null, walkedTo: null }

/** An identity at Paxos that changed this many seconds ago. */
function atPaxos(number: number, status: string, changedAgo = 3_600, over: Partial<PaxosIdentity> = {}): PaxosIdentity {
  const createdAt = new Date(NOW - 86_400_000 + number).toISOString()
  const updatedAt = new Date(NOW - changedAgo * 1_000).toISOString()
  return { id: `identity-${number}`, refId: null, status, statusDetails: null, createdAt, updatedAt, ...over }
}

function onRecord({ id }: PaxosIdentity, identityStatus: string | null, over: Partial<KnownStatus> = {}): KnownStatus {
  return { identityId: id, state: 'ready', identityStatus, statusDetails: null, ...over }
}

/** One round against a Paxos with these identities, some of them recorded here. */
async function poll(
  identities: readonly PaxosIdentity[],
  known: readonly KnownStatus[],
  { position = FIRST, waiting = [] as Date[] } = {},
) {
  const calls: string[] = []
  const timers: string[] = []
  let saved = position
  const report = await pollIdentities(
    {
      inbox: {
        setTimer: async ({ streamId, name }) => void timers.push(`${name} ${streamId}`),
        waiting: async (limit) => waiting.slice(0, limit).map((occurredAt) => ({ eventId: 'e', occurredAt, evidence: null })),
      },
      paxos: {
        identities: {
          list: async ({ status, updatedAt, createdAt, cursor }) => {
            calls.push(status ?? (updatedAt ? 'changed' : 'walk'))
            const found = identities.filter(
              (each) =>
                (!status || each.status === status) &&
                (!updatedAt?.gte || each.updatedAt >= updatedAt.gte) &&
                (!createdAt?.gte || each.createdAt >= createdAt.gte),
            )
            const from = Number(cursor ?? 0)
            return { identities: found.slice(from, from + PAGE), nextCursor: from + PAGE < found.length ? String(from + PAGE) : null }
          },
        },
      },
      knownStatuses: async (ids) => known.filter(({ identityId }) => ids.includes(identityId)),
      frozen: async () => known.filter(({ identityStatus }) => identityStatus === 'ERROR'),
      save: async (next) => {
        saved = next
      },
      now: () => NOW,
    },
    position,
  )
  return { report, timers: [...new Set(timers)], calls, saved }
}

describe('a poll over identities', () => {
  it('F40: reads a customer again whom Paxos has frozen, after a change of any age', async () => {
    const [frozen, approved] = [atPaxos(1, 'ERROR', 0), atPaxos(2, 'APPROVED')]
    const { timers } = await poll([frozen, approved], [onRecord(frozen, 'APPROVED'), onRecord(approved, 'APPROVED')])
    expect(timers).toEqual(['read-identity identity-1'])
  })

  it('F40: reads a customer again whom Paxos no longer lists as frozen, even when the time of change says nothing', async () => {
    const thawed = atPaxos(1, 'APPROVED', 0)
    expect((await poll([thawed], [onRecord(thawed, 'ERROR', { state: 'frozen' })])).timers).toEqual(['read-identity identity-1'])
  })

  it('leaves a change for one minute, in which its event should arrive, and reads it then', async () => {
    const fresh = atPaxos(1, 'DISABLED', 59)
    const old = atPaxos(2, 'DISABLED', 61)
    expect((await poll([fresh, old], [onRecord(fresh, 'APPROVED'), onRecord(old, 'APPROVED')])).timers).toEqual([
      'read-identity identity-2',
    ])
  })

  it('A37: reads a pending customer again from whom Paxos requests something new', async () => {
    const requirements = [{ type: 'SCREENING_CHECK', status: 'PENDING', codes: ['SCREENING_IN_PROGRESS'], awaiting: 'PAXOS' }]
    const statusDetails = { requirements, controls: [] }
    const pending = atPaxos(1, 'PENDING', 120, { statusDetails })
    const known = onRecord(pending, 'PENDING', { state: 'pending' })
    expect((await poll([pending], [known])).timers).toEqual(['read-identity identity-1'])
    expect((await poll([pending], [{ ...known, statusDetails }])).timers).toEqual([])
  })

  it('opens nothing for an identity without an onboarding', async () => {
    expect((await poll([atPaxos(1, 'ERROR'), atPaxos(2, 'APPROVED')], [])).timers).toEqual([])
  })

  it('continues with the changes from three minutes before the last round', async () => {
    const missed = atPaxos(1, 'APPROVED', 400)
    const known = [onRecord(missed, 'PENDING')]
    const position = { changedFrom: new Date(NOW - 300_000), walkedTo: new Date(NOW).toISOString() }
    expect((await poll([missed], known, { position })).timers).toEqual(['read-identity identity-1'])
    const later = { ...position, changedFrom: new Date(NOW - 200_000) }
    const after = await poll([missed], known, { position: later })
    expect(after.timers).toEqual([])
    expect(after.saved.changedFrom).toEqual(new Date(NOW))
  })

  it('walks over all identities, a thousand at a time, and starts again at the end', async () => {
    const identities = Array.from({ length: 2_500 }, (_, number) => atPaxos(number, 'APPROVED', 80_000))
    const known = identities.map((identity, number) => onRecord(identity, number === 2_400 ? 'DISABLED' : 'APPROVED'))
    let position: PollPosition = { changedFrom: new Date(NOW), walkedTo: null }
    const found: string[][] = []
    for (let round = 0; round < 3; round += 1) {
      const { timers, saved, calls } = await poll(identities, known, { position })
      expect(calls.filter((call) => call === 'walk').length).toBeLessThanOrEqual(10)
      found.push(timers)
      position = saved
    }
    expect(found).toEqual([[], [], ['read-identity identity-2400']])
    expect(position.walkedTo).toBeNull()
  })

  it('asks only for frozen identities while many events wait to be read', async () => {
    const waiting = Array.from({ length: 20 }, () => new Date(NOW - 61_000))
    const [changed, frozen] = [atPaxos(1, 'DISABLED', 120), atPaxos(2, 'ERROR')]
    const { report, timers, calls, saved } = await poll([changed, frozen], [onRecord(changed, 'APPROVED'), onRecord(frozen, 'APPROVED')], {
      waiting,
    })
    expect(timers).toEqual(['read-identity identity-2'])
    expect(calls).toEqual(['ERROR'])
    expect(report.whole).toBe(false)
    expect(saved).toEqual(FIRST)
  })
})

/** A world with a worker that polls once a second. */
async function polledWorld() {
  const world = await createWorld({ kind: 'redis', redisUrl: testRedisUrl() })
  const pipeline = await world.start()
  const { pool, inbox, paxos, metrics } = pipeline
  const stop = startIdentityPolls({ pool, inbox, paxos, metrics, everySeconds: 1, logger: createLogger({ level: 'silent' }) })
  onTestFinished(stop)
  return { world, pipeline }
}

async function noticesTo({ pool }: Pipeline, identityId: string): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT name FROM effect WHERE stream_id = $1 AND kind = 'send-notification' AND state = 'done' ORDER BY completed_at`,
    [identityId],
  )
  return rows.map(({ name }) => name)
}

describe('when Paxos freezes a customer', () => {
  it('F40: the onboarding leaves ready within a poll period and a job, the application is notified, and it returns when Paxos thaws the identity', async () => {
    const { world, pipeline } = await polledWorld()
    const { identityId, ...event } = await world.decided('approve')
    await pipeline.accept(event)
    await reaches(pipeline, identityId, 'ready')
    const identity = world.sandbox.identities.get(identityId)
    if (!identity) throw new Error('the simulator has lost the identity')

    const events = world.sandbox.events.all.length
    world.sandbox.engine.decide(identity, 'error')
    expect(world.sandbox.events.all).toHaveLength(events) // Paxos has no event for ERROR
    const frozen = await reaches(pipeline, identityId, 'frozen')
    expect(frozen.onboarding.statusDetails?.controls.map(({ type }) => type)).toEqual(['FROZEN'])
    await eventually(
      () => noticesTo(pipeline, identityId),
      (told) => told.includes('frozen'),
    )

    world.sandbox.engine.decide(identity, 'approve')
    const thawed = await reaches(pipeline, identityId, 'ready')
    expect(thawed.onboarding.statusDetails).toBeNull()
    expect(await noticesTo(pipeline, identityId)).toEqual(['account_opened', 'ready', 'frozen', 'reactivated'])
    expect(world.accountIds(identityId)).toHaveLength(1)
    await completes(pipeline)
  })
})

describe('A36: an event that this version does not know', () => {
  it('A36: is kept when its type is unknown, and when it decides nothing about an identity without an onboarding', async () => {
    const { world, pipeline } = await polledWorld()
    const { identityId } = await world.decided('approve')
    const emit = (type: string) => world.sandbox.events.emit({ type, object: {}, identityId, deliver: false })
    await pipeline.accept(emit('identity.reviewed_by_moon'))
    await pipeline.accept(emit('identity.control.created'))
    await completes(pipeline)
    const { rows } = await pipeline.pool.query('SELECT type, state, outcome FROM inbox_event ORDER BY seq')
    expect(rows).toEqual([
      { type: 'identity.reviewed_by_moon', state: 'processed', outcome: 'kept:moves-no-onboarding' },
      { type: 'identity.control.created', state: 'processed', outcome: 'kept:no-onboarding' },
    ])
    expect(await pipeline.ledger.load(identityId)).toBeNull()
  })
})

describe('the round of a poll', () => {
  it('is taken once per period over all workers, and its position never goes back', async () => {
    const database = await createTestDatabase()
    const pool = createPool({ connectionString: database.url, max: 2, applicationName: 'test poll' })
    onTestFinished(async () => {
      await pool.end()
      await database.drop()
    })
    const taken = await Promise.all([takeRound(pool, 60), takeRound(pool, 60)])
    expect(taken.filter((position) => position !== null)).toEqual([FIRST])
    const later = new Date('2999-01-01T00:00:00Z')
    await savePosition(pool, { changedFrom: later, walkedTo: 'x' })
    await savePosition(pool, { changedFrom: new Date(0), walkedTo: null })
    expect(await takeRound(pool, 60)).toBeNull()
    expect(await takeRound(pool, 0)).toEqual({ changedFrom: later, walkedTo: null })
  })
})
