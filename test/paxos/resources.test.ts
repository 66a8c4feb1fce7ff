import { describe, expect, it } from 'vitest'
import { json, startMisbehavingPaxos } from './misbehaving-paxos.ts'
import { ACCOUNT_ID, account, approvedEvent, EVENT_ID, IDENTITY_ID, identity, newAccount, newIdentity, PROFILE_ID } from './paxos-bodies.ts'

describe('GET event', () => {
  it('normalises the event and keeps created_at as written, to the nanosecond', async () => {
    const { paxos, reply, seen } = await startMisbehavingPaxos()
    reply(json(200, approvedEvent))
    expect(await paxos.events.get(EVENT_ID)).toEqual({
      id: EVENT_ID,
      type: 'identity.approved',
      createdAt: '2026-03-02T09:15:30.648489333Z',
      undeliveredWebhooks: 2,
      identityId: IDENTITY_ID,
      oldStatus: 'PENDING',
      newStatus: 'APPROVED',
      transferId: null,
      requiredDocuments: [],
      nextKycRefreshDate: null,
    })
    expect(seen).toMatchObject([{ method: 'GET', url: `/v2/events/${EVENT_ID}`, authorization: 'Bearer token-1' }])
  })

  it('sends is_test when a test event is requested', async () => {
    const { paxos, reply, seen } = await startMisbehavingPaxos()
    reply(json(200, approvedEvent))
    await paxos.events.get(EVENT_ID, { isTest: true })
    expect(seen[0]?.url).toBe(`/v2/events/${EVENT_ID}?is_test=true`)
  })

  it.each([
    [
      'newer names of the statuses',
      { object: { identity_id: IDENTITY_ID, old_status: 'PENDING', new_status: 'DENIED' } },
      { oldStatus: 'PENDING', newStatus: 'DENIED' },
    ],
    [
      'an object_type that contradicts the type',
      {
        type: 'identity.documents_required',
        object_type: 'identity_required_documents',
        object: { identity_id: IDENTITY_ID, required_documents: ['PROOF_OF_FUNDS', 'A_NEW_ONE'] },
      },
      { identityId: IDENTITY_ID, requiredDocuments: ['PROOF_OF_FUNDS', 'A_NEW_ONE'] },
    ],
    [
      'an unknown type of identity event',
      { type: 'identity.reviewed', object: { identity_id: IDENTITY_ID, score: 7 } },
      { type: 'identity.reviewed', identityId: IDENTITY_ID },
    ],
    [
      'an unknown status',
      { object: { identity_id: IDENTITY_ID, new_summary_status: 'PONDERING' } },
      { oldStatus: null, newStatus: 'PONDERING' },
    ],
    [
      'an event about another kind of object',
      { type: 'transfer.wire_deposit.completed', object: { id: 'x', identity_id: IDENTITY_ID } },
      { identityId: null, newStatus: null, transferId: 'x' },
    ],
    ['a missing object', { object: undefined }, { identityId: null, oldStatus: null, newStatus: null, requiredDocuments: [] }],
    ['an object of the wrong shape', { object: ['identity_id'] }, { identityId: null }],
    ['unknown fields', { severity: 'HIGH', undelivered_webhooks: undefined }, { undeliveredWebhooks: 0 }],
  ])('accepts %s', async (_, difference, expected) => {
    const { paxos, reply } = await startMisbehavingPaxos()
    reply(json(200, { ...approvedEvent, ...difference }))
    expect(await paxos.events.get(EVENT_ID)).toMatchObject(expected)
  })

  it.each(['../identity/identities', '..', '.', 'a b', 'a/b', 'a?is_test=true', '', 'é'])(
    'never sends «%s», which is not an id',
    async (id) => {
      const { paxos, seen } = await startMisbehavingPaxos()
      await expect(paxos.events.get(id)).rejects.toMatchObject({ code: 'PAXOS_NOT_FOUND', retry: 'backoff' })
      expect(seen).toEqual([])
    },
  )

  it('rejects an answer about another event', async () => {
    const { paxos, reply } = await startMisbehavingPaxos()
    reply(json(200, { ...approvedEvent, id: '11111111-1111-4111-8111-111111111111' }))
    await expect(paxos.events.get(EVENT_ID)).rejects.toMatchObject({ code: 'PAXOS_ANSWER_MALFORMED', retry: 'backoff' })
  })
})

describe('list events', () => {
  it('sends the documented filters and returns the cursor', async () => {
    const { paxos, reply, seen } = await startMisbehavingPaxos()
    reply(json(200, { events: [approvedEvent], next_page_cursor: 'c2' }))
    const page = await paxos.events.list({
      createdAt: { gte: '2026-03-02T09:15:30.648489333Z', lt: '2026-03-03T00:00:00Z' },
      type: 'identity.approved',
      order: 'ASC',
      limit: 100,
      cursor: 'c1',
      isTest: false,
      priority: 'replay',
    })
    expect(page).toMatchObject({ events: [{ id: EVENT_ID }], nextCursor: 'c2' })
    expect(Object.fromEntries(new URL(seen[0]!.url, 'http://any').searchParams)).toEqual({
      'created_at.gte': '2026-03-02T09:15:30.648489333Z',
      'created_at.lt': '2026-03-03T00:00:00Z',
      type: 'identity.approved',
      order: 'ASC',
      limit: '100',
      page_cursor: 'c1',
      is_test: 'false',
    })
  })

  it.each([[''], [null], [undefined]])('ends when the cursor is %j', async (next_page_cursor) => {
    const { paxos, reply, seen } = await startMisbehavingPaxos()
    reply(json(200, { events: [], next_page_cursor }))
    expect(await paxos.events.list({})).toEqual({ events: [], oddRows: 0, nextCursor: null })
    expect(seen[0]?.url).toBe('/v2/events')
  })
})

describe('identities', () => {
  it('are created without empty texts, which Paxos refuses; in metadata an empty text is a value', async () => {
    const { paxos, reply, seen } = await startMisbehavingPaxos()
    reply(json(200, identity))
    const address = { country: 'DEU', address1: 'x', address2: '', city: 'x', province: 'x', zip_code: '' }
    const institution_details = { name: 'x', business_address: address, phone_number: '' }
    await paxos.identities.create({ ref_id: 'user_01HZX3', institution_details, metadata: { note: '' } })
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({
      ref_id: 'user_01HZX3',
      institution_details: { name: 'x', business_address: { country: 'DEU', address1: 'x', city: 'x', province: 'x' } },
      metadata: { note: '' },
    })
  })

  it('are created with the body unchanged, and the answer is kept without personal data', async () => {
    const { paxos, reply, seen } = await startMisbehavingPaxos()
    reply(json(200, identity))
    const created = await paxos.identities.create(newIdentity)
    expect(created).toEqual({
      id: IDENTITY_ID,
      type: 'PERSON',
      statusDetails: null,
      refId: 'user_01HZX3',
      status: 'PENDING',
      createdAt: identity.created_at,
      updatedAt: identity.updated_at,
    })
    expect(seen[0]).toMatchObject({ method: 'POST', url: '/v2/identity/identities' })
    expect(JSON.parse(seen[0]!.body)).toEqual(newIdentity)
  })

  it('F38: are created without an empty address2', async () => {
    const { paxos, reply, seen } = await startMisbehavingPaxos()
    reply(json(200, identity))
    const { person_details: person } = newIdentity as { person_details: { address: Record<string, unknown> } }
    await paxos.identities.create({ ...newIdentity, person_details: { ...person, address: { ...person.address, address2: '' } } })
    const { address2: _none, ...address } = person.address
    expect(JSON.parse(seen[0]!.body).person_details.address).toEqual(address)
  })

  it.each([
    ['status rather than summary_status', { status: 'DISABLED', summary_status: 'APPROVED' }, 'DISABLED'],
    ['summary_status when there is no status', { status: undefined, summary_status: 'APPROVED' }, 'APPROVED'],
    ['an unknown status', { status: 'PONDERING' }, 'PONDERING'],
  ])('are read with %s', async (_, difference, status) => {
    const { paxos, reply } = await startMisbehavingPaxos()
    reply(json(200, { ...identity, ...difference }))
    expect(await paxos.identities.get(IDENTITY_ID)).toMatchObject({ status })
  })

  it('are rejected without any status', async () => {
    const { paxos, reply } = await startMisbehavingPaxos()
    reply(json(200, { ...identity, status: undefined, summary_status: undefined }))
    await expect(paxos.identities.get(IDENTITY_ID)).rejects.toMatchObject({
      code: 'PAXOS_ANSWER_MALFORMED',
      message: expect.stringContaining('status'),
    })
  })

  it('include personal details only on request', async () => {
    const { paxos, reply, seen } = await startMisbehavingPaxos()
    reply(json(200, identity))
    expect(JSON.stringify(await paxos.identities.get(IDENTITY_ID))).not.toContain('Ada')
    expect(await paxos.identities.getWithDetails(IDENTITY_ID)).toMatchObject({
      person_details: { first_name: 'Ada' },
      institution_details: null,
    })
    expect(seen.map(({ url }) => url)).toEqual([
      `/v2/identity/identities/${IDENTITY_ID}`,
      `/v2/identity/identities/${IDENTITY_ID}?include_details=true`,
    ])
  })

  it('are listed by the time of their last change', async () => {
    const { paxos, reply, seen } = await startMisbehavingPaxos()
    reply(json(200, { items: [identity], next_page_cursor: '' }))
    expect(await paxos.identities.list({ updatedAt: { gte: '2026-03-01T00:00:00Z' }, order: 'ASC', limit: 50 })).toMatchObject({
      identities: [{ id: IDENTITY_ID }],
      nextCursor: null,
    })
    expect(seen[0]?.url).toBe('/v2/identity/identities?updated_at.gte=2026-03-01T00%3A00%3A00Z&order=ASC&limit=50')
  })
})

describe('accounts', () => {
  it('A46: are always created with their profile, which cannot be added later', async () => {
    const { paxos, reply, seen } = await startMisbehavingPaxos()
    reply(json(200, account))
    const created = await paxos.accounts.create(newAccount)
    expect(created).toEqual({ id: ACCOUNT_ID, identityId: IDENTITY_ID, refId: 'acct_01HZX3', profileId: PROFILE_ID, type: 'BROKERAGE' })
    expect(seen[0]).toMatchObject({ method: 'POST', url: '/v2/identity/accounts' })
    expect(JSON.parse(seen[0]!.body)).toEqual({
      create_profile: true,
      account: { identity_id: IDENTITY_ID, ref_id: 'acct_01HZX3', type: 'BROKERAGE' },
    })
  })

  it('are created with the members that were asked for, and are read with the members that they have', async () => {
    const { paxos, reply, seen } = await startMisbehavingPaxos()
    const members = [{ id: 'member-1', identity_id: 'identity-2', roles: ['TRUSTEE'] }, { identity_id: 'identity-3' }]
    reply(json(200, { ...account, members }))
    const asked = { ...newAccount, description: 'Joint account', metadata: { purpose: 'savings' } }
    expect(await paxos.accounts.create({ ...asked, members: [{ identityId: 'identity-2', roles: ['TRUSTEE'] }] })).toMatchObject({
      members: [
        { id: 'member-1', identityId: 'identity-2', roles: ['TRUSTEE'] },
        { id: null, identityId: 'identity-3', roles: [] },
      ],
    })
    expect(JSON.parse(seen[0]!.body).account).toMatchObject({
      ...{ description: 'Joint account', metadata: { purpose: 'savings' }, members: [{ identity_id: 'identity-2', roles: ['TRUSTEE'] }] },
    })
  })

  it.each([[[]], [null], [undefined]])('say nothing of their members when the answer has %j', async (members) => {
    const { paxos, reply } = await startMisbehavingPaxos()
    reply(json(200, { ...account, members }))
    expect(await paxos.accounts.get(ACCOUNT_ID)).not.toHaveProperty('members')
  })

  it('report that they have no profile', async () => {
    const { paxos, reply, seen } = await startMisbehavingPaxos()
    reply(json(200, { ...account, profile_id: undefined }))
    expect(await paxos.accounts.get(ACCOUNT_ID)).toMatchObject({ profileId: null })
    expect(seen[0]).toMatchObject({ method: 'GET', url: `/v2/identity/accounts/${ACCOUNT_ID}` })
  })

  it.each([[''], [null], [undefined]])('have no profile when profile_id reads %j', async (nothing) => {
    const { paxos, reply } = await startMisbehavingPaxos()
    reply(json(200, { ...account, ref_id: nothing, profile_id: nothing, type: nothing }))
    expect(await paxos.accounts.get(ACCOUNT_ID)).toEqual({
      id: ACCOUNT_ID,
      identityId: IDENTITY_ID,
      refId: null,
      profileId: null,
      type: '',
    })
  })

  it('name the requested account when the call fails', async () => {
    const { paxos, reply } = await startMisbehavingPaxos()
    reply(json(400, {}))
    await expect(paxos.accounts.create(newAccount)).rejects.toMatchObject({ operation: 'accounts.create' })
    await expect(paxos.accounts.get(ACCOUNT_ID)).rejects.toMatchObject({ operation: 'accounts.get' })
    await expect(paxos.accounts.listOfIdentity(IDENTITY_ID)).rejects.toMatchObject({ operation: 'accounts.list' })
  })

  it('of one identity are listed over all pages', async () => {
    const { paxos, reply, seen } = await startMisbehavingPaxos()
    reply((call, ...rest) => {
      const second = call.url.includes('page_cursor=c2')
      json(200, { items: [{ ...account, id: second ? 'b' : 'a' }], next_page_cursor: second ? '' : 'c2' })(call, ...rest)
    })
    expect((await paxos.accounts.listOfIdentity(IDENTITY_ID)).map(({ id }) => id)).toEqual(['a', 'b'])
    expect(seen[0]?.url).toBe(`/v2/identity/accounts?identity_id=${IDENTITY_ID}&order=ASC`)
  })

  it('end with an error when the pages never end', async () => {
    const { paxos, reply, seen } = await startMisbehavingPaxos()
    let page = 0
    reply((...call) => json(200, { items: [], next_page_cursor: `c${page++}` })(...call))
    await expect(paxos.accounts.listOfIdentity(IDENTITY_ID)).rejects.toMatchObject({
      code: 'PAXOS_ANSWER_MALFORMED',
      operation: 'accounts.list',
      retry: 'backoff',
    })
    expect(seen).toHaveLength(100)
  })

  it('A48: are reported as incomplete when a cursor repeats', async () => {
    const { paxos, reply, seen } = await startMisbehavingPaxos()
    reply(json(200, { items: [account], next_page_cursor: 'again' }))
    await expect(paxos.accounts.listOfIdentity(IDENTITY_ID)).rejects.toThrow('the listing is incomplete: a cursor was repeated')
    expect(seen).toHaveLength(2)
  })
})

describe('profiles', () => {
  it('are read by id', async () => {
    const { paxos, reply } = await startMisbehavingPaxos()
    reply(json(200, { id: PROFILE_ID, nickname: 'p', type: 'NORMAL', account_id: ACCOUNT_ID, description: 'x' }))
    expect(await paxos.profiles.get(PROFILE_ID)).toEqual({ id: PROFILE_ID, nickname: 'p', type: 'NORMAL', accountId: ACCOUNT_ID })
  })
})
