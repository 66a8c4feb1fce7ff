import { describe, expect, it } from 'vitest'
import { eventually } from '../eventually.ts'
import { person } from '../person.ts'
import { type Answer, type Running, startSandbox } from '../start-sandbox.ts'

async function approved(running: Running): Promise<string> {
  const { id } = (await running.call('POST', '/identity/identities', person())).body
  await eventually(() => running.sandbox.identities.get(id)?.status).toBe('APPROVED')
  return id
}

function open({ call }: Running, account: Record<string, unknown>, createProfile: unknown = true): Promise<Answer> {
  return call('POST', '/identity/accounts', { create_profile: createProfile, account })
}

describe('POST /identity/accounts', () => {
  it('answers 200 with a flat account and its profile', async () => {
    const running = await startSandbox()
    const identity_id = await approved(running)
    const account = { identity_id, ref_id: 'acct-1', type: 'BROKERAGE', description: 'Brokerage account', metadata: { a: 'b' } }
    const { status, body } = await open(running, account)
    expect(status).toBe(200)
    expect(body).toEqual({
      ...account,
      id: expect.any(String),
      profile_id: expect.any(String),
      members: [],
      summary_status: 'APPROVED',
      admin_disabled: false,
      user_disabled: false,
      created_at: expect.any(String),
      updated_at: expect.any(String),
    })
    expect((await running.call('GET', `/profiles/${body.profile_id}`)).body).toEqual({
      id: body.profile_id,
      nickname: expect.any(String),
      type: 'NORMAL',
      account_id: body.id,
    })
    expect((await running.call('GET', `/identity/accounts/${body.id}`)).body).toEqual(body)
  })

  it('creates no profile when create_profile is not set', async () => {
    const running = await startSandbox()
    const identity_id = await approved(running)
    expect((await open(running, { identity_id }, false)).body).not.toHaveProperty('profile_id')
    expect(running.sandbox.accounts.profiles).toHaveLength(1) // the default one
  })

  it('creates a second account for one identity when the ref_id differs, as Paxos does', async () => {
    const running = await startSandbox()
    const identity_id = await approved(running)
    const ids = [await open(running, { identity_id, ref_id: 'a' }), await open(running, { identity_id, ref_id: 'b' })].map(
      ({ body }) => body.id,
    )
    const listed = (await running.call('GET', `/identity/accounts?identity_id=${identity_id}`)).body
    expect(listed.items.map(({ id }) => id)).toEqual(ids.toReversed())
    expect((await running.control('GET', '/summary')).body.accounts).toMatchObject({
      total: 2,
      identitiesWithSeveral: { [identity_id]: 2 },
    })
  })

  it.each([
    ['conflict', 409, true],
    ['conflict-bare', 409, false],
    ['return-existing', 200, false],
  ] as const)('creates no second account when the ref_id is known and accountConflict is %s', async (accountConflict, status, named) => {
    const running = await startSandbox({ accountConflict })
    const identity_id = await approved(running)
    const first = (await open(running, { identity_id, ref_id: 'same' })).body
    const second = await open(running, { identity_id, ref_id: 'same' })
    expect(second.status).toBe(status)
    if (status === 200) expect(second.body).toEqual(first)
    else expect(second.body).toMatchObject({ title: 'Already Exists', detail: 'duplicate ref_id provided' })
    expect(second.body.meta).toEqual(named ? { existing: { id: first.id } } : undefined)
    expect(running.sandbox.accounts.ofIdentity(identity_id)).toHaveLength(1)
  })

  it('answers 404 when the identity is unknown', async () => {
    const running = await startSandbox()
    expect((await open(running, { identity_id: '7f0f5b7e-2d83-4e7c-9a52-2a6a0c6e5d10' })).status).toBe(404)
  })

  it('accepts an identity that is not approved, unless strictAccounts is on', async () => {
    const running = await startSandbox({ defaultDecision: 'never' })
    const { id } = (await running.call('POST', '/identity/identities', person())).body
    expect((await open(running, { identity_id: id, ref_id: 'early' })).body.summary_status).toBe('PENDING')
    await running.control('PATCH', '/settings', { strictAccounts: true })
    expect((await open(running, { identity_id: id, ref_id: 'later' })).status).toBe(403)
    await running.control('POST', `/identities/${id}/decide`, { verdict: 'approve' })
    expect((await open(running, { identity_id: id, ref_id: 'later' })).status).toBe(200)
  })

  it.each<[string, Record<string, unknown>]>([
    ['account.identity_id', { identity_id: undefined }],
    ['account.profile_id', { profile_id: 'mine' }],
    ['account.id', { id: 'mine' }],
    ['account.summary_status', { summary_status: 'APPROVED' }],
    ['account.type', { type: 'PIGGY_BANK' }],
    ['account.ref_id', { ref_id: 7 }],
    ['account.metadata', { metadata: { a: 1 } }],
    ['account.members', { members: [{ identity_id: 'x', id: 'mine' }] }],
    ['account.members', { members: [{ identity_id: 'x', roles: ['FRIEND'] }] }],
    ['account.members', { members: [{ identity_id: 'nobody' }] }],
  ])('answers 400 and names %s', async (field, changes) => {
    const running = await startSandbox()
    const { status, body } = await open(running, { identity_id: await approved(running), ...changes })
    expect([status, body.detail]).toEqual([400, expect.stringContaining(field)])
    expect(running.sandbox.accounts.all).toEqual([])
  })

  it('gives each member an id', async () => {
    const running = await startSandbox()
    const [identity_id, joint] = [await approved(running), await approved(running)]
    const { body } = await open(running, { identity_id, members: [{ identity_id: joint, roles: ['BENEFICIAL_OWNER'] }] })
    expect(body.members).toEqual([{ id: expect.any(String), identity_id: joint, roles: ['BENEFICIAL_OWNER'] }])
  })
})

describe('the profile_id of a new account', () => {
  it('is absent at first and present on a later read when profileIdArrives is late', async () => {
    const running = await startSandbox({ profileIdArrives: 'late', profileIdDelayMs: 150 })
    const identity_id = await approved(running)
    const { body } = await open(running, { identity_id, ref_id: 'a' })
    expect(body).not.toHaveProperty('profile_id')
    const read = async (): Promise<string> => (await running.call('GET', `/identity/accounts/${body.id}`)).body.profile_id
    await eventually(read).toEqual(expect.any(String))
    expect((await running.call('GET', `/profiles/${await read()}`)).body.account_id).toBe(body.id)
  })

  it('never arrives when profileIdArrives is never', async () => {
    const running = await startSandbox({ profileIdArrives: 'never' })
    const identity_id = await approved(running)
    const { body } = await open(running, { identity_id, ref_id: 'a' })
    expect((await running.call('GET', `/identity/accounts/${body.id}`)).body).not.toHaveProperty('profile_id')
    expect((await running.call('GET', '/profiles')).body.items).toHaveLength(1)
    expect((await running.call('GET', `/profiles/${running.sandbox.accounts.profiles[1]?.id}`)).status).toBe(404)
  })
})

describe('GET /identity/accounts', () => {
  it('lists all accounts in pages, newest first, and filters them by time', async () => {
    const running = await startSandbox()
    const identity_id = await approved(running)
    for (const ref_id of ['a', 'b', 'c']) await open(running, { identity_id, ref_id })
    const first = (await running.call('GET', '/identity/accounts?limit=2')).body
    expect(first.items.map(({ ref_id }) => ref_id)).toEqual(['c', 'b'])
    const rest = (await running.call('GET', `/identity/accounts?limit=2&page_cursor=${first.next_page_cursor}`)).body
    expect([rest.items.map(({ ref_id }) => ref_id), rest.next_page_cursor]).toEqual([['a'], ''])
    const since = await running.call('GET', `/identity/accounts?order=ASC&created_at.gte=${first.items[1]?.created_at}`)
    expect(since.body.items.map(({ ref_id }) => ref_id)).toEqual(['b', 'c'])
    expect((await running.call('GET', '/identity/accounts?identity_id=somebody-else')).body.items).toEqual([])
  })

  it('answers 404 when the account is unknown', async () => {
    const { call } = await startSandbox()
    expect((await call('GET', '/identity/accounts/e1c5d0b2-63a1-4d57-8d9e-5f2b8f0c9b31')).status).toBe(404)
  })
})

describe('GET /profiles', () => {
  it('lists profiles oldest first with the default one, and finds them by nickname and by id', async () => {
    const running = await startSandbox()
    const { body } = await open(running, { identity_id: await approved(running), ref_id: 'a' })
    const { items } = (await running.call('GET', '/profiles')).body
    expect(items.map(({ type }) => type)).toEqual(['DEFAULT', 'NORMAL'])
    expect((await running.call('GET', '/profiles/default')).body).toEqual(items[0])
    expect((await running.call('GET', '/profiles?nickname=DEF')).body.items).toEqual([items[0]])
    expect((await running.call('GET', `/profiles?ids=${body.profile_id}`)).body.items).toEqual([items[1]])
    const unknown = await running.call('GET', '/profiles/a9d2c7f4-0d1b-4a2e-9c55-6a1a2b3c4d5e')
    expect(unknown.status).toBe(404)
    expect(unknown.headers['content-type']).toContain('application/problem+json')
    expect((await running.call('GET', '/profiles?limit=1001')).body.detail).toBe('limit must be between 1 and 1000')
  })
})
