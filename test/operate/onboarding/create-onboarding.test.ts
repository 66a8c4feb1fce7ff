import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { streamsOfFailedCommands } from '../../../src/inbox/failed-commands.ts'
import { type CreateOrder, type CreateParts, createOnboarding as create } from '../../../src/operate/onboarding/create-onboarding.ts'
import { PaxosConflictError } from '../../../src/paxos/paxos-errors.ts'
import { keyedHash } from '../../../src/platform/keyed-hash.ts'
import { forgetRefusedRequests } from '../../../src/saga/forget-refused-requests.ts'
import { samplePerson } from '../../../src/sandbox/world/sample-person.ts'
import { listSealed } from '../../../src/vault/list-sealed.ts'
import { ENCRYPTION_KEY, type Pipeline } from '../../saga/start-pipeline.ts'
import { completes, createWorld, reaches, type World } from '../../saga/world.ts'
import { institution } from '../../sandbox/person.ts'

let world: World
let pipeline: Pipeline
let parts: CreateParts
beforeEach(async () => {
  world = await createWorld({ kind: 'postgres' })
  pipeline = await world.start()
  parts = { ...pipeline, encryptionKey: ENCRYPTION_KEY, now: Date.now }
})

/** Created at once, as while Paxos answers. */
async function createOnboarding(from: CreateParts, asked: CreateOrder): Promise<{ identityId: string; created: boolean }> {
  const made = await create(from, asked)
  if (made.kind !== 'opened') throw new Error('it takes longer')
  return made
}

const order = (overrides: Partial<CreateOrder> = {}) => ({
  idempotencyKey: randomUUID(),
  request: samplePerson(),
  requestedBy: 'test',
  ...overrides,
})
/** The requests with the state of their command, oldest first. */
const storedRequests = async () =>
  (
    await pipeline.pool.query(
      `SELECT r.state, r.identity_id, i.state AS command, i.error_code FROM identity_request AS r JOIN inbox_event AS i ON i.stream_id = r.request_id ORDER BY i.seq`,
    )
  ).rows
const sealedPayloads = async () => (await pipeline.pool.query('SELECT id FROM sealed_payload')).rows.length
const identities = (): number => world.sandbox.story.of('identity-created').length

describe('creating a person', () => {
  it('starts pending under our ref_id, and becomes ready by the webhook', async () => {
    const asked = order()
    const { identityId, created } = await createOnboarding(parts, asked)
    expect(created).toBe(true)
    expect((await pipeline.ledger.load(identityId))?.onboarding).toMatchObject({ origin: 'created', refId: asked.request.ref_id })
    const decided = await waitForEvent(identityId)
    await pipeline.accept(decided)
    await reaches(pipeline, identityId, 'ready')
  })

  it('creates one identity for any number of requests with one key, also in parallel', async () => {
    const asked = order()
    const answers = await Promise.all(Array.from({ length: 5 }, () => createOnboarding(parts, asked)))
    answers.push(await createOnboarding(parts, asked))
    expect(new Set(answers.map(({ identityId }) => identityId)).size).toBe(1)
    expect(identities()).toBe(1)
    expect(answers.at(-1)?.created).toBe(false)
    const { rows } = await pipeline.pool.query(
      `SELECT stream_id, kind, actor, data FROM ledger_entry WHERE NOT starts_with(stream_id, 'identity_request_')`,
    )
    const identity_id = answers[0]?.identityId
    expect(rows).toEqual([
      { stream_id: identity_id, kind: 'onboarding.created', actor: 'operator:test', data: { refId: asked.request.ref_id } },
    ])
    expect(await storedRequests()).toEqual([{ state: 'opened', identity_id, command: 'processed', error_code: null }])
    expect(await sealedPayloads()).toBe(0)
  })

  it('F45: completes with its ref_id and origin `created` when the process dies after Paxos created the identity and the caller does not repeat the request', async () => {
    const asked = order()
    // The process dies: Paxos's answer is lost, and the row stays accepted.
    const dead: CreateParts = { ...parts, patienceMs: 100, workNow: () => new Promise(() => undefined) }
    const made = await create(dead, asked)
    expect(made.kind).toBe('running')
    await pipeline.paxos.identities.create({ ...asked.request, ref_id: asked.request.ref_id as string })
    expect(await sealedPayloads()).toBe(1)
    await pipeline.pool.query(`UPDATE inbox_event SET due_at = now() WHERE origin = 'command'`) // 15 s later
    await completes(pipeline)
    const [identity] = world.sandbox.story.of('identity-created')
    expect(identities()).toBe(1)
    expect((await pipeline.ledger.load(identity?.identityId ?? ''))?.onboarding).toMatchObject({
      origin: 'created',
      refId: asked.request.ref_id,
    })
    expect(await sealedPayloads()).toBe(0)
    expect(await create(parts, asked)).toEqual({ kind: 'opened', identityId: identity?.identityId, created: false })
  })

  it('answers with its command when it takes longer than the caller waits, and continues', async () => {
    world.sandbox.faults.arm({ on: 'POST /identity/identities', do: 'latency', ms: 700, next: 1 })
    const asked = order()
    const made = await create({ ...parts, patienceMs: 100 }, asked)
    if (made.kind !== 'running') throw new Error('it did not take longer')
    expect(await pipeline.inbox.findCommand(made.commandId)).toMatchObject({ kind: 'create-onboarding', state: 'running' })
    await completes(pipeline)
    expect(await pipeline.inbox.findCommand(made.commandId)).toMatchObject({ state: 'done' })
    expect(await create(parts, asked)).toMatchObject({ kind: 'opened', created: false })
  })

  it("F52: rejects an answer about another person's identity, and finds its own", async () => {
    const other = await createOnboarding(parts, order())
    const asked = order()
    const { create: ask } = pipeline.paxos.identities
    let answers = 0
    pipeline.paxos.identities.create = async (...given) => {
      const mine = await ask(...given)
      answers += 1
      return answers === 1 ? pipeline.paxos.identities.get(other.identityId) : mine
    }
    await expect(createOnboarding(parts, asked)).rejects.toMatchObject({ code: 'PAXOS_OUTCOME_UNKNOWN' })
    const { identityId } = await createOnboarding(parts, asked)
    expect(identityId).not.toBe(other.identityId)
    expect((await pipeline.ledger.load(identityId))?.onboarding.refId).toBe(asked.request.ref_id)
    expect((await pipeline.ledger.load(other.identityId))?.onboarding.refId).not.toBe(asked.request.ref_id)
  })

  it('makes a ref_id when none is given, the same for the same key', async () => {
    const { ref_id: _, ...nameless } = samplePerson()
    const asked = order({ request: nameless })
    const { identityId } = await createOnboarding(parts, asked)
    const refId = `gatehouse-${keyedHash(ENCRYPTION_KEY, 'ref-id', asked.idempotencyKey).toString('hex').slice(0, 32)}`
    expect(world.sandbox.identities.get(identityId)).toMatchObject({ refId })
    expect((await pipeline.ledger.load(identityId))?.onboarding).toMatchObject({ refId })
  })

  it('finds the identity when the answer to its creation was lost', async () => {
    world.sandbox.faults.arm({ on: 'POST /identity/identities', do: 'act-then-drop', next: 1 })
    const asked = order()
    await expect(createOnboarding(parts, asked)).rejects.toMatchObject({ code: 'PAXOS_OUTCOME_UNKNOWN' })
    const { identityId } = await createOnboarding(parts, asked)
    expect(identities()).toBe(1)
    expect((await pipeline.ledger.load(identityId))?.onboarding.state).toBe('pending')
  })

  it('F63: keeps neither personal data nor the key once it is done', async () => {
    const asked = order()
    await createOnboarding(parts, asked)
    const person = asked.request.person_details as Record<string, string>
    const tables = [
      'identity_request',
      'command',
      'inbox_event',
      'onboarding',
      'ledger_entry',
      'effect',
      'effect_attempt',
      'sealed_payload',
    ]
    const { rows } = await pipeline.pool.query<{ t: string }>(
      tables.map((table) => `SELECT t::text FROM ${table} AS t`).join(' UNION ALL '),
    )
    const everything = rows.map(({ t }) => t).join()
    for (const secret of [person.cip_id, person.email, person.last_name, asked.idempotencyKey]) expect(everything).not.toContain(secret)
  })
})

describe('creating a person that cannot be created', () => {
  it('refuses the same key with other data, and changes nothing', async () => {
    const asked = order()
    await createOnboarding(parts, asked)
    await expect(createOnboarding(parts, { ...asked, request: samplePerson() })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
      retry: 'never',
      fields: expect.arrayContaining(['person_details.cip_id', 'ref_id']),
    })
    expect(identities()).toBe(1)
  })

  it('refuses a ref_id of another request', async () => {
    const asked = order()
    await createOnboarding(parts, asked)
    const other = order({ request: { ...samplePerson(), ref_id: asked.request.ref_id as string } })
    await expect(createOnboarding(parts, other)).rejects.toMatchObject({ code: 'REF_ID_TAKEN', retry: 'never' })
  })

  it('parks a person whom Paxos knows already for an operator, and names the identity', async () => {
    const asked = order()
    const { identityId } = await createOnboarding(parts, asked)
    const twin = order({ request: { ...asked.request, ref_id: 'another-name-for-the-same' } })
    await expect(createOnboarding(parts, twin)).rejects.toMatchObject({
      ...{ code: 'PERSON_ALREADY_KNOWN', retry: 'never', cause: expect.any(PaxosConflictError) },
      message: expect.stringContaining(identityId),
    })
    expect(identities()).toBe(1)
    const refused = { state: 'requested', identity_id: null, command: 'parked', error_code: 'EFFECT_REFUSED' }
    expect((await storedRequests()).at(-1)).toEqual(refused)
  })

  it('parks it also when Paxos does not say which identity that is', async () => {
    world.sandbox.faults.arm({ on: 'POST /identity/identities', do: 'answer', status: 409 })
    await expect(createOnboarding(parts, order())).rejects.toMatchObject({ code: 'PERSON_ALREADY_KNOWN' })
  })

  it.each([
    { status: 400, code: 'PAXOS_REJECTED', stored: { command: 'parked', error_code: 'EFFECT_REFUSED' } },
    { status: 503, code: 'PAXOS_OUTCOME_UNKNOWN', stored: { command: 'accepted', error_code: 'PAXOS_OUTCOME_UNKNOWN' } },
  ])('parks what Paxos refused for good, and keeps an unknown outcome open: $status', async ({ status, code, stored }) => {
    world.sandbox.faults.arm({ on: 'POST /identity/identities', do: 'answer', status })
    await expect(createOnboarding(parts, order())).rejects.toMatchObject({ code })
    expect(await storedRequests()).toMatchObject([{ ...stored, identity_id: null }])
  })
})

describe('when the webhook comes before the answer of the creation', () => {
  it('one onboarding results, with our ref_id', async () => {
    const asked = order()
    world.sandbox.faults.arm({ on: 'POST /identity/identities', do: 'act-then-drop', next: 1 })
    await expect(createOnboarding(parts, asked)).rejects.toThrow()
    const [made] = world.sandbox.story.of('identity-created')
    const identityId = made?.identityId ?? ''
    await pipeline.accept(await waitForEvent(identityId))
    await reaches(pipeline, identityId, 'ready')
    await completes(pipeline)
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

describe('F63: the personal data of a request that Paxos refused', () => {
  const WEEK_MS = 7 * 86_400_000
  const sweep = (nowMs: number) => {
    const { pool, vault } = pipeline
    return forgetRefusedRequests(
      {
        listSealed: (page) => listSealed(pool, page),
        streamsOfFailedCommands: (streamIds, before) => streamsOfFailedCommands(pool, streamIds, before),
        remove: vault.remove,
      },
      nowMs,
    )
  }

  it('is kept for a week, then removed, and the same request is accepted again under its key', async () => {
    const fault = world.sandbox.faults.arm({ on: 'POST /identity/identities', do: 'answer', status: 400 })
    const asked = order()
    await expect(createOnboarding(parts, asked)).rejects.toMatchObject({ code: 'PAXOS_REJECTED' })
    expect(await sweep(Date.now() + WEEK_MS - 60_000)).toBe(0)
    expect(await sealedPayloads()).toBe(1)
    expect(await sweep(Date.now() + WEEK_MS + 60_000)).toBe(1)
    expect(await sealedPayloads()).toBe(0)
    world.sandbox.faults.disarm(fault)
    expect(await createOnboarding(parts, asked)).toMatchObject({ created: true })
    expect(await sealedPayloads()).toBe(0)
  })

  it('is kept while the outcome is unknown', async () => {
    world.sandbox.faults.arm({ on: 'POST /identity/identities', do: 'answer', status: 503 })
    await expect(createOnboarding(parts, order())).rejects.toMatchObject({ code: 'PAXOS_OUTCOME_UNKNOWN' })
    expect(await sweep(Date.now() + 52 * WEEK_MS)).toBe(0)
    expect(await sealedPayloads()).toBe(1)
  })
})

describe('creating an institution', () => {
  /** An identity at Paxos, decided. */
  const member = async (verdict: 'approve' | 'deny' | null): Promise<string> => {
    const { identityId } = await createOnboarding(parts, order())
    const identity = world.sandbox.identities.get(identityId)
    if (identity && verdict) world.sandbox.engine.decide(identity, verdict)
    return identityId
  }

  it('gets an account of its own once Paxos has approved its documents and its member', async () => {
    const memberId = await member('approve')
    const { identityId } = await createOnboarding(parts, order({ request: institution(memberId) }))
    const identity = world.sandbox.identities.get(identityId)
    expect(identity).toMatchObject({ type: 'INSTITUTION', members: [{ identity_id: memberId, roles: ['TRUSTEE'] }] })
    if (identity) world.sandbox.engine.decide(identity, 'approve')
    await pipeline.accept(await waitForEvent(identityId))
    expect((await reaches(pipeline, identityId, 'ready')).onboarding.accountId).not.toBeNull()
  })

  it('is refused before any call when a member is unknown to Paxos or was denied, with each name', async () => {
    const [denied, approved] = [await member('deny'), await member('approve')]
    const request = institution(approved)
    const members = [approved, denied, randomUUID()].map((identity_id) => ({ identity_id, roles: ['TRUSTEE'] }))
    const before = identities()
    const asked = order({ request: { ...request, institution_members: members } })
    await expect(createOnboarding(parts, asked)).rejects.toMatchObject({
      code: 'MEMBERS_NOT_POSSIBLE',
      message: expect.stringMatching(
        /^institution_members\.1\.identity_id was denied; institution_members\.2\.identity_id is not an identity at Paxos\./,
      ),
    })
    expect(identities()).toBe(before)
    expect(await sealedPayloads()).toBe(0)
  })

  it('answers a repeated request with the existing institution, for any later state of a member', async () => {
    const memberId = await member('approve')
    const asked = order({ request: institution(memberId) })
    const { identityId } = await createOnboarding(parts, asked)
    const identity = world.sandbox.identities.get(memberId)
    if (identity) world.sandbox.engine.decide(identity, 'disable')
    expect(await createOnboarding(parts, asked)).toMatchObject({ identityId, created: false })
  })
})
