import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Operator, type Reply, startOperator, TOKEN } from '../operate/start-operator.ts'
import { eventually } from '../saga/world.ts'
import { person, institution as trust } from '../sandbox/person.ts'

const OWNER = ['BENEFICIAL_OWNER', 'MANAGEMENT_CONTROL_PERSON']

let operator: Operator
/** Approved persons at Paxos. */
let people: string[]
beforeAll(async () => {
  operator = await startOperator({ concurrency: 5 })
  const events = await operator.sandbox.populate({ count: 6, refIdPrefix: 'member-', decision: 'approve', deliver: false })
  people = events.map(({ identityId }) => identityId ?? '')
})
afterAll(() => operator.close())

const call = (method: 'GET' | 'POST' | 'DELETE', path: string, { body, key }: { body?: unknown; key?: string } = {}): Promise<Reply> =>
  operator.call(method, path, { body, headers: { authorization: `Bearer ${TOKEN}`, ...(key ? { 'idempotency-key': key } : {}) } })

/** An onboarded LLC with two owners of 40 % each. */
async function company(): Promise<{ id: string; at: (path?: string) => string }> {
  const body = trust(people[0] ?? '') as Record<string, Record<string, unknown>>
  Object.assign(body.institution_details ?? {}, {
    ...{ institution_type: 'LLC', institution_sub_type: 'INFORMATION', business_description: 'Invents things' },
    ...{ regulation_status: 'NON_REGULATED', trading_type: 'PRIVATE' },
  })
  const made = await call('POST', '/v1/onboardings', {
    key: String(body.ref_id),
    body: {
      ...body,
      customer_due_diligence: {
        ...{
          source_of_wealth: 'BUSINESS_OWNERSHIP_DIVIDENDS',
          source_of_funds: 'BUSINESS_DIVIDENDS_PROFITS',
          industry_sector: 'INFORMATION',
        },
        ...{ has_underlying_trust_structure: false, has_nominee_shareholders: false },
      },
      institution_members: people.slice(0, 2).map((identity_id) => ({ identity_id, roles: OWNER, ownership: '40' })),
    },
  })
  if (made.status !== 201) throw new Error(JSON.stringify(made.body))
  const id = String(made.body.id)
  return { id, at: (path = '') => `/v1/onboardings/${id}/members${path}` }
}

const membersOf = async ({ at }: { at: () => string }) =>
  (await call('GET', at())).body.items as { id: string; identityId: string; roles: string[] }[]
const writes = (): number => operator.sandbox.story.of('call').filter(({ operation }) => operation.includes('institution-members')).length
/** Repeats the request under its key until its result is known. */
const settled = (ask: () => Promise<Reply>): Promise<Reply> => eventually(ask, ({ status }) => status !== 202)

describe('the members of an institution', () => {
  it('are listed, added once per key, and removed, with what Paxos has', async () => {
    const firm = await company()
    expect((await membersOf(firm)).map(({ identityId, roles }) => [identityId, roles])).toEqual([
      [people[0], OWNER],
      [people[1], OWNER],
    ])
    const members = [
      { identityId: people[2], roles: ['AUTHORIZED_USER'] },
      { identityId: people[3], roles: ['BENEFICIAL_OWNER'], ownership: '20' },
    ]
    const added = await call('POST', firm.at(), { key: `${firm.id}-add`, body: { members } })
    expect([added.status, added.body]).toMatchObject([
      201,
      { action: 'add', state: 'done', reason: null, memberId: null, identityId: firm.id },
    ])
    const again = await call('POST', firm.at(), { key: `${firm.id}-add`, body: { members } })
    expect([again.status, again.body.id]).toEqual([200, added.body.id])
    const listed = await membersOf(firm)
    expect(listed.map(({ identityId }) => identityId)).toEqual(people.slice(0, 4))
    expect(listed[3]).toMatchObject({ roles: ['BENEFICIAL_OWNER'], ownership: '20', status: 'APPROVED' })

    const removed = await call('DELETE', firm.at(`/${listed[0]?.id}`), { key: `${firm.id}-remove` })
    expect([removed.status, removed.body]).toMatchObject([200, { action: 'remove', state: 'done', memberId: listed[0]?.id, members: [] }])
    expect((await call('DELETE', firm.at(`/${listed[0]?.id}`), { key: `${firm.id}-remove` })).body.id).toBe(removed.body.id)
    expect((await membersOf(firm)).map(({ identityId }) => identityId)).toEqual(people.slice(1, 4))
    expect(writes()).toBe(2)
    const { rows } = await operator.pool.query<{ action: string }>(`SELECT action FROM audit_entry WHERE target = $1`, [firm.id])
    expect(rows.map(({ action }) => action)).toEqual(expect.arrayContaining(['members.add', 'member.remove']))
  })

  it('A7: the same key with any field changed is refused with the field', async () => {
    const firm = await company()
    const members = [{ identityId: people[2], roles: ['AUTHORIZED_USER'] }]
    await call('POST', firm.at(), { key: `${firm.id}-a7`, body: { members } })
    const other = await call('POST', firm.at(), { key: `${firm.id}-a7`, body: { members: [{ ...members[0], roles: ['ACCOUNT_OPENER'] }] } })
    expect([other.status, other.body.code, other.body.errors[0].field]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED', 'members'])
    const [first] = await membersOf(firm)
    const removal = await call('DELETE', firm.at(`/${first?.id}`), { key: `${firm.id}-a7` })
    expect([removal.status, removal.body.errors.map(({ field }: { field: string }) => field)]).toEqual([422, ['memberId', 'members']])
  })

  it('A43, A46: a member that is not approved, a wrong role, a twin and too large a share are refused together, and nothing is sent', async () => {
    const firm = await company()
    const pending = (await operator.paxos.identities.create(person() as { ref_id: string })).id
    const before = writes()
    const refused = await call('POST', firm.at(), {
      key: `${firm.id}-wrong`,
      body: {
        members: [
          { identityId: pending, roles: ['AUTHORIZED_USER'] },
          { identityId: '7f0f5b7e-2d83-4e7c-9a52-2a6a0c6e5d10', roles: ['GRANTOR'] },
          { identityId: people[0], roles: ['BENEFICIAL_OWNER'], ownership: '20.5' },
        ],
      },
    })
    expect([refused.status, refused.body.code]).toEqual([422, 'MEMBERS_NOT_POSSIBLE'])
    expect(refused.body.errors).toEqual([
      { field: 'members.0.identityId', message: 'is PENDING, not APPROVED; wait for its decision' },
      { field: 'members.1.identityId', message: 'is not an identity at Paxos' },
      { field: 'members.1.roles', message: expect.stringContaining('must not be GRANTOR in a LLC') },
      { field: 'members.2.identityId', message: expect.stringContaining('is a member already') },
      { field: 'members', message: expect.stringContaining('100.5 %') },
    ])
    expect(writes()).toBe(before)
  })

  it.each<[unknown, string[]]>([
    [{}, ['members']],
    [{ members: [] }, ['members']],
    [{ members: [{ identityId: 'a b', roles: [], share: '1' }] }, ['members.0.identityId', 'members.0.roles', 'members.0.share']],
    [{ members: [{ identityId: 'a', roles: ['KING'], ownership: '101' }] }, ['members.0.ownership', 'members.0.roles.0']],
    [
      {
        members: [
          { identityId: 'a', roles: ['TRUSTEE'] },
          { identityId: 'a', roles: ['TRUSTEE'] },
        ],
      },
      ['members'],
    ],
  ])('a malformed body is refused with every field: %j', async (body, fields) => {
    const refused = await call('POST', '/v1/onboardings/7f0f5b7e-2d83-4e7c-9a52-2a6a0c6e5d10/members', { key: 'never-used', body })
    expect(refused.status).toBe(400)
    expect(refused.body.errors.map(({ field }: { field: string }) => field).sort()).toEqual(fields)
  })

  it('A44: the last owner cannot be removed, and of two removals at once one owner stays', async () => {
    const firm = await company()
    const [one, two] = await membersOf(firm)
    await Promise.all(
      [one, two].map((owner) => settled(() => call('DELETE', firm.at(`/${owner?.id}`), { key: `${firm.id}-${owner?.id}` }))),
    )
    const left = await membersOf(firm)
    expect(left).toHaveLength(1)
    await call('POST', firm.at(), { key: `${firm.id}-user`, body: { members: [{ identityId: people[4], roles: ['AUTHORIZED_USER'] }] } })
    const refused = await call('DELETE', firm.at(`/${left[0]?.id}`), { key: `${firm.id}-last` })
    expect([refused.status, refused.body.code]).toEqual([422, 'MEMBERS_NOT_POSSIBLE'])
    expect(refused.body.detail).toContain('is the last owner')
    expect(await membersOf(firm)).toHaveLength(2)
  })

  it.each(['act-then-drop', 'drop'] as const)('A1: are added once when the answer is lost (%s)', async (fault) => {
    const firm = await company()
    operator.sandbox.faults.arm({ on: 'POST /identity/institution-members', do: fault, next: 1 })
    const ask = () =>
      call('POST', firm.at(), { key: `${firm.id}-lost`, body: { members: [{ identityId: people[5], roles: ['AUTHORIZED_USER'] }] } })
    expect((await settled(ask)).body).toMatchObject({ state: 'done' })
    expect((await membersOf(firm)).filter(({ identityId }) => identityId === people[5])).toHaveLength(1)
  })

  it('are answered 404 for an unknown onboarding and an unknown member, and 422 for a person', async () => {
    const nowhere = await call('GET', '/v1/onboardings/7f0f5b7e-2d83-4e7c-9a52-2a6a0c6e5d10/members')
    expect([nowhere.status, nowhere.body.code]).toEqual([404, 'ONBOARDING_UNKNOWN'])
    const firm = await company()
    const unknown = await call('DELETE', firm.at('/no-such-member'), { key: `${firm.id}-unknown` })
    expect([unknown.status, unknown.body.code]).toEqual([404, 'MEMBER_UNKNOWN'])
    const invented = person()
    const made = await call('POST', '/v1/onboardings', { key: String(invented.ref_id), body: invented })
    const refused = await call('GET', `/v1/onboardings/${made.body.id}/members`)
    expect([refused.status, refused.body.code]).toEqual([422, 'MEMBERS_NOT_POSSIBLE'])
  })
})
