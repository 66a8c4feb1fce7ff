import { beforeEach, describe, expect, it } from 'vitest'
import { countWaitingDuplicates } from '../../../src/ledger/waiting-duplicates.ts'
import { createPerform } from '../../../src/operate/audited.ts'
import { type CreateParts, createOnboarding } from '../../../src/operate/onboarding/create-onboarding.ts'
import { type DuplicateUseCases, duplicateUseCases } from '../../../src/operate/onboarding/duplicates.ts'
import { samplePerson } from '../../../src/sandbox/world/sample-person.ts'
import { ENCRYPTION_KEY, type Pipeline } from '../../saga/start-pipeline.ts'
import { createWorld, eventually, reaches, type World } from '../../saga/world.ts'
import { accountsOf } from '../../tour/accounts-of.ts'
import { TESTER } from '../../tour/trader.ts'

const WHY = { reason: 'the customer confirmed it by telephone' }

let world: World
let pipeline: Pipeline
let parts: CreateParts
let duplicates: DuplicateUseCases
/** The first request of the person, and the identity that Paxos created for it. */
let person: Record<string, unknown>
let identityId: string

beforeEach(async () => {
  world = await createWorld({ kind: 'postgres' })
  pipeline = await world.start()
  parts = { ...pipeline, encryptionKey: ENCRYPTION_KEY, now: Date.now }
  const { pool, requests } = pipeline
  const { openAccount } = accountsOf(pipeline)
  duplicates = duplicateUseCases({ pool, requests, openAccount, perform: createPerform(pool, Date.now), now: Date.now })
  person = samplePerson()
  const made = await createOnboarding(parts, { idempotencyKey: 'first', request: person, requestedBy: 'test' })
  if (made.kind !== 'opened') throw new Error(made.kind)
  identityId = made.identityId
})

const again = (onDuplicate: 'refuse' | 'review' | undefined, key = 'second') =>
  createOnboarding(parts, { idempotencyKey: key, request: { ...person, ref_id: `other-${key}`, onDuplicate }, requestedBy: 'test' })

async function ready(): Promise<void> {
  const event = await eventually(
    () => world.sandbox.events.all.find((each) => each.identityId === identityId && each.type === 'identity.approved'),
    (seen) => seen !== undefined,
  )
  await pipeline.accept(event!)
  await reaches(pipeline, identityId, 'ready')
}

/** The held request for the same person. */
async function held(): Promise<string> {
  const made = await again('review')
  if (made.kind !== 'duplicate') throw new Error(made.kind)
  return made.requestId
}

describe('a request for a person whom Paxos knows already', () => {
  it('is refused by default, and when it asks for that', async () => {
    await expect(again(undefined)).rejects.toMatchObject({ code: 'PERSON_ALREADY_KNOWN' })
    await expect(again('refuse', 'third')).rejects.toMatchObject({ code: 'PERSON_ALREADY_KNOWN' })
  })

  it('is held for review with the id of the existing identity, keeps no personal data, and answers the same again', async () => {
    const made = await again('review')
    expect(made).toMatchObject({ kind: 'duplicate', existingIdentityId: identityId })
    expect(await again('review')).toEqual(made)
    expect(await duplicates.listDuplicates({ limit: 10 })).toMatchObject({
      items: [{ state: 'held', existingIdentityId: identityId, accountKey: null }],
    })
    expect(await countWaitingDuplicates(pipeline.pool)).toEqual({ count: 1, oldestAt: expect.any(Date) })
    expect((await pipeline.pool.query('SELECT id FROM sealed_payload')).rows).toEqual([])
  })

  it('names onDuplicate when the same key comes with another choice (A7)', async () => {
    await held()
    await expect(again('refuse')).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED', fields: ['onDuplicate'] })
  })

  it('does not tell Paxos of onDuplicate', async () => {
    const bodies: unknown[] = []
    const create = pipeline.paxos.identities.create.bind(pipeline.paxos.identities)
    pipeline.paxos.identities.create = (body, options) => {
      bodies.push(body)
      return create(body, options)
    }
    await held()
    expect(bodies).toHaveLength(1)
    expect(bodies[0]).not.toHaveProperty('onDuplicate')
  })

  it('gets no account without a confirmation, also when the existing customer becomes ready', async () => {
    await held()
    await ready()
    await pipeline.inbox.setTimer({ streamId: identityId, name: 'read-identity', dueAt: new Date(), identityId })
    await eventually(
      () => pipeline.inbox.count(),
      ({ accepted }) => accepted === 0,
    )
    expect(world.accountIds(identityId)).toHaveLength(1)
    expect((await pipeline.pool.query('SELECT FROM account')).rowCount).toBe(0)
  })

  it('gets one further account on the existing identity when a person confirms, also when the confirmation is repeated', async () => {
    const requestId = await held()
    await ready()
    const [one, two] = await Promise.all([
      duplicates.confirmDuplicate(requestId, WHY, TESTER),
      duplicates.confirmDuplicate(requestId, WHY, TESTER),
    ])
    expect(one).toMatchObject({
      duplicate: { state: 'joined', accountKey: one?.account.accountKey },
      account: { identityId, state: 'opened' },
    })
    expect(two?.account.accountId).toBe(one?.account.accountId)
    expect(world.accountIds(identityId)).toHaveLength(2)
    const { rows } = await pipeline.pool.query(`SELECT operator AS actor_name, reason FROM audit_entry WHERE action = 'duplicate.confirm'`)
    expect(rows[0]).toEqual({ actor_name: TESTER.name, reason: WHY.reason })
    await expect(duplicates.declineDuplicate(requestId, WHY, TESTER)).rejects.toMatchObject({ code: 'DUPLICATE_STATE' })
  })

  it('is not decided by a program: a person must be named', async () => {
    const requestId = await held()
    await ready()
    const program = { kind: 'api', name: 'api' } as const
    await expect(duplicates.confirmDuplicate(requestId, WHY, program)).rejects.toMatchObject({ code: 'USAGE' })
    await expect(duplicates.declineDuplicate(requestId, WHY, program)).rejects.toMatchObject({ code: 'USAGE' })
    expect(world.accountIds(identityId)).toHaveLength(1)
  })

  it('stays held when the existing customer is not approved, and names why', async () => {
    const requestId = await held()
    world.sandbox.engine.decide(world.sandbox.identities.get(identityId)!, 'error')
    await expect(duplicates.confirmDuplicate(requestId, WHY, TESTER)).rejects.toMatchObject({ code: 'ACCOUNT_NOT_POSSIBLE' })
    expect(await duplicates.getDuplicate(requestId)).toMatchObject({ state: 'held' })
  })

  it('opens nothing when a person declines it, and cannot be confirmed afterwards', async () => {
    const requestId = await held()
    await ready()
    expect(await duplicates.declineDuplicate(requestId, WHY, TESTER)).toMatchObject({ state: 'declined', accountKey: null })
    await expect(duplicates.confirmDuplicate(requestId, WHY, TESTER)).rejects.toMatchObject({ code: 'DUPLICATE_STATE' })
    expect(world.accountIds(identityId)).toHaveLength(1)
    expect((await duplicates.listDuplicates({ limit: 10 })).items).toEqual([])
    expect(await countWaitingDuplicates(pipeline.pool)).toEqual({ count: 0, oldestAt: null })
  })
})
