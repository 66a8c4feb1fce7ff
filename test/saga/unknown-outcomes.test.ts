import { describe, expect, it, onTestFinished } from 'vitest'
import { accountRefId } from '../../src/domain/onboarding/account-effect.ts'
import type { JobOutcome } from '../../src/queue/event-worker.ts'
import { MAX_ATTEMPTS, MAX_UNKNOWN_OUTCOMES } from '../../src/saga/retry-policy.ts'
import type { FaultInput } from '../../src/sandbox/control/fault-book.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import type { Pipeline, PipelineOptions } from './start-pipeline.ts'
import { completes, createWorld, eventually, reaches, type World } from './world.ts'

// The backend of the queue makes no difference here. onboarding.test.ts has other outcomes of creating an account.
const backend = { kind: 'postgres' } as const
const CREATION = 'POST /identity/accounts'
const LISTING = 'GET /identity/accounts'

const calls = ({ sandbox }: World, operation: string): number =>
  sandbox.story.of('call').filter((call) => call.operation === operation).length

describe('when Paxos has created the account and the answer does not say so', () => {
  it.each<[string, FaultInput[]]>([
    ['the answer is a 500', [{ on: CREATION, do: 'act-then-answer', status: 500, next: 1 }]],
    ['the answer is a 504', [{ on: CREATION, do: 'act-then-answer', status: 504, next: 1 }]],
    [
      'the answer and that of the first look-up are lost',
      [
        { on: CREATION, do: 'act-then-drop', next: 1 },
        { on: LISTING, do: 'act-then-drop', next: 1 },
      ],
    ],
    [
      'the answer is lost and the first look-up meets an outage',
      [
        { on: CREATION, do: 'act-then-silence', next: 1 },
        { on: LISTING, do: 'answer', status: 503, next: 1 },
      ],
    ],
  ])('because %s, the account is looked up and adopted, and not requested again', async (_, faults) => {
    const world = await createWorld(backend)
    const pipeline = await world.start()
    const event = await world.decided('approve')
    for (const fault of faults) world.sandbox.faults.arm(fault)
    await pipeline.accept(event)
    const { effects } = await reaches(pipeline, event.identityId, 'ready')
    expect(effects.find(({ step }) => step === 'account')?.receipt).toMatchObject({ how: 'adopted' })
    expect(world.effectsOf(event.identityId)).toMatchObject({ accounts: 1, sends: 1 })
    expect(calls(world, CREATION)).toBe(1)
  })

  it('because the connection was reset, the account is looked up and adopted', async () => {
    const world = await createWorld(backend)
    const line = await startTcpProxy({ port: Number(new URL(world.sandbox.url).port) })
    onTestFinished(() => line.close())
    const apiUrl = Object.assign(new URL(world.sandbox.apiUrl), { port: String(line.port) }).href
    const pipeline = await world.start({ paxos: { apiUrl, tokenUrl: world.sandbox.tokenUrl } })
    const event = await world.decided('approve')
    const lost = line.loseAnswer((piece) => piece.includes('POST /v2/identity/accounts'))
    await pipeline.accept(event)
    await lost
    const { effects } = await reaches(pipeline, event.identityId, 'ready')
    expect(effects.find(({ step }) => step === 'account')?.receipt).toMatchObject({ how: 'adopted' })
    expect(world.effectsOf(event.identityId)).toMatchObject({ accounts: 1, sends: 1 })
    expect(calls(world, CREATION)).toBe(1)
  })

  it('and its profile comes late, the customer becomes ready with both', async () => {
    const world = await createWorld(backend, { profileIdArrives: 'late', profileIdDelayMs: 1_500 })
    const pipeline = await world.start()
    const event = await world.decided('approve')
    world.sandbox.faults.arm({ on: CREATION, do: 'act-then-drop', next: 1 })
    await pipeline.accept(event)
    expect((await reaches(pipeline, event.identityId, 'ready')).onboarding.profileId).not.toBeNull()
    expect(world.effectsOf(event.identityId)).toMatchObject({ accounts: 1, sends: 1 })
    expect(calls(world, CREATION)).toBe(1)
  })
})

describe('when an account never gets its profile', () => {
  it('the customer is held for an operator without a notification, and no second account is requested', async () => {
    const world = await createWorld(backend, { profileIdArrives: 'never' })
    const pipeline = await world.start()
    const event = await world.decided('approve')
    await pipeline.accept(event)
    const waiting = await eventually(
      async () => (await pipeline.pool.query('SELECT state, error_code FROM inbox_event')).rows[0],
      ({ error_code }) => error_code === 'ACCOUNT_WITHOUT_PROFILE',
    )
    expect(waiting.state).toBe('accepted')
    await pipeline.pool.query('UPDATE inbox_event SET attempts = 5') // 15 s pass
    const { onboarding } = await reaches(pipeline, event.identityId, 'held')
    expect(onboarding).toMatchObject({ heldReason: 'account-without-profile', heldFrom: 'approved' })
    expect(world.effectsOf(event.identityId)).toEqual({ accounts: 1, noticeKeys: [], sends: 0 })
    expect(calls(world, CREATION)).toBe(1)
  })
})

describe('when the account that Paxos names is not ours', () => {
  it.each(['conflict', 'conflict-bare', 'return-existing'] as const)(
    "because another customer's account has our key, the customer is held and nothing is adopted (%s)",
    async (accountConflict) => {
      const world = await createWorld(backend, { accountConflict })
      const pipeline = await world.start()
      const [event, other] = [await world.decided('approve'), await world.decided('approve')]
      await pipeline.paxos.accounts.create({ identityId: other.identityId, refId: accountRefId(event.identityId), type: 'BROKERAGE' })
      await pipeline.accept(event)
      const { onboarding } = await reaches(pipeline, event.identityId, 'held')
      expect(onboarding).toMatchObject({ heldReason: 'account-mismatch', accountId: null })
      expect(world.effectsOf(event.identityId)).toEqual({ accounts: 0, noticeKeys: [], sends: 0 })
    },
  )

  it('because there is none despite the 409, the customer is held', async () => {
    const world = await createWorld(backend)
    const pipeline = await world.start()
    const event = await world.decided('approve')
    world.sandbox.faults.arm({ on: CREATION, do: 'answer', status: 409, next: 1 })
    await pipeline.accept(event)
    expect((await reaches(pipeline, event.identityId, 'held')).onboarding.heldReason).toBe('account-mismatch')
    expect(world.effectsOf(event.identityId)).toEqual({ accounts: 0, noticeKeys: [], sends: 0 })
  })
})

/** Every wait of a job takes 10 ms, so that hours of an outage pass in seconds. */
const decorate: NonNullable<PipelineOptions['decorate']> = (_, part) => {
  if (!('handle' in part)) return part
  const { handle } = part as unknown as { handle: (...work: unknown[]) => Promise<JobOutcome> } // only the part `worker` has this
  const impatient = async (...work: unknown[]): Promise<JobOutcome> => {
    const outcome = await handle(...work)
    return outcome.kind === 'later' ? { kind: 'later', at: Date.now() + 10 } : outcome
  }
  return { ...part, handle: impatient }
}

const inboxOf = async ({ pool }: Pipeline) =>
  (
    await pool.query<{ state: string; attempts: number; unknown: number; code: string | null; detail: string | null }>(
      `SELECT state, attempts, unknown_outcomes AS unknown, error_code AS code, error_detail AS detail FROM inbox_event ORDER BY seq`,
    )
  ).rows

describe('when Paxos answers reads but no writes, for longer than all attempts last', () => {
  const failNotices = ({ notices }: World): (() => void) => {
    notices.reply((response) => response.writeHead(500).end())
    return () => notices.reply((response) => response.writeHead(204).end())
  }
  const struck =
    (fault: FaultInput) =>
    ({ sandbox }: World): (() => void) => {
      sandbox.faults.arm(fault)
      return () => sandbox.faults.clear()
    }
  it.each<[string, (world: World) => () => void]>([
    ['a 500 from Paxos', struck({ on: CREATION, do: 'answer', status: 500 })],
    ['a connection that Paxos resets', struck({ on: CREATION, do: 'drop' })],
    ['a 500 from the application', failNotices],
  ])('because of %s, no attempt is spent, and every customer is ready once it is over', async (_, begin) => {
    const world = await createWorld(backend)
    const end = begin(world)
    const pipeline = await world.start({ decorate })
    const events = await Promise.all(Array.from({ length: 8 }, () => world.decided('approve')))
    for (const event of events) await pipeline.accept(event)
    const waiting = await eventually(
      () => inboxOf(pipeline),
      (rows) => rows.every(({ state, unknown }) => state !== 'accepted' || unknown > MAX_ATTEMPTS),
    )
    expect(waiting.filter(({ attempts }) => attempts > 0)).toEqual([])
    end()
    await completes(pipeline)
    expect((await inboxOf(pipeline)).map(({ state, attempts }) => ({ state, attempts }))).toEqual(
      events.map(() => ({ state: 'processed', attempts: 0 })),
    )
    for (const { identityId } of events) {
      expect((await pipeline.ledger.load(identityId))?.onboarding.state).toBe('ready')
      expect(world.effectsOf(identityId)).toMatchObject({ accounts: 1, noticeKeys: [expect.any(String)] })
    }
  })
})

describe('when one request never gets an answer and all others do', () => {
  it('its event ends dead with its evidence for an operator, and delays no other', async () => {
    const world = await createWorld(backend)
    const [poisoned, ...others] = [await world.decided('approve'), await world.decided('approve'), await world.decided('approve')]
    world.notices.reply((response) => {
      const isPoison = String(response.req.headers['webhook-id']).endsWith(poisoned!.identityId)
      response.writeHead(isPoison ? 500 : 204).end()
    })
    const pipeline = await world.start({ decorate })
    for (const event of [poisoned!, ...others]) await pipeline.accept(event)
    for (const { identityId } of others) await reaches(pipeline, identityId, 'ready')
    await eventually(
      () => pipeline.inbox.count(),
      ({ accepted }) => accepted === 0,
      { withinMs: 150_000 },
    )
    const [dead, ...ended] = await inboxOf(pipeline)
    expect(dead).toMatchObject({ state: 'dead', attempts: 0, unknown: MAX_UNKNOWN_OUTCOMES, code: 'NOTICE_OUTCOME_UNKNOWN' })
    expect(dead?.detail).toMatch(/\(500\).* Unknown 200 of 200 times\.$/)
    expect(ended).toMatchObject([{ state: 'processed' }, { state: 'processed' }])
    const sent = world.notices.deliveries
      .map(({ headers }) => String(headers['webhook-id']))
      .filter((key) => key.endsWith(poisoned!.identityId))
    expect(new Set(sent)).toEqual(new Set([`notice_account_opened_1_${poisoned!.identityId}`])) // what comes after it waits
    expect(world.effectsOf(poisoned!.identityId)).toMatchObject({ accounts: 1, noticeKeys: [] })
  }, 180_000)
})
