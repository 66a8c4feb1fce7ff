import { createHash, createHmac, randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { type CreateParts, createOnboarding } from '../../src/operate/create-onboarding.ts'
import { PaxosConflictError } from '../../src/paxos/paxos-errors.ts'
import { canonicalJson } from '../../src/platform/hash-chain.ts'
import { samplePerson } from '../../src/sandbox/world/sample-person.ts'
import type { Pipeline } from '../saga/start-pipeline.ts'
import { createWorld, reaches, settles, type World } from '../saga/world.ts'

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
const storedRequests = async () =>
  (await pipeline.pool.query('SELECT idempotency_key, state, identity_id, error_code FROM onboarding_request ORDER BY created_at')).rows
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
    const { rows } = await pipeline.pool.query('SELECT stream_id, kind, actor, data FROM ledger_entry')
    const identity_id = answers[0]?.identityId
    expect(rows).toEqual([
      { stream_id: identity_id, kind: 'onboarding.created', actor: 'operator:test', data: { refId: asked.request.ref_id } },
    ])
    expect(await storedRequests()).toEqual([{ idempotency_key: asked.idempotencyKey, state: 'done', identity_id, error_code: null }])
  })

  it('is created once, and opened once, where the process ended before it noted so', async () => {
    const asked = order()
    const { identityId } = await createOnboarding(parts, asked)
    const before = await pipeline.ledger.load(identityId)
    await pipeline.pool.query(`UPDATE onboarding_request SET state = 'intended', identity_id = NULL, settled_at = NULL`)
    expect(await createOnboarding(parts, asked)).toMatchObject({ identityId })
    expect(identities()).toBe(1)
    expect(await pipeline.ledger.load(identityId)).toEqual(before)
  })

  it('has a ref_id of ours where none is given, the same for the same key', async () => {
    const { ref_id: _, ...nameless } = samplePerson()
    const asked = order({ request: nameless })
    const { identityId } = await createOnboarding(parts, asked)
    const refId = `gatehouse-${createHash('sha256').update(asked.idempotencyKey).digest('hex').slice(0, 32)}`
    expect(world.sandbox.identities.get(identityId)).toMatchObject({ refId })
    expect((await pipeline.ledger.load(identityId))?.onboarding).toMatchObject({ refId })
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
    // What stands for the person stays what it is, so that a request is known again by a later release.
    const key = createHmac('sha256', parts.encryptionKey).update('gatehouse/onboarding-request').digest()
    const { rows: requests } = await pipeline.pool.query('SELECT input_hash FROM onboarding_request')
    expect(requests).toEqual([{ input_hash: createHmac('sha256', key).update(canonicalJson(asked.request)).digest() }])
  })
})

describe('when a request cannot be', () => {
  it('refuses the same key with other data, and does nothing', async () => {
    const asked = order()
    await createOnboarding(parts, asked)
    await expect(createOnboarding(parts, { ...asked, request: samplePerson() })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
      retry: 'never',
    })
    expect(identities()).toBe(1)
  })

  it('refuses a ref_id that another request has', async () => {
    const asked = order()
    await createOnboarding(parts, asked)
    const other = order({ request: { ...samplePerson(), ref_id: asked.request.ref_id as string } })
    await expect(createOnboarding(parts, other)).rejects.toMatchObject({ code: 'REF_ID_TAKEN', retry: 'never' })
  })

  it('leaves a person whom Paxos knows already to a person, and names the identity', async () => {
    const asked = order()
    const { identityId } = await createOnboarding(parts, asked)
    const twin = order({ request: { ...asked.request, ref_id: 'another-name-for-the-same' } })
    await expect(createOnboarding(parts, twin)).rejects.toMatchObject({
      ...{ code: 'PERSON_ALREADY_KNOWN', retry: 'never', cause: expect.any(PaxosConflictError) },
      message: expect.stringContaining(identityId),
    })
    expect(identities()).toBe(1)
    const refused = { idempotency_key: twin.idempotencyKey, state: 'refused', identity_id: null, error_code: 'PERSON_ALREADY_KNOWN' }
    expect((await storedRequests()).at(-1)).toEqual(refused)
  })

  it('leaves it to a person also where Paxos does not say who it is', async () => {
    world.sandbox.faults.arm({ on: 'POST /identity/identities', do: 'answer', status: 409 })
    await expect(createOnboarding(parts, order())).rejects.toMatchObject({ code: 'PERSON_ALREADY_KNOWN' })
  })

  it.each([
    { status: 400, code: 'PAXOS_REJECTED', stored: { state: 'refused', error_code: 'PAXOS_REJECTED' } },
    { status: 503, code: 'PAXOS_OUTCOME_UNKNOWN', stored: { state: 'intended', error_code: null } },
  ])('notes what Paxos refused for good, and leaves open what it may yet do: $status', async ({ status, code, stored }) => {
    world.sandbox.faults.arm({ on: 'POST /identity/identities', do: 'answer', status })
    await expect(createOnboarding(parts, order())).rejects.toMatchObject({ code })
    expect(await storedRequests()).toMatchObject([{ ...stored, identity_id: null }])
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
