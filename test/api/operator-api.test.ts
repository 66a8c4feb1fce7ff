import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { API_SCHEMAS } from '../../src/api/api-schemas.ts'
import { samplePerson } from '../../src/sandbox/world/sample-person.ts'
import { seedOnboarding } from '../operate/seed-onboarding.ts'
import { bearer, lockOut, type Operator, type Reply, receiveDecided, startOperator, TOKEN } from '../operate/start-operator.ts'

let operator: Operator
beforeAll(async () => {
  operator = await startOperator()
})
afterAll(() => operator.close())

const get = (path: string): Promise<Reply> => operator.call('GET', path)
const fields = ({ body }: Reply): Record<string, string> =>
  Object.fromEntries(body.errors.map(({ field, message }: { field: string; message: string }) => [field, message]))

describe('when a request has no operator token or a wrong one', () => {
  it.each([
    ['none', {}],
    ['a wrong one', { authorization: 'Bearer wrong' }],
    ['a token with a right beginning', { authorization: `Bearer ${TOKEN}x` }],
    ['another scheme', { authorization: `Basic ${TOKEN}` }],
  ])('the API answers 401 to %s, on every route and on unknown ones', async (_name, headers: Record<string, string>) => {
    const routes = ['/v1/onboardings', `/v1/onboardings/${randomUUID()}`, '/v1/events', '/v1/stats', '/v1/audit', '/v1/nothing']
    for (const path of routes) {
      const refused = await operator.call('GET', path, { headers })
      expect(refused.status, path).toBe(401)
      expect(refused.headers.get('www-authenticate')).toBe('Bearer')
      expect(refused.headers.get('content-type')).toContain('application/problem+json')
    }
    const created = await operator.call('POST', '/v1/onboardings', {
      headers: { ...headers, 'idempotency-key': 'k' },
      body: samplePerson(),
    })
    expect(created.status).toBe(401)
  })

  it('F55: the API answers 429 with Retry-After after too many, still accepts the right one, and records them in the audit', async () => {
    expect((await operator.call('GET', '/v1/stats')).status).toBe(200)
    let last: Reply | undefined
    for (let tried = 0; tried < 70; tried += 1)
      last = await operator.call('GET', '/v1/stats', { headers: { authorization: 'Bearer wrong' } })
    expect([last?.status, last?.body.code]).toEqual([429, 'TOO_MANY_TOKENS'])
    expect(Number(last?.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await operator.call('GET', '/v1/stats')).status).toBe(200)
    const { items } = (await get('/v1/audit?limit=200')).body
    expect(items).toContainEqual(expect.objectContaining({ action: 'token.refused', target: 'api' }))
  })

  it('F70: every answer forbids caches to keep it', async () => {
    expect((await get('/v1/stats')).headers.get('cache-control')).toBe('no-store')
    expect((await get('/v1/nothing')).headers.get('cache-control')).toBe('no-store')
  })

  it('the OpenAPI document is still served, since it is not secret', async () => {
    expect((await operator.call('GET', '/v1/openapi.json', { headers: {} })).status).toBe(200)
  })
})

describe('when the application onboards a person', () => {
  it('the API answers 201 with the onboarding, and 200 with the same one to every repetition', async () => {
    const person = samplePerson()
    const send = (): Promise<Reply> =>
      operator.call('POST', '/v1/onboardings', {
        headers: bearer({ 'idempotency-key': 'first', 'x-operator': 'brokerage app' }),
        body: person,
      })
    const first = await send()
    expect(first.status).toBe(201)
    expect(API_SCHEMAS.Onboarding.parse(first.body)).toMatchObject({ state: 'pending', refId: person.ref_id, origin: 'created' })
    expect(first.body.waitingFor).toContain("Waiting for Paxos's decision")
    const again = await send()
    expect([again.status, again.body.id]).toEqual([200, first.body.id])
    expect(operator.sandbox.story.read({ after: 0, limit: 100, kind: 'identity-created' })).toHaveLength(1)
    const { items } = (await get('/v1/audit?limit=2')).body
    expect(items).toMatchObject([
      { operator: 'brokerage app', action: 'onboarding.create', target: first.body.id, data: { created: false } },
      { operator: 'brokerage app', action: 'onboarding.create', target: first.body.id, data: { created: true } },
    ])
  })

  it("c20: the API accepts an operator's name with accents, in UTF-8 and in Latin-1, and keeps it as one name", async () => {
    for (const name of [
      Buffer.from('José Núñez').toString('latin1'),
      'José Núñez',
      Buffer.from('Jose\u0301 Nu\u0301n\u0303ez').toString('latin1'),
    ]) {
      const headers = bearer({ 'idempotency-key': `accents-${name}`.replaceAll(/[^!-~]/g, '.'), 'x-operator': name })
      expect((await operator.call('POST', '/v1/onboardings', { headers, body: samplePerson() })).status).toBe(201)
      expect((await get('/v1/audit?limit=1')).body.items[0].operator).toBe('José Núñez')
    }
    const refused = await operator.call('GET', '/v1/stats', { headers: bearer({ 'x-operator': 'a/b' }) })
    expect([refused.status, fields(refused)['x-operator']]).toEqual([400, expect.stringContaining('accents too')])
  })

  it('F32: the error says what a second try does on this route', async () => {
    const fault = operator.sandbox.faults.arm({ on: '*', do: 'drop' })
    const created = await operator.call('POST', '/v1/onboardings', {
      headers: bearer({ 'idempotency-key': 'lost-answer' }),
      body: samplePerson(),
    })
    operator.sandbox.faults.disarm(fault)
    expect(created.status).toBe(503)
    expect(created.body.detail).toContain('same Idempotency-Key')
    expect(created.body.detail).not.toMatch(/before trying again/i)
  })

  it('the API requires the Idempotency-Key and says how to make one', async () => {
    const refused = await operator.call('POST', '/v1/onboardings', { body: samplePerson() })
    expect(refused.status).toBe(400)
    expect(fields(refused)['idempotency-key']).toContain('the same text when you repeat the request')
  })

  it('the API refuses the same key with other data, and the same ref_id under another key, and audits both', async () => {
    const person = samplePerson()
    const send = (key: string, body: object): Promise<Reply> =>
      operator.call('POST', '/v1/onboardings', { headers: bearer({ 'idempotency-key': key }), body })
    expect((await send('mine', person)).status).toBe(201)
    const other = await send('mine', samplePerson())
    expect([other.status, other.body.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED'])
    const taken = await send('yours', person)
    expect([taken.status, taken.body.code]).toEqual([409, 'REF_ID_TAKEN'])
    expect((await get('/v1/audit?limit=2')).body.items).toMatchObject([
      { action: 'onboarding.create.failed', data: { code: 'REF_ID_TAKEN' } },
      { action: 'onboarding.create.failed', data: { code: 'IDEMPOTENCY_KEY_REUSED' } },
    ])
  })

  it('the error names every wrong field at once and repeats no value but a suggested spelling, since values are personal data', async () => {
    const person = structuredClone(samplePerson()) as {
      person_details: Record<string, unknown>
      customer_due_diligence: Record<string, unknown>
    }
    Object.assign(person.person_details, {
      first_name: 'Zoë-Secret',
      date_of_birth: '1988-02-31',
      cip_id: '12-34-secret',
      nationality: 'Secretland',
      passthrough_verification_id: undefined,
      emial: 'secret@example.com',
      address: { address1: 'Secret St 1', city: 'x'.repeat(36), province: 'NY', country: 'USA' },
    })
    person.customer_due_diligence = { ...person.customer_due_diligence, source_of_wealth: 'SECRET_LOTTERY', employment_status: undefined }
    const refused = await operator.call('POST', '/v1/onboardings', { headers: bearer({ 'idempotency-key': 'wrong' }), body: person })
    expect([refused.status, refused.body.code]).toEqual([400, 'REQUEST_INVALID'])
    expect(fields(refused)).toMatchObject({
      'person_details.first_name': expect.stringContaining('ASCII'),
      'person_details.date_of_birth': 'is not a calendar date: that month has 29 days',
      'person_details.nationality': 'must be an ISO 3166-1 alpha-3 code in capitals, such as USA',
      'person_details.emial': 'is not a known field',
      'person_details.address.city': 'may have at most 35 characters',
      'customer_due_diligence.source_of_wealth': expect.stringContaining('must be one of INHERITANCE, '),
      'customer_due_diligence.employment_status': expect.stringContaining('is required: one of CONTRACTUAL, '),
    })
    const suggestions = refused.body.errors.filter((error: object) => 'suggestion' in error)
    expect(suggestions).toEqual([expect.objectContaining({ field: 'person_details.first_name', suggestion: 'Zoe-Secret' })])
    const rest = { ...refused.body, errors: refused.body.errors.map(({ suggestion: _own, ...error }: { suggestion?: string }) => error) }
    expect(JSON.stringify(rest).toLowerCase()).not.toContain('secret')
  })

  it.each([
    ['cip_id', { cip_id: '123456789' }, 'must have the form xxx-xx-xxxx'],
    ['cip_id_type', { cip_id_type: 'PASSPORT', cip_id: 'P1' }, 'must be SSN or ITIN for a US resident'],
    [
      'address.zip_code',
      { address: { address1: '1 Elm St', city: 'Albany', province: 'NY', country: 'USA' } },
      'is required in this country',
    ],
    ['passthrough_verified_at', { passthrough_verified_at: undefined }, 'is required when verifier_type is PASSTHROUGH'],
    ['passthrough_verification_status', { passthrough_verification_status: 'PENDING' }, 'must be one of APPROVED, DENIED'],
  ])('the API knows the rules between fields: %s', async (field, change, message) => {
    const person = samplePerson() as { person_details: object }
    const body = { ...person, person_details: { ...person.person_details, ...change } }
    const refused = await operator.call('POST', '/v1/onboardings', { headers: bearer({ 'idempotency-key': 'rule' }), body })
    expect(fields(refused)).toEqual({ [`person_details.${field}`]: message })
  })

  it('the API passes on a refusal of Paxos as 422 with its code', async () => {
    const fault = operator.sandbox.faults.arm({ on: 'POST /identity/identities', do: 'answer', status: 400 })
    const refused = await operator.call('POST', '/v1/onboardings', {
      headers: bearer({ 'idempotency-key': 'refused' }),
      body: samplePerson(),
    })
    operator.sandbox.faults.disarm(fault)
    expect([refused.status, refused.body.code]).toEqual([422, 'PAXOS_REJECTED'])
  })

  it('the API says when to try again while Paxos is away, and a second try does nothing twice', async () => {
    const person = samplePerson()
    const send = (): Promise<Reply> =>
      operator.call('POST', '/v1/onboardings', { headers: bearer({ 'idempotency-key': 'outage' }), body: person })
    const fault = operator.sandbox.faults.arm({ on: 'POST /identity/identities', do: 'answer', status: 503 })
    const refused = await send()
    operator.sandbox.faults.disarm(fault)
    expect([refused.status, Number(refused.headers.get('retry-after')) >= 1]).toEqual([503, true])
    expect((await send()).status).toBe(201)
  })

  it('the API refuses an X-Operator that is not a name', async () => {
    const refused = await operator.call('POST', '/v1/replays', { headers: bearer({ 'x-operator': '<script>' }), body: {} })
    expect([refused.status, Object.keys(fields(refused))]).toEqual([400, ['x-operator']])
  })

  it('the API refuses a body that is not JSON, is empty or too large', async () => {
    const send = (body: string): Promise<Response> =>
      fetch(`${operator.url}/v1/onboardings`, {
        method: 'POST',
        headers: bearer({ 'idempotency-key': 'k', 'content-type': 'application/json' }),
        body,
      })
    expect((await send('{"a":')).status).toBe(400)
    expect((await send('null')).status).toBe(400)
    expect((await send(JSON.stringify({ a: 'x'.repeat(200_000) }))).status).toBe(413)
  })
})

describe('when onboardings are listed', () => {
  it('pages hold each of them once, newest first, when others are added meanwhile', async () => {
    const made: string[] = []
    for (let n = 0; n < 7; n += 1) made.push((await seedOnboarding(operator.ledger, { at: new Date(Date.now() + 60_000 + n) })).identityId)
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const { body } = await get(`/v1/onboardings?limit=3${cursor ? `&cursor=${cursor}` : ''}`)
      API_SCHEMAS.OnboardingPage.parse(body)
      seen.push(...body.items.map(({ id }: { id: string }) => id))
      cursor = body.nextCursor
      await seedOnboarding(operator.ledger, { at: new Date(Date.now() + 120_000) }) // newer than everything on the pages
    } while (cursor && seen.length < 7)
    expect(seen.slice(0, 7)).toEqual(made.toReversed())
  })

  it('pages neither lose nor repeat onboardings of the same instant', async () => {
    const at = new Date('2020-01-01T00:00:00.000Z')
    const made = await Promise.all(Array.from({ length: 5 }, () => seedOnboarding(operator.ledger, { at, statuses: ['DISABLED'] })))
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const { body }: Reply = await get(`/v1/onboardings?state=disabled&limit=2${cursor ? `&cursor=${cursor}` : ''}`)
      seen.push(...body.items.map(({ id }: { id: string }) => id))
      cursor = body.nextCursor
    } while (cursor)
    expect(seen.toSorted()).toEqual(made.map(({ identityId }) => identityId).toSorted())
  })

  it('a search finds one by identity, account, profile or event id and by ref_id, whole or by prefix', async () => {
    const { identityId, accountId, profileId } = await seedOnboarding(operator.ledger, { refId: 'find-me%_1', statuses: ['APPROVED'] })
    await seedOnboarding(operator.ledger, { refId: 'find-me too' }) // what % would match if it were a pattern
    const eventId = randomUUID()
    await operator.accept({ id: eventId, type: 'identity.approved' })
    await operator.pool.query('UPDATE inbox_event SET identity_id = $1 WHERE event_id = $2', [identityId, eventId])
    const searches = [identityId, accountId, profileId, eventId].flatMap((id) => [id, id.slice(0, 13), id.slice(0, 11).toUpperCase()])
    for (const q of [...searches, 'find-me%_1', 'find-me%']) {
      const { body } = await get(`/v1/onboardings?q=${encodeURIComponent(q)}`)
      expect(
        body.items.map(({ id }: { id: string }) => id),
        q,
      ).toEqual([identityId])
    }
    expect((await get('/v1/onboardings?q=Moreno')).body.items).toEqual([])
  })

  it.each([
    ['stat=held', 'stat', 'is not a known field; known fields: state, q, cursor, limit'],
    ['state=happy', 'state', 'must be one of pending, documents_required, approved, ready, denied, disabled, frozen, held, erased'],
    ['limit=0', 'limit', 'must be at least 1'],
    ['limit=201', 'limit', 'must be at most 200'],
    ['limit=many', 'limit', 'must be a number'],
    ['cursor=', 'cursor', 'must not be empty'],
    ['cursor=bm90IG91cnM', 'cursor', 'is not a cursor of this list; send nextCursor of the previous page, with the same filters'],
    [
      'state=held&state=ready',
      'state',
      'must be one of pending, documents_required, approved, ready, denied, disabled, frozen, held, erased',
    ],
  ])('the API refuses ?%s and names the field', async (query, field, message) => {
    const refused = await get(`/v1/onboardings?${query}`)
    expect(refused.status).toBe(400)
    expect(fields(refused)).toEqual({ [field]: message })
  })

  it('the API refuses a cursor of a list with another filter, which has another order', async () => {
    const { nextCursor } = (await get('/v1/onboardings?limit=1')).body
    const refused = await get(`/v1/onboardings?state=pending&cursor=${nextCursor}`)
    expect([refused.status, Object.keys(fields(refused))]).toEqual([400, ['cursor']])
  })
})

describe('when one onboarding is read', () => {
  it('it tells its timeline: ledger and events in order of time, each line a sentence with its data', async () => {
    const { identityId, accountId } = await seedOnboarding(operator.ledger, { refId: 'story', statuses: ['APPROVED', 'DENIED'] })
    const eventId = randomUUID()
    await operator.accept({ id: eventId, type: 'identity.approved' })
    await operator.pool.query('UPDATE inbox_event SET identity_id = $1 WHERE event_id = $2', [identityId, eventId])
    const { status, body } = await get(`/v1/onboardings/${identityId.toUpperCase()}`)
    expect(status).toBe(200)
    API_SCHEMAS.OnboardingStory.parse(body)
    expect(body.timeline.map(({ sentence }: { sentence: string }) => sentence)).toEqual([
      'Created at Paxos as story',
      'Moved from pending to approved: Paxos says APPROVED',
      'Account creation requested',
      expect.stringMatching(new RegExp(`^Account ${accountId} with profile .* opened$`)),
      'Notification "account opened" queued',
      'Notification "ready" queued',
      'Notification "account opened" was sent (webhook answered 204)',
      'Notification "ready" was sent (webhook answered 204)',
      'Ready: account and profile exist, and the application was notified',
      'Held: Paxos says DENIED after it approved the identity',
      'Webhook from Paxos: identity.approved',
    ])
    expect(body.waitingFor).toMatch(/^Held: Paxos says DENIED after it approved the identity\. An operator must decide/)
    expect(body.timeline[0]).toMatchObject({
      source: 'ledger',
      kind: 'onboarding.created',
      actor: 'operator:seed',
      data: { refId: 'story' },
    })
  })

  it('the API answers 404 when it does not exist, and 400 when the id is malformed', async () => {
    const unknown = await get(`/v1/onboardings/${randomUUID()}`)
    expect([unknown.status, unknown.body.code]).toEqual([404, 'ONBOARDING_UNKNOWN'])
    expect((await get('/v1/onboardings/abc')).status).toBe(404)
    const bad = await get('/v1/onboardings/a%20b')
    expect(fields(bad).id).toContain('must be an id issued by Paxos')
  })
})

describe('when events are read', () => {
  it('filters for state, type, identity and time work, with pages', async () => {
    const identityId = randomUUID()
    const ids = Array.from({ length: 5 }, () => randomUUID())
    for (const id of ids) await operator.accept({ id, type: 'transfer.crypto_deposit.pending' })
    await operator.pool.query(
      `UPDATE inbox_event SET identity_id = $1, state = 'parked', error_code = 'EFFECT_REFUSED', completed_at = now() WHERE event_id = ANY ($2)`,
      [identityId, ids.slice(0, 3)],
    )
    const list = async (query: string): Promise<string[]> => {
      const { body } = await get(`/v1/events?${query}`)
      return API_SCHEMAS.EventPage.parse(body).items.map(({ eventId }) => eventId)
    }
    expect(await list('type=transfer.crypto_deposit.pending')).toEqual(ids.toReversed())
    expect(await list(`state=parked&identityId=${identityId}`)).toEqual(ids.slice(0, 3).toReversed())
    expect(await list('type=transfer.crypto_deposit.pending&to=2020-01-01T00:00:00Z')).toEqual([])
    expect(await list(`identityId=${identityId}&from=2020-01-01T00:00:00%2B01:00`)).toHaveLength(3)
    const first = await get('/v1/events?type=transfer.crypto_deposit.pending&limit=3')
    expect(await list(`type=transfer.crypto_deposit.pending&limit=3&cursor=${first.body.nextCursor}`)).toEqual(ids.slice(0, 2).toReversed())
  })

  it('one event says what it waits for', async () => {
    const eventId = randomUUID()
    await operator.accept({ id: eventId, type: 'identity.approved' })
    await operator.pool.query(
      `UPDATE inbox_event SET attempts = 2, error_code = 'PAXOS_UNAVAILABLE', error_detail = 'no answer', due_at = now() + interval '90 s' WHERE event_id = $1`,
      [eventId],
    )
    const { body } = await get(`/v1/events/${eventId}`)
    expect(API_SCHEMAS.EventStory.parse(body)).toMatchObject({
      waiting: { nextAction: 'none', at: body.dueAt },
      waitingFor: expect.stringMatching(
        /Last error PAXOS_UNAVAILABLE: no answer; 2 of 12 attempts spent\. Next attempt by .* UTC \(in 1 min\)\.$/,
      ),
    })
  })

  it.each([
    ['state=lost', 'state', 'must be one of accepted, processed, parked, dead, test, dismissed'],
    ['identityId=%C3%BC', 'identityId', 'must be an id issued by Paxos: 1 to 200 visible ASCII characters'],
    ['from=yesterday', 'from', 'must be a time with its zone (2026-03-01T12:00:00Z), a date, an age (15m, 2h, 3d), or now'],
    ['since=2h', 'since', 'is not a known field; known fields: state, type, identityId, cause, step, from, to, cursor, limit'],
  ])('the API refuses ?%s and names the field', async (query, field, message) => {
    expect(fields(await get(`/v1/events?${query}`))).toEqual({ [field]: message })
  })

  it('the API answers 404 for an event that was never received', async () => {
    const unknown = await get(`/v1/events/${randomUUID()}`)
    expect([unknown.status, unknown.body.code]).toEqual([404, 'EVENT_UNKNOWN'])
  })
})

describe('when an event cannot succeed', () => {
  it('F11: an operator dismisses it with a name and a reason, and restores it', async () => {
    const [eventId = ''] = await receiveDecided(operator, { count: 1, refIdPrefix: 'hopeless-' })
    const act = (verb: string, body: object = { reason: 'forged, ticket 7' }) =>
      operator.call('POST', `/v1/events/${eventId}/${verb}`, { headers: bearer({ 'x-operator': 'ada' }), body })
    expect((await act('dismiss')).body.code).toBe('EVENT_STATE')
    await operator.pool.query(`UPDATE inbox_event SET state = 'parked', completed_at = now() WHERE event_id = $1`, [eventId])
    expect(fields(await act('dismiss', {}))).toHaveProperty('reason')
    const { inbox } = (await get('/v1/stats')).body
    for (const _ of [1, 2]) {
      const dismissed = await act('dismiss')
      expect(dismissed.status).toBe(200)
      expect(API_SCHEMAS.EventStory.parse(dismissed.body)).toMatchObject({
        state: 'dismissed',
        dismissal: { by: 'ada', reason: 'forged, ticket 7' },
      })
    }
    expect((await get('/v1/stats')).body.inbox).toEqual({ ...inbox, parked: inbox.parked - 1, dismissed: 1 })
    expect((await get('/v1/audit?limit=1')).body.items).toMatchObject([
      { action: 'event.dismiss', target: eventId, reason: 'forged, ticket 7' },
    ])
    expect((await act('undismiss')).body).toMatchObject({ state: 'parked', dismissal: null })
    expect((await get('/v1/stats')).body.inbox).toEqual(inbox)
    expect((await operator.call('POST', `/v1/events/${randomUUID()}/dismiss`, { body: { reason: 'forged' } })).body.code).toBe(
      'EVENT_UNKNOWN',
    )
  })
})

describe('when a replay is planned and approved', () => {
  it('it runs once, names who and why, and its approval is in the audit before it runs', async () => {
    // Events that wait for Paxos during an outage have no estimate, and an earlier test played one.
    await operator.pool.query(`UPDATE inbox_event SET error_code = NULL, error_detail = NULL WHERE state = 'accepted'`)
    const [event] = await operator.sandbox.populate({ count: 1, refIdPrefix: 'replayed-', decision: 'approve', deliver: false })
    await operator.accept(event ?? { id: '', type: '' })
    await operator.pool.query(`UPDATE inbox_event SET state = 'dead', completed_at = now() WHERE event_id = $1`, [event?.id])
    const plan = await operator.call('POST', '/v1/replays', { headers: bearer({ 'x-operator': 'ada' }), body: { eventIds: [event?.id] } })
    expect(plan.status).toBe(201)
    expect(API_SCHEMAS.Replay.parse(plan.body)).toMatchObject({
      state: 'planned',
      plannedBy: 'ada',
      items: [{ eventId: event?.id, verdict: 'would-create-account', result: null, eventState: 'dead' }],
    })
    expect(plan.body.upstream).toEqual({ lockedForSeconds: 0, etaSeconds: 1 })
    await lockOut(operator, 299)
    const { upstream } = (await get(`/v1/replays/${plan.body.id}`)).body
    expect([upstream.lockedForSeconds > 240, upstream.etaSeconds > 240]).toEqual([true, true])
    await lockOut(operator, 0)
    const approve = (body: object): Promise<Reply> =>
      operator.call('POST', `/v1/replays/${plan.body.id}/approve`, { headers: bearer({ 'x-operator': 'grace' }), body })
    expect(fields(await approve({}))).toEqual({ reason: 'is required: say why in at least 3 characters; the audit records it' })
    expect(fields(await approve({ reason: '  ' }))).toEqual({ reason: 'must have at least 3 characters; the audit records it' })
    const run = await approve({ reason: 'incident 7' })
    expect(run.status).toBe(200)
    expect(API_SCHEMAS.Replay.parse(run.body)).toMatchObject({
      ...{ state: 'running', stage: 1, approvedBy: 'grace', reason: 'incident 7', items: [{ result: 'reopened' }] },
      progress: { waiting: 0, running: 1, ended: 0 },
    })
    expect((await get(`/v1/replays/${plan.body.id}`)).body).toEqual(run.body)
    const again = await approve({ reason: 'once more' })
    expect([again.status, again.body.code]).toEqual([409, 'REPLAY_STATE'])
    expect((await get('/v1/audit?limit=4')).body.items).toMatchObject([
      { operator: 'grace', action: 'replay.approve.failed', data: { code: 'REPLAY_STATE' } },
      { operator: 'grace', action: 'replay.approve', reason: 'once more' },
      { operator: 'grace', action: 'replay.approve', target: plan.body.id, reason: 'incident 7' },
      { operator: 'ada', action: 'replay.plan', target: plan.body.id, data: { counts: { 'would-create-account': 1 } } },
    ])
  })

  it('B16: the API pages through the frozen events, and refuses an empty filter by name', async () => {
    const eventIds = await receiveDecided(operator, { count: 3, refIdPrefix: 'paged-' })
    const { body } = await operator.call('POST', '/v1/replays', { body: { eventIds } })
    const first = API_SCHEMAS.ReplayItemPage.parse((await get(`/v1/replays/${body.id}/items?limit=2`)).body)
    const second = API_SCHEMAS.ReplayItemPage.parse((await get(`/v1/replays/${body.id}/items?limit=2&cursor=${first.nextCursor}`)).body)
    expect([...first.items, ...second.items].map(({ eventId }) => eventId)).toEqual(eventIds)
    expect([body.events, second.nextCursor]).toEqual([3, null])
    const empty = await operator.call('POST', '/v1/replays', { body: { limit: 5 } })
    expect([empty.status, Object.keys(fields(empty))]).toEqual([400, ['states']])
  })

  it('F31: a discarded plan cannot be approved any more', async () => {
    const [eventId = ''] = await receiveDecided(operator, { count: 1, refIdPrefix: 'discarded-' })
    const { body } = await operator.call('POST', '/v1/replays', { body: { eventIds: [eventId] } })
    const act = (verb: string) => operator.call('POST', `/v1/replays/${body.id}/${verb}`, { body: { reason: 'not needed' } })
    expect((await act('discard')).body).toMatchObject({ state: 'discarded', note: 'discarded by api: not needed' })
    expect((await act('discard')).status).toBe(200)
    for (const verb of ['approve', 'pause', 'resume', 'cancel']) expect((await act(verb)).body.code).toBe('REPLAY_STATE')
  })

  it('the answer says how many match when the limit took fewer', async () => {
    const eventIds = await receiveDecided(operator, { count: 2, refIdPrefix: 'limited-' })
    const plan = async (limit: number) => {
      const { body } = await operator.call('POST', '/v1/replays', { body: { eventIds, limit } })
      return API_SCHEMAS.Replay.parse(body)
    }
    expect(await plan(1)).toMatchObject({ matched: 2, items: [{}] })
    expect(await plan(2)).toMatchObject({ matched: null, items: [{}, {}] })
  })

  it('the list holds all replays, last planned first, in pages', async () => {
    const plan = async () => (await operator.call('POST', '/v1/replays', { body: { eventIds: [randomUUID()] } })).body.id as string
    const made = [await plan(), await plan(), await plan()]
    await operator.pool.query(
      `UPDATE replay SET planned_at = now() + array_position($1::uuid[], id) * interval '1 hour' WHERE id = ANY ($1)`,
      [made],
    )
    const first = API_SCHEMAS.ReplayPage.parse((await get('/v1/replays?limit=2')).body)
    const second = API_SCHEMAS.ReplayPage.parse((await get(`/v1/replays?limit=2&cursor=${first.nextCursor}`)).body)
    expect([...first.items, ...second.items].slice(0, 3).map(({ id }) => id)).toEqual(made.toReversed())
    expect(first.items[0]).toMatchObject({ state: 'planned', plannedBy: 'api', approvedBy: null, events: 0 })
    expect((await get('/v1/replays?limit=100')).body.items).toContainEqual(
      expect.objectContaining({ state: 'running', plannedBy: 'ada', approvedBy: 'grace', reason: 'incident 7', events: 1 }),
    )
    expect(Object.keys(fields(await get('/v1/replays?cursor=bm90IG91cnM')))).toEqual(['cursor'])
    expect(Object.keys(fields(await get('/v1/replays?state=planned')))).toEqual(['state'])
  })

  it('the API answers 404 for an unknown replay, and names the unknown values of a filter', async () => {
    expect((await get(`/v1/replays/${randomUUID()}`)).body.code).toBe('REPLAY_UNKNOWN')
    const approved = await operator.call('POST', `/v1/replays/${randomUUID()}/approve`, { body: { reason: 'because' } })
    expect([approved.status, approved.body.code]).toEqual([404, 'REPLAY_UNKNOWN'])
    const refused = await operator.call('POST', '/v1/replays', { body: { state: 'dead', states: ['lost'], eventIds: ['7 8'] } })
    expect(Object.keys(fields(refused)).toSorted()).toEqual(['eventIds.0', 'state', 'states.0'])
  })
})

describe('when the counts are read', () => {
  it('F4: a notification counts as refused from its first refusal on, while it is still retried', async () => {
    const before = (await get('/v1/stats')).body.notices
    const { identityId } = await seedOnboarding(operator.ledger, { statuses: ['DENIED'], told: false })
    expect((await get('/v1/stats')).body.notices).toMatchObject({ pending: before.pending + 1, failed: before.failed })
    const eventId = randomUUID()
    await operator.accept({ id: eventId, type: 'identity.denied' })
    await operator.pool.query(`UPDATE inbox_event SET identity_id = $1, error_code = 'NOTICE_REFUSED', attempts = 1 WHERE event_id = $2`, [
      identityId,
      eventId,
    ])
    expect((await get('/v1/stats')).body.notices).toMatchObject({ pending: before.pending, failed: before.failed + 1 })
    await operator.pool.query(`UPDATE inbox_event SET error_code = NULL WHERE event_id = $1`, [eventId])
  })

  it('every state is present, also with 0, and whether something waits too long', async () => {
    await seedOnboarding(operator.ledger, { statuses: ['DENIED'], told: false, refusedWith: 'NOTICE_REFUSED' })
    const { body } = await get('/v1/stats')
    const stats = API_SCHEMAS.Stats.parse(body)
    const { rows } = await operator.pool.query<{ state: string; count: string }>('SELECT state, count(*) FROM onboarding GROUP BY 1')
    const counted = Object.fromEntries(rows.map(({ state, count }) => [state, Number(count)]))
    expect(stats.onboardings).toEqual({
      ...{ pending: 0, documents_required: 0, approved: 0, ready: 0, denied: 0, disabled: 0, frozen: 0, held: 0, erased: 0 },
      ...counted,
    })
    expect(stats.notices.failed).toBe(1)
    expect(stats.inbox.accepted).toBeGreaterThan(0)
    expect(stats.oldestUnfinishedSeconds).not.toBeNull()
    expect(Date.parse(stats.lastWebhookAt ?? '')).toBeGreaterThan(Date.now() - 600_000)
    expect(stats.canary).toEqual({ seenAt: null, sinceSeenSeconds: null, waitingSeconds: null })
    expect(stats.upstream).toEqual({ lockedForSeconds: 0, backlogSeconds: expect.any(Number) })
  })
})

describe('the OpenAPI document', () => {
  it('describes exactly the routes of the contract, and refers to nothing that is missing', async () => {
    const { body } = await operator.call('GET', '/v1/openapi.json', { headers: {} })
    expect(body.openapi).toBe('3.1.0')
    const operations = Object.entries<object>(body.paths).flatMap(([path, of]) => Object.keys(of).map((method) => `${method} ${path}`))
    expect(operations.toSorted()).toEqual([
      'delete /v1/accounts/{id}/members/{memberId}',
      'delete /v1/onboardings/{id}/controls',
      'delete /v1/onboardings/{id}/members/{memberId}',
      'get /v1/accounts/{id}',
      'get /v1/accounts/{id}/balances',
      'get /v1/accounts/{id}/closing',
      'get /v1/accounts/{id}/deposit-instructions',
      'get /v1/alerts',
      'get /v1/audit',
      'get /v1/audit/export',
      'get /v1/changes/{id}',
      'get /v1/clocks',
      'get /v1/closings',
      'get /v1/commands/{id}',
      'get /v1/deposit-instructions/{id}',
      'get /v1/dossier',
      'get /v1/duplicates',
      'get /v1/events',
      'get /v1/events/export',
      'get /v1/events/{event_id}',
      'get /v1/find',
      'get /v1/home',
      'get /v1/imports',
      'get /v1/imports/{id}',
      'get /v1/issues',
      'get /v1/issues/export',
      'get /v1/issues/{id}',
      'get /v1/markets',
      'get /v1/onboardings',
      'get /v1/onboardings/export',
      'get /v1/onboardings/{id}',
      'get /v1/onboardings/{id}/accounts',
      'get /v1/onboardings/{id}/changes',
      'get /v1/onboardings/{id}/controls',
      'get /v1/onboardings/{id}/documents',
      'get /v1/onboardings/{id}/erasure',
      'get /v1/onboardings/{id}/legal-holds',
      'get /v1/onboardings/{id}/members',
      'get /v1/operators',
      'get /v1/operators/{name}/tokens',
      'get /v1/orders',
      'get /v1/orders/export',
      'get /v1/orders/{id}',
      'get /v1/proof',
      'get /v1/queue',
      'get /v1/quote-executions',
      'get /v1/quote-executions/{id}',
      'get /v1/quotes',
      'get /v1/reconciliations',
      'get /v1/reconciliations/{id}',
      'get /v1/reconciliations/{id}/certificate',
      'get /v1/replays',
      'get /v1/replays/{id}',
      'get /v1/replays/{id}/items',
      'get /v1/stats',
      'get /v1/transfers',
      'get /v1/transfers/export',
      'get /v1/transfers/{id}',
      'get /v1/webhook-keys',
      'get /v1/whoami',
      'patch /v1/onboardings/{id}',
      'post /v1/accounts/{id}/close',
      'post /v1/accounts/{id}/closing/stop',
      'post /v1/accounts/{id}/deposit-instructions',
      'post /v1/accounts/{id}/deposits',
      'post /v1/accounts/{id}/members',
      'post /v1/accounts/{id}/orders',
      'post /v1/accounts/{id}/orders/preview',
      'post /v1/accounts/{id}/quote-executions',
      'post /v1/alerts/test',
      'post /v1/deposit-instructions/{id}/sandbox-wires',
      'post /v1/duplicates/{id}/confirm',
      'post /v1/duplicates/{id}/decline',
      'post /v1/events/{event_id}/dismiss',
      'post /v1/events/{event_id}/undismiss',
      'post /v1/issues/{id}/acknowledge',
      'post /v1/issues/{id}/mute',
      'post /v1/issues/{id}/note',
      'post /v1/issues/{id}/reopen',
      'post /v1/issues/{id}/resolve',
      'post /v1/onboardings',
      'post /v1/onboardings/{id}/accounts',
      'post /v1/onboardings/{id}/changes/preview',
      'post /v1/onboardings/{id}/controls',
      'post /v1/onboardings/{id}/documents',
      'post /v1/onboardings/{id}/erase',
      'post /v1/onboardings/{id}/kyc-refresh',
      'post /v1/onboardings/{id}/legal-holds',
      'post /v1/onboardings/{id}/legal-holds/lift',
      'post /v1/onboardings/{id}/members',
      'post /v1/operators',
      'post /v1/operators/tokens/{token_id}/revoke',
      'post /v1/operators/{name}/remove',
      'post /v1/operators/{name}/role',
      'post /v1/operators/{name}/tokens',
      'post /v1/orders/{id}/cancel',
      'post /v1/queue/pause',
      'post /v1/queue/rebuild',
      'post /v1/queue/resume',
      'post /v1/reconciliations',
      'post /v1/reconciliations/drift',
      'post /v1/replays',
      'post /v1/replays/{id}/approve',
      'post /v1/replays/{id}/cancel',
      'post /v1/replays/{id}/discard',
      'post /v1/replays/{id}/new',
      'post /v1/replays/{id}/pause',
      'post /v1/replays/{id}/resume',
      'post /v1/webhook-keys/{slot}/leaked',
      'post /v1/webhook-keys/{slot}/promote',
    ])
    for (const [, name = ''] of JSON.stringify(body).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)) {
      expect(body.components.schemas).toHaveProperty(name)
    }
    const create = body.paths['/v1/onboardings'].post
    expect(create.parameters).toContainEqual(expect.objectContaining({ name: 'idempotency-key', in: 'header', required: true }))
    const forms = create.requestBody.content['application/json'].schema.anyOf as { required: string[] }[]
    expect(forms.map(({ required }) => required)).toEqual([
      ['person_details', 'customer_due_diligence'],
      ['institution_details', 'institution_members'],
    ])
    const state = body.paths['/v1/onboardings'].get.parameters.find(({ name }: { name: string }) => name === 'state')
    expect(state).toMatchObject({ in: 'query', required: false, schema: { enum: expect.arrayContaining(['held']) } })
  })

  it('is linked from answers to unknown routes', async () => {
    const unknown = await get('/v1/reconciliation')
    expect([unknown.status, unknown.body.code, unknown.body.detail]).toEqual([
      404,
      'ROUTE_UNKNOWN',
      expect.stringContaining('openapi.json'),
    ])
  })
})

describe('c19 and F67: when a filter or a body holds what Postgres cannot store', () => {
  const NUL = '%00'
  it.each([
    `/v1/onboardings?q=${NUL}`,
    `/v1/onboardings?q=a${NUL}b`,
    `/v1/onboardings?cursor=${NUL}`,
    `/v1/events?type=identity${NUL}`,
    `/v1/events?cursor=${NUL}`,
    `/v1/replays?cursor=${NUL}`,
    `/v1/audit?cursor=${NUL}`,
    `/v1/events/${NUL}`,
    `/v1/onboardings/${NUL}`,
    `/v1/onboardings?${NUL}=1`,
  ])('the API answers 400 to GET %s', async (path) => {
    expect((await get(path)).status).toBe(400)
  })

  it.each(['nul \u0000', 'half \ud83d', 'half \ude00'])(
    'the API answers 400 to %j in a plan and in a reason, and names the field',
    async (text) => {
      const planned = await operator.call('POST', '/v1/replays', { body: { types: [text] } })
      expect([planned.status, Object.keys(fields(planned))]).toEqual([400, ['types.0']])
      const approved = await operator.call('POST', `/v1/replays/${randomUUID()}/approve`, { body: { reason: `because ${text}` } })
      expect([approved.status, fields(approved).reason]).toEqual([400, expect.any(String)])
      const person = samplePerson()
      const created = await operator.call('POST', '/v1/onboardings', {
        headers: bearer({ 'idempotency-key': 'unstorable' }),
        body: { ...person, metadata: { [text]: text, note: text } },
      })
      expect(created.status).toBe(400)
    },
  )
})
