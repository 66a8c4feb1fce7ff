import { request } from 'undici'
import { describe, expect, it } from 'vitest'
import { eventually } from '../eventually.ts'
import { person } from '../person.ts'
import { type Running, startSandbox } from '../start-sandbox.ts'

async function asked(running: Running, decision: string): Promise<string> {
  const { id } = (await running.call('POST', '/identity/identities', person({ decision }))).body
  await eventually(() => running.sandbox.events.all.length).toBe(1)
  return id
}

async function upload(running: Running, id: string, { name, types }: { name: string; types: string[] }): Promise<void> {
  const announced = await running.call('PUT', `/identity/identities/${id}/documents`, { name, document_types: types })
  expect(announced.status).toBe(200)
  expect(announced.body).toEqual({ file_id: expect.any(String), name, upload_url: expect.stringContaining(running.sandbox.url) })
  const put = await request(announced.body.upload_url, { method: 'PUT', headers: { 'content-type': 'application/pdf' }, body: '%PDF-1.7' })
  expect(put.statusCode).toBe(200)
  await put.body.dump()
}

describe('an identity that must provide documents', () => {
  it('names the documents in an event and in its requirements, and stays PENDING', async () => {
    const running = await startSandbox()
    const id = await asked(running, 'documents')
    const { events } = (await running.call('GET', '/events')).body
    expect(events[0]).toMatchObject({
      type: 'identity.documents_required',
      object_type: 'identity_documents_required',
      object: { identity_id: id, required_documents: ['PROOF_OF_RESIDENCY', 'PROOF_OF_FUNDS'] },
    })
    const { body } = await running.call('GET', `/identity/identities/${id}`)
    expect(body.status).toBe('PENDING')
    expect(body.status_details).toMatchObject({
      requirements: [
        {
          type: 'ENHANCED_DUE_DILIGENCE',
          status: 'PENDING',
          awaiting_action_from: 'CLIENT',
          errors: [expect.objectContaining({ code: 'EDD_DOCUMENTATION_REQUIRED' })],
        },
        { type: 'SCREENING_CHECK', status: 'PENDING' },
      ],
    })
  })

  it.each([
    ['documents', 'APPROVED', 'identity.approved'],
    ['documents-then-approve', 'APPROVED', 'identity.approved'],
    ['documents-then-deny', 'DENIED', 'identity.denied'],
  ])('is decided after the last upload when its decision is %s', async (decision, status, type) => {
    const running = await startSandbox()
    const id = await asked(running, decision)
    await upload(running, id, { name: 'home.pdf', types: ['PROOF_OF_RESIDENCY'] })
    const pending = await running.call('GET', `/identity/identities/${id}/documents?include_pending_docs=true`)
    expect(pending.body.pending_documents).toEqual(['PROOF_OF_FUNDS'])
    const meanwhile = (await running.call('POST', '/identity/identities', person({ decision: 'error' }))).body.id
    await eventually(() => running.sandbox.identities.get(meanwhile)?.status).toBe('ERROR')
    expect(running.sandbox.identities.get(id)?.status).toBe('PENDING')
    await upload(running, id, { name: 'bank.pdf', types: ['PROOF_OF_FUNDS'] })
    await eventually(() => running.sandbox.identities.get(id)?.status).toBe(status)
    expect(running.sandbox.events.all.map((event) => event.type)).toEqual(['identity.documents_required', type])
  })

  it('asks for the documents that the control call names', async () => {
    const running = await startSandbox({ defaultDecision: 'never' })
    const { id } = (await running.call('POST', '/identity/identities', person())).body
    await running.control('POST', `/identities/${id}/decide`, { verdict: 'documents', documents: ['TAX_IDENTIFICATION'] })
    expect(running.sandbox.events.all[0]?.object.required_documents).toEqual(['TAX_IDENTIFICATION'])
  })
})

describe('documents of an identity', () => {
  it('are listed once their bytes are uploaded, not before', async () => {
    const running = await startSandbox({ defaultDecision: 'never' })
    const { id } = (await running.call('POST', '/identity/identities', person())).body
    const announced = await running.call('PUT', `/identity/identities/${id}/documents`, {
      name: 'later.png',
      document_types: ['OTHER_DOCUMENTS'],
    })
    await upload(running, id, { name: 'now.png', types: ['OTHER_DOCUMENTS', 'CURP'] })
    expect((await running.call('GET', `/identity/identities/${id}/documents`)).body).toEqual({
      documents: [
        {
          file_id: expect.not.stringMatching(announced.body.file_id),
          name: 'now.png',
          document_types: ['OTHER_DOCUMENTS', 'CURP'],
          created_at: expect.any(String),
        },
      ],
    })
  })

  it('need a name of 1 to 260 characters (else 400) that is new (else 409), and known types (else 400)', async () => {
    const { call } = await startSandbox({ defaultDecision: 'never' })
    const { id } = (await call('POST', '/identity/identities', person())).body
    const put = (name: string, types = ['CURP']): ReturnType<typeof call> =>
      call('PUT', `/identity/identities/${id}/documents`, { name, document_types: types })
    for (const name of ['', 'n'.repeat(261)]) {
      const { status, body } = await put(name)
      expect([status, body.detail]).toEqual([400, 'must provide a file name, up to 260 characters'])
    }
    expect((await put('a.pdf', ['SELFIE'])).body.detail).toContain('document_types')
    expect((await put('n'.repeat(260))).status).toBe(200)
    const { status, body } = await put('n'.repeat(260))
    expect([status, body.title, body.meta]).toEqual([409, 'Already Exists', { existing: { name: 'n'.repeat(260) } }])
  })

  it('answer 404 with the documented texts when the identity is unknown', async () => {
    const { call } = await startSandbox()
    const id = 'f6b1365a-dc8e-4526-aa3f-e688826c36be'
    const put = await call('PUT', `/identity/identities/${id}/documents`, { name: 'a.pdf', document_types: ['CURP'] })
    expect([put.status, put.body.detail]).toEqual([404, 'identity does not exist'])
    const list = await call('GET', `/identity/identities/${id}/documents`)
    expect([list.status, list.body.detail]).toEqual([404, `Identity with id ${id} doesn't exist`])
  })

  it('refuse an upload that is empty (400) or was not announced (404)', async () => {
    const { sandbox, call } = await startSandbox({ defaultDecision: 'never' })
    const { id } = (await call('POST', '/identity/identities', person())).body
    const { upload_url } = (await call('PUT', `/identity/identities/${id}/documents`, { name: 'a.pdf', document_types: ['CURP'] })).body
    expect((await request(upload_url, { method: 'PUT', headers: { 'content-type': 'application/pdf' }, body: '' })).statusCode).toBe(400)
    expect((await request(`${sandbox.url}/uploads/unknown`, { method: 'PUT', body: 'bytes' })).statusCode).toBe(404)
  })
})
