import { describe, expect, it } from 'vitest'
import { eventually } from '../eventually.ts'
import { institution, person } from '../person.ts'
import { type Body, startSandbox } from '../start-sandbox.ts'

const MICROSECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/
const never = { defaultDecision: 'never' } as const

describe('POST /identity/identities', () => {
  it('answers 200 with the whole identity, which is PENDING at first', async () => {
    const { call } = await startSandbox(never)
    const request = person({ refId: 'user-first' })
    const { status, body } = await call('POST', '/identity/identities', request)
    expect(status).toBe(200)
    const { cip_id } = request.person_details as { cip_id: string }
    expect(body).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      type: 'PERSON',
      ref_id: 'user-first',
      status: 'PENDING',
      summary_status: 'PENDING',
      status_details: { active_controls: [], requirements: [{ type: 'SCREENING_CHECK', awaiting_action_from: 'PAXOS' }] },
      person_details: {
        first_name: 'Ada',
        id_verification_status: 'APPROVED',
        sanctions_verification_status: 'PENDING',
        additional_screening_status: 'PENDING',
        govt_id: cip_id,
        govt_id_type: 'SSN',
      },
      created_at: expect.stringMatching(MICROSECONDS),
      updated_at: expect.stringMatching(MICROSECONDS),
    })
  })

  it('F38: refuses an empty address2, which only an update may send', async () => {
    const { call } = await startSandbox(never)
    const request = person() as { person_details: { address: object } }
    const empty = {
      ...request,
      person_details: { ...request.person_details, address: { ...request.person_details.address, address2: '' } },
    }
    expect(await call('POST', '/identity/identities', empty)).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('address2') },
    })
  })

  it('derives the tax details of a US person from cip_id', async () => {
    const { call } = await startSandbox(never)
    const request = person()
    const { cip_id } = request.person_details as { cip_id: string }
    const { body } = await call('POST', '/identity/identities', request)
    expect(body.tax_details).toEqual([{ tax_payer_id: cip_id, tax_payer_country: 'USA' }])
  })

  it('answers 409 and names the existing identity when the ref_id is known', async () => {
    const { call } = await startSandbox(never)
    const first = await call('POST', '/identity/identities', person({ refId: 'same' }))
    const second = await call('POST', '/identity/identities', person({ refId: 'same' }))
    expect(second.status).toBe(409)
    expect(second.body).toEqual({
      type: 'https://developer.paxos.com/docs/v2/problems/already-exists',
      title: 'Already Exists',
      status: 409,
      detail: 'duplicate ref_id provided',
      meta: { existing: { id: first.body.id } },
    })
  })

  it('answers 409 when cip_id, cip_id_type and cip_id_country together are known', async () => {
    const { call } = await startSandbox(never)
    const cip = { cip_id: '900-11-1111' }
    const first = await call('POST', '/identity/identities', person({ details: cip }))
    const same = await call('POST', '/identity/identities', person({ details: cip }))
    expect([same.status, same.body.detail]).toEqual([409, 'duplicate (cip_id, cip_id_type, cip_id_country) provided'])
    expect(same.body.meta).toEqual({ existing: { id: first.body.id } })
    const otherType = await call('POST', '/identity/identities', person({ details: { ...cip, cip_id_type: 'ITIN' } }))
    expect(otherType.status).toBe(200)
  })

  it.each<[string, Record<string, unknown>]>([
    ['person_details.first_name', { first_name: 'Adélaïde' }],
    ['person_details.first_name', { first_name: 'A'.repeat(201) }],
    ['person_details.last_name', { last_name: undefined }],
    ['person_details.date_of_birth', { date_of_birth: '12.04.1988' }],
    ['person_details.nationality', { nationality: 'US' }],
    ['person_details.address.address1', { address: { ...address(), address1: 'x'.repeat(36) } }],
    ['person_details.address.city', { address: { ...address(), city: 'Zürich' } }],
    ['person_details.address.zip_code', { address: { ...address(), zip_code: undefined } }],
    ['person_details.cip_id', { cip_id: '900000000' }],
    ['person_details.cip_id_type', { cip_id_type: 'PASSPORT' }],
    ['person_details.cip_id_type', { cip_id_type: 'LIBRARY_CARD' }],
    ['person_details.cip_id_country', { cip_id_country: 'usa' }],
    ['person_details.verifier_id', { verifier_id: 'v-1' }],
    ['person_details.passthrough_verification_id', { passthrough_verification_id: undefined }],
    ['person_details.passthrough_verified_at', { passthrough_verified_at: 'yesterday' }],
    ['person_details.passthrough_verification_status', { passthrough_verification_status: 'PENDING' }],
    ['person_details.passthrough_verifier_type', { passthrough_verifier_type: 'MY_COUSIN' }],
  ])('answers 400 and names %s without repeating the value', async (field, details) => {
    const { sandbox, call } = await startSandbox(never)
    const { status, body } = await call('POST', '/identity/identities', person({ details }))
    expect([status, body.title, body.type]).toEqual([400, 'Bad Request', 'about:blank'])
    expect(body.detail.split(': ')[0]).toBe(field)
    for (const value of Object.values(details)) if (typeof value === 'string') expect(body.detail).not.toContain(`"${value}"`)
    expect(sandbox.identities.all).toEqual([])
  })

  it('answers 400 and names what is wrong outside person_details', async () => {
    const { call } = await startSandbox(never)
    const refused = async (changes: Record<string, unknown>): Promise<string> => {
      const { status, body } = await call('POST', '/identity/identities', { ...person(), ...changes })
      expect(status).toBe(400)
      return body.detail
    }
    expect(await refused({ customer_due_diligence: {} })).toContain('customer_due_diligence.source_of_wealth')
    expect(await refused({ customer_due_diligence: { ...diligence(), estimated_yearly_income: 'PLENTY' } })).toContain(
      'estimated_yearly_income',
    )
    expect(await refused({ customer_due_diligence: { ...diligence(), employment_industry_sector: 'SPACE' } })).toContain('industry_sector')
    expect(await refused({ tax_details_not_required: true })).toContain('tax_details_not_required')
    expect(await refused({ tax_details: [{ tax_payer_id: '1'.repeat(36), tax_payer_country: 'USA' }] })).toContain(
      'tax_details.0.tax_payer_id',
    )
    expect(await refused({ metadata: { sandbox_decision: 'maybe' } })).toContain('metadata.sandbox_decision')
    expect(await refused({ person_details: undefined })).toContain('person_details')
  })

  it('requires tax details of a person outside the US', async () => {
    const { call } = await startSandbox(never)
    const abroad = person({ details: { address: { ...address(), country: 'CAN' }, cip_id_type: 'PASSPORT', cip_id_country: 'CAN' } })
    expect((await call('POST', '/identity/identities', abroad)).body.detail).toContain('tax_details')
    expect((await call('POST', '/identity/identities', { ...abroad, tax_details_not_required: true })).status).toBe(200)
  })
})

describe('POST /identity/identities for an institution', () => {
  it('accepts an institution with its members and leaves the decision to Paxos', async () => {
    const { sandbox, call } = await startSandbox()
    const member = await call('POST', '/identity/identities', person())
    const { status, body } = await call('POST', '/identity/identities', institution(member.body.id))
    expect([status, body.type, body.status]).toEqual([200, 'INSTITUTION', 'PENDING'])
    expect(body.institution_details).toMatchObject({ name: 'Invented Trust', document_verification_status: 'PENDING' })
    expect(body.institution_members).toEqual([expect.objectContaining({ identity_id: member.body.id, roles: ['TRUSTEE'] })])
    await eventually(() => sandbox.identities.get(member.body.id)?.status).toBe('APPROVED')
    expect(sandbox.identities.get(body.id)?.status).toBe('PENDING')
    await call('PUT', `/identity/identities/${body.id}/sandbox-status`, { sanctions_verification_status: 'APPROVED' })
    expect((await call('GET', `/identity/identities/${body.id}`)).body.status).toBe('APPROVED')
  })

  it('answers 400 when the institution has no members or an unknown member', async () => {
    const { call } = await startSandbox()
    const alone = { ...institution('nobody'), institution_members: [] }
    expect((await call('POST', '/identity/identities', alone)).body.detail).toContain('institution_members')
    const { status, body } = await call('POST', '/identity/identities', institution('nobody'))
    expect([status, body.detail]).toEqual([400, 'institution_members.0.identity_id: identity does not exist'])
  })
})

describe('GET /identity/identities/{id}', () => {
  it('returns personal data only when include_details is true', async () => {
    const { call } = await startSandbox(never)
    const { id } = (await call('POST', '/identity/identities', person())).body
    const bare = (await call('GET', `/identity/identities/${id}`)).body
    expect(bare).toMatchObject({ id, status: 'PENDING', type: 'PERSON' })
    expect(JSON.stringify(bare)).not.toMatch(/Ada|Moreno|900-|ada@|Elm|INCOME/)
    expect((await call('GET', `/identity/identities/${id}?include_details=true`)).body.person_details.first_name).toBe('Ada')
  })

  it('returns the members of an institution only when asked for them', async () => {
    const { call } = await startSandbox(never)
    const member = await call('POST', '/identity/identities', person())
    const { id } = (await call('POST', '/identity/identities', institution(member.body.id))).body
    expect((await call('GET', `/identity/identities/${id}`)).body).not.toHaveProperty('institution_members')
    expect((await call('GET', `/identity/identities/${id}?include_institution_members=true`)).body.institution_members).toHaveLength(1)
  })

  it('answers 404 when the id is unknown', async () => {
    const { call } = await startSandbox()
    expect((await call('GET', '/identity/identities/7f0f5b7e-2d83-4e7c-9a52-2a6a0c6e5d10')).status).toBe(404)
  })
})

describe('GET /identity/identities', () => {
  it('lists the newest first, without personal data, and pages by cursor in either order', async () => {
    const { sandbox, call } = await startSandbox(never)
    await sandbox.populate({ count: 5, refIdPrefix: 'n', decision: 'approve', deliver: false })
    const newest = (await call('GET', '/identity/identities?limit=2')).body
    expect(refs(newest)).toEqual(['n5', 'n4'])
    expect(JSON.stringify(newest)).not.toContain('Invented')
    const next = (await call('GET', `/identity/identities?limit=2&page_cursor=${newest.next_page_cursor}`)).body
    expect(refs(next)).toEqual(['n3', 'n2'])
    const last = (await call('GET', `/identity/identities?limit=2&page_cursor=${next.next_page_cursor}`)).body
    expect([refs(last), last.next_page_cursor]).toEqual([['n1'], ''])
    expect(refs((await call('GET', '/identity/identities?order=ASC&limit=2')).body)).toEqual(['n1', 'n2'])
  })

  it('filters by status, type and time', async () => {
    const { sandbox, call } = await startSandbox(never)
    await sandbox.populate({ count: 3, refIdPrefix: 'yes', decision: 'approve', deliver: false })
    await sandbox.populate({ count: 2, refIdPrefix: 'no', decision: 'deny', deliver: false })
    const list = async (query: string): Promise<string[]> => refs((await call('GET', `/identity/identities?order=ASC&${query}`)).body)
    expect(await list('summary_status=DENIED')).toEqual(['no1', 'no2'])
    expect(await list('identity_type=INSTITUTION')).toEqual([])
    const all = (await call('GET', '/identity/identities?order=ASC')).body.items
    const [second, fourth] = [all[1], all[3]] as [Body, Body]
    expect(await list(`created_at.gte=${second.created_at}&created_at.lt=${fourth.created_at}`)).toEqual(['yes2', 'yes3'])
    expect(await list(`created_at.gt=${second.created_at}&created_at.lte=${fourth.created_at}`)).toEqual(['yes3', 'no1'])
    expect(await list(`created_at.eq=${second.created_at}`)).toEqual(['yes2'])
    await call('PUT', `/identity/identities/${second.id}/sandbox-status`, { user_disabled: { disabled: true } })
    const { updated_at } = (await call('GET', `/identity/identities/${second.id}`)).body
    expect(await list(`updated_at.gte=${updated_at}`)).toEqual(['yes2'])
    expect(await list(`updated_at.lt=${updated_at}`)).toEqual(['yes1', 'yes3', 'no1', 'no2'])
  })

  it('answers 400 and names the filter that it cannot read', async () => {
    const { call } = await startSandbox()
    const detail = async (query: string): Promise<string> => {
      const { status, body } = await call('GET', `/identity/identities?${query}`)
      expect(status).toBe(400)
      return body.detail
    }
    expect(await detail('summary_status=MAYBE')).toContain('summary_status')
    expect(await detail('created_at.gte=yesterday')).toContain('created_at.gte')
    expect(await detail('order=UP')).toContain('order')
    expect(await detail('limit=0')).toContain('limit')
    expect(await detail('page_cursor=nonsense')).toContain('page_cursor')
  })
})

describe('PUT /identity/identities/{id}', () => {
  it('changes the fields that are sent, keeps the others, and disables and re-enables', async () => {
    const { call } = await startSandbox()
    const { id } = (await call('POST', '/identity/identities', person())).body
    await eventually(async () => (await call('GET', `/identity/identities/${id}`)).body.status).toBe('APPROVED')
    const changed = await call('PUT', `/identity/identities/${id}`, {
      person_details: { last_name: 'Quist' },
      set_user_disabled: true,
      is_merchant: true,
    })
    expect(changed.body).toMatchObject({
      status: 'DISABLED',
      is_merchant: true,
      user_disabled: true,
      person_details: { first_name: 'Ada', last_name: 'Quist' },
    })
    expect(changed.body.status_details).toMatchObject({ active_controls: [{ set_by: 'SET_BY_CLIENT' }] })
    expect((await call('PUT', `/identity/identities/${id}`, { set_user_disabled: false })).body).toMatchObject({
      status: 'APPROVED',
      is_merchant: true,
    })
  })

  it('answers 409 when another identity has the ref_id', async () => {
    const { call } = await startSandbox(never)
    const first = await call('POST', '/identity/identities', person({ refId: 'one' }))
    const second = await call('POST', '/identity/identities', person({ refId: 'two' }))
    const { status, body } = await call('PUT', `/identity/identities/${second.body.id}`, { ref_id: 'one' })
    expect([status, body.meta.existing.id]).toEqual([409, first.body.id])
    expect((await call('PUT', `/identity/identities/${second.body.id}`, { ref_id: 'three' })).body.ref_id).toBe('three')
    expect((await call('POST', '/identity/identities', person({ refId: 'two' }))).status).toBe(200)
  })
})

describe('PUT /identity/identities/{id}/sandbox-status', () => {
  it('approves a person once id and sanctions checks are approved, and emits the event', async () => {
    const { sandbox, call } = await startSandbox(never)
    const { id } = (await call('POST', '/identity/identities', person())).body
    const set = await call('PUT', `/identity/identities/${id}/sandbox-status`, {
      id_verification_status: 'APPROVED',
      sanctions_verification_status: 'APPROVED',
    })
    expect([set.status, set.body]).toEqual([200, {}])
    expect((await call('GET', `/identity/identities/${id}`)).body.status).toBe('APPROVED')
    expect(sandbox.events.all.map(({ type, object }) => [type, object.old_summary_status, object.new_summary_status])).toEqual([
      ['identity.approved', 'PENDING', 'APPROVED'],
    ])
  })

  it.each(['user_disabled', 'admin_disabled'])('disables by %s, and emits identity.approved when the person is re-enabled', async (by) => {
    const { sandbox, call } = await startSandbox(never)
    await sandbox.populate({ count: 1, refIdPrefix: 'p', decision: 'approve', deliver: false })
    const id = sandbox.identities.all[0]?.id
    await call('PUT', `/identity/identities/${id}/sandbox-status`, { [by]: { disabled: true } })
    expect((await call('GET', `/identity/identities/${id}`)).body).toMatchObject({ status: 'DISABLED', [by]: true })
    await call('PUT', `/identity/identities/${id}/sandbox-status`, { [by]: { disabled: false } })
    expect(sandbox.events.all.map(({ type, object }) => [type, object.old_summary_status])).toEqual([
      ['identity.approved', 'PENDING'],
      ['identity.disabled', 'APPROVED'],
      ['identity.approved', 'DISABLED'],
    ])
  })

  it('denies when a check is denied, and emits nothing when the status does not change', async () => {
    const { sandbox, call } = await startSandbox(never)
    const { id } = (await call('POST', '/identity/identities', person())).body
    await call('PUT', `/identity/identities/${id}/sandbox-status`, { additional_screening_status: 'APPROVED' })
    expect(sandbox.events.all).toEqual([])
    await call('PUT', `/identity/identities/${id}/sandbox-status`, { additional_screening_status: 'DENIED' })
    expect(sandbox.events.all.map(({ type }) => type)).toEqual(['identity.denied'])
  })

  it('answers 400 for an unknown status or field', async () => {
    const { call } = await startSandbox(never)
    const { id } = (await call('POST', '/identity/identities', person())).body
    const status = await call('PUT', `/identity/identities/${id}/sandbox-status`, { id_verification_status: 'FINE' })
    expect([status.status, status.body.detail]).toEqual([400, expect.stringContaining('id_verification_status')])
    const field = await call('PUT', `/identity/identities/${id}/sandbox-status`, { user_disabled: true, verdict: 'yes' })
    expect(field.body.detail).toContain('verdict: unknown field')
  })
})

function address(): Record<string, unknown> {
  return { address1: '12 Elm St', city: 'Albany', province: 'NY', country: 'USA', zip_code: '12207' }
}

function diligence(): Record<string, unknown> {
  return person().customer_due_diligence as Record<string, unknown>
}

function refs(body: Body): string[] {
  return body.items.map(({ ref_id }) => ref_id)
}
