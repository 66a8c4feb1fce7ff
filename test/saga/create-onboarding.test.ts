import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { type CreateParts, createOnboarding } from '../../src/saga/create-onboarding.ts'
import { samplePerson } from '../../src/sandbox/sample-person.ts'
import type { Pipeline } from './start-pipeline.ts'
import { createWorld, reaches, settles, type World } from './world.ts'

let world: World
let pipeline: Pipeline
let parts: CreateParts
beforeEach(async () => {
  world = await createWorld({ kind: 'postgres' })
  pipeline = await world.start()
  parts = { ...pipeline, encryptionKey: Buffer.alloc(32, 7), now: Date.now }
})

const order = (overrides: Partial<Parameters<typeof createOnboarding>[1]> = {}) => ({
  idempotencyKey: randomUUID(),
  request: samplePerson(),
  requestedBy: 'test',
  ...overrides,
})
const identities = (): number => world.sandbox.story.of('identity-created').length

describe('when a person is created', () => {
  it('stands pending under our ref_id, and becomes ready by the webhook', async () => {
    const asked = order()
    const { identityId, created } = await createOnboarding(parts, asked)
    expect(created).toBe(true)
    expect((await pipeline.ledger.load(identityId))?.onboarding).toMatchObject({ origin: 'created', refId: asked.request.ref_id })
    const decided = await waitForEvent(identityId)
    await pipeline.accept(decided)
    await reaches(pipeline, identityId, 'ready')
  })

  it('is created once for any number of requests with one key, also at once', async () => {
    const asked = order()
    const answers = await Promise.all(Array.from({ length: 5 }, () => createOnboarding(parts, asked)))
    answers.push(await createOnboarding(parts, asked))
    expect(new Set(answers.map(({ identityId }) => identityId)).size).toBe(1)
    expect(identities()).toBe(1)
    expect(answers.at(-1)?.created).toBe(false)
  })

  it('is found again when the answer of the creation was lost', async () => {
    world.sandbox.faults.arm({ on: 'POST /identity/identities', do: 'act-then-drop', next: 1 })
    const asked = order()
    await expect(createOnboarding(parts, asked)).rejects.toMatchObject({ code: 'PAXOS_OUTCOME_UNKNOWN' })
    const { identityId } = await createOnboarding(parts, asked)
    expect(identities()).toBe(1)
    expect((await pipeline.ledger.load(identityId))?.onboarding.state).toBe('pending')
  })

  it('keeps nothing of the person: not in the request, not in the ledger', async () => {
    const asked = order()
    await createOnboarding(parts, asked)
    const person = asked.request.person_details as Record<string, string>
    const { rows } = await pipeline.pool.query(
      `SELECT string_agg(t::text, '') AS everything FROM (SELECT r::text AS t FROM onboarding_request r UNION ALL SELECT o::text FROM onboarding o UNION ALL SELECT l::text FROM ledger_entry l) all_rows`,
    )
    for (const secret of [person.cip_id, person.email, person.last_name]) expect(rows[0].everything).not.toContain(secret)
  })
})

describe('when a request cannot be', () => {
  it('refuses the same key with other data, and does nothing', async () => {
    const asked = order()
    await createOnboarding(parts, asked)
    await expect(createOnboarding(parts, { ...asked, request: samplePerson() })).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' })
    expect(identities()).toBe(1)
  })

  it('refuses a ref_id that another request has', async () => {
    const asked = order()
    await createOnboarding(parts, asked)
    const other = order({ request: { ...samplePerson(), ref_id: asked.request.ref_id as string } })
    await expect(createOnboarding(parts, other)).rejects.toMatchObject({ code: 'REF_ID_TAKEN' })
  })

  it('leaves a person whom Paxos knows already to a person, and names the identity', async () => {
    const asked = order()
    const { identityId } = await createOnboarding(parts, asked)
    const twin = order({ request: { ...asked.request, ref_id: 'another-name-for-the-same' } })
    await expect(createOnboarding(parts, twin)).rejects.toMatchObject({
      code: 'PERSON_ALREADY_KNOWN',
      message: expect.stringContaining(identityId),
    })
    expect(identities()).toBe(1)
  })
})

describe('when the webhook is faster than the answer of the creation', () => {
  it('ends with one onboarding that carries our name for it', async () => {
    const asked = order()
    world.sandbox.faults.arm({ on: 'POST /identity/identities', do: 'act-then-drop', next: 1 })
    await expect(createOnboarding(parts, asked)).rejects.toThrow()
    const [made] = world.sandbox.story.of('identity-created')
    const identityId = made?.identityId ?? ''
    await pipeline.accept(await waitForEvent(identityId))
    await reaches(pipeline, identityId, 'ready')
    await settles(pipeline)
    expect(await createOnboarding(parts, asked)).toMatchObject({ identityId })
    expect((await pipeline.ledger.load(identityId))?.onboarding).toMatchObject({
      state: 'ready',
      origin: 'created',
      refId: asked.request.ref_id,
    })
    expect(world.effectsOf(identityId)).toMatchObject({ accounts: 1, sends: 1 })
  })
})

async function waitForEvent(identityId: string): Promise<{ id: string; type: string }> {
  for (;;) {
    const event = world.sandbox.events.all.find((each) => each.identityId === identityId)
    if (event) return event
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
