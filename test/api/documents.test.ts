import { createHash, randomUUID } from 'node:crypto'
import { createServer, request as httpRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { verifyLedger } from '../../src/ledger/verify-ledger.ts'
import { UPLOAD_LEASE_MS } from '../../src/operate/documents/upload-document.ts'
import { type Operator, startOperator, TOKEN } from '../operate/start-operator.ts'
import { eventually, reaches } from '../saga/world.ts'
import { person } from '../sandbox/person.ts'

let api: Operator
beforeAll(async () => {
  api = await startOperator({ concurrency: 2 })
})
afterAll(() => api.close())

const PDF = Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(300_000, 'p')])
const UPLOAD = 'PUT /uploads/{id}'

/** A customer of whom Paxos wants a proof of funds. */
async function customer(): Promise<string> {
  const identity = await api.paxos.identities.create({ ...person(), ref_id: randomUUID() })
  const identityId = identity.id
  const known = api.sandbox.identities.get(identityId)
  if (!known) throw new Error('the simulator made no identity')
  api.sandbox.engine.decide(known, 'documents')
  const event = api.sandbox.events.all.findLast((each) => each.identityId === identityId && each.type === 'identity.documents_required')
  await api.accept(event!)
  await reaches(api, identityId, 'documents_required')
  return identityId
}

interface Sent {
  key?: string
  file?: Buffer | null
  name?: string
  types?: readonly string[]
  fields?: Record<string, string>
  fileFirst?: boolean
  token?: string
}

async function send(identityId: string, { key = randomUUID(), file = PDF, name = 'ada-moreno-passport.pdf', ...more }: Sent = {}) {
  const { types = ['PROOF_OF_FUNDS'], fields = {}, fileFirst = false, token = TOKEN } = more
  const form = new FormData()
  const addFile = (): void => {
    if (file) form.append('file', new Blob([new Uint8Array(file)]), name)
  }
  if (fileFirst) addFile()
  for (const type of types) form.append('documentTypes', type)
  for (const [field, value] of Object.entries(fields)) form.append(field, value)
  if (!fileFirst) addFile()
  const response = await fetch(`${api.url}/v1/onboardings/${identityId}/documents`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'idempotency-key': key, 'x-operator': 'ada' },
    body: form,
  })
  // biome-ignore lint/suspicious/noExplicitAny: an answer of unknown shape; the tests say what they expect of it
  return { status: response.status, body: (await response.json()) as any }
}

const list = async (identityId: string) => (await api.call('GET', `/v1/onboardings/${identityId}/documents`)).body
const atSimulator = (identityId: string) => api.sandbox.identities.get(identityId)?.documents ?? []

describe('a document that Paxos wants', () => {
  it('is streamed to Paxos once per key, and listed with what is still wanted', async () => {
    const identityId = await customer()
    const wanted = (await list(identityId)).wanted as string[]
    expect(wanted).toContain('PROOF_OF_FUNDS')
    const first = await send(identityId, { key: 'doc-1' })
    expect(first).toMatchObject({ status: 201, body: { state: 'uploaded', fileType: 'pdf', bytes: PDF.length, identityId } })
    expect(await send(identityId, { key: 'doc-1' })).toMatchObject({ status: 200, body: { id: first.body.id } })
    expect(atSimulator(identityId)).toHaveLength(1)
    const after = await list(identityId)
    expect(after).toMatchObject({ uploads: [{ state: 'uploaded' }], atPaxos: [{ fileId: first.body.fileId }] })
    expect(after.wanted).toEqual(wanted.filter((type) => type !== 'PROOF_OF_FUNDS'))
  })

  it('refuses the same key with another file, type or customer, and names the field', async () => {
    const [one, other] = [await customer(), await customer()]
    await send(one, { key: 'doc-2' })
    const changed = [
      await send(one, { key: 'doc-2', file: Buffer.concat([PDF, Buffer.from('x')]) }),
      await send(one, { key: 'doc-2', types: ['PROOF_OF_RESIDENCY'] }),
      await send(other, { key: 'doc-2' }),
    ]
    expect(changed.map(({ status, body }) => [status, body.code, body.errors.map(({ field }: { field: string }) => field)])).toEqual([
      [422, 'IDEMPOTENCY_KEY_REUSED', ['file']],
      [422, 'IDEMPOTENCY_KEY_REUSED', ['documentTypes']],
      [422, 'IDEMPOTENCY_KEY_REUSED', ['id']],
    ])
    expect([...atSimulator(one), ...atSimulator(other)]).toHaveLength(1)
  })

  it('keeps neither its name nor a word of it: not in the database, and not at Paxos', async () => {
    const identityId = await customer()
    await send(identityId, { name: 'secret-surname.pdf', file: Buffer.from('%PDF-1.7 secret-content') })
    expect(atSimulator(identityId)[0]?.name).toMatch(/^PROOF_OF_FUNDS-[0-9a-f]{32}-1\.pdf$/)
    const { rows: tables } = await api.pool.query<{ name: string }>(
      `SELECT quote_ident(table_name) AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
    )
    const plain = createHash('sha256').update('%PDF-1.7 secret-content').digest('hex')
    for (const { name } of tables) {
      const { rows } = await api.pool.query(`SELECT 1 FROM ${name} AS t WHERE t::text ~ $1`, [`secret-(surname|content)|${plain}`])
      expect({ name, found: rows.length }).toEqual({ name, found: 0 })
    }
    expect(await verifyLedger(api.pool)).toMatchObject({ faults: [] })
  })

  it('A42: checks the login before it reads a byte', async () => {
    const identityId = await customer()
    expect(await send(identityId, { token: 'wrong' })).toMatchObject({ status: 401, body: { code: 'TOKEN_REFUSED' } })
    expect(atSimulator(identityId)).toHaveLength(0)
  })
})

describe('A41: each class of failure', () => {
  it('A42: refuses a renamed .exe by its first bytes, and says what it is', async () => {
    const identityId = await customer()
    const sent = await send(identityId, { file: Buffer.from('MZ\x90\x00 this is a program'), name: 'passport.pdf' })
    expect(sent).toMatchObject({ status: 415, body: { code: 'DOCUMENT_FORMAT_UNSUPPORTED' } })
    expect(sent.body.detail).toContain('this one is a Windows program')
    expect(atSimulator(identityId)).toHaveLength(0)
  })

  it('A40: refuses a file of 101 MB with the limit, before anything is sent', async () => {
    const identityId = await customer()
    const sent = await send(identityId, { file: Buffer.concat([PDF, Buffer.alloc(101_000_000 - PDF.length)]) })
    expect(sent).toMatchObject({ status: 413, body: { code: 'DOCUMENT_TOO_LARGE' } })
    expect(sent.body.detail).toContain('less than 100 MB')
    expect(atSimulator(identityId)).toHaveLength(0)
  }, 30_000)

  it('names an empty file, a missing file, a missing type and a wrong type, all at once', async () => {
    const identityId = await customer()
    expect(await send(identityId, { file: Buffer.alloc(0) })).toMatchObject({ status: 400, body: { code: 'DOCUMENT_EMPTY' } })
    const sent = await send(identityId, { file: null, types: ['PASSPORT'], fields: { nickname: 'x' } })
    expect(sent).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } })
    expect(sent.body.errors.map(({ field }: { field: string }) => field).sort()).toEqual(['documentTypes.0', 'file', 'nickname'])
  })

  it('takes a short file that comes before its type, and says of a long one that it must come last', async () => {
    const identityId = await customer()
    expect(await send(identityId, { file: PDF.subarray(0, 1_000), fileFirst: true })).toMatchObject({ status: 201 })
    const long = await send(identityId, { fileFirst: true })
    expect(long).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } })
    expect(long.body.detail).toContain('send it before file')
  })

  it('answers that the customer is unknown', async () => {
    expect(await send(randomUUID())).toMatchObject({ status: 404, body: { code: 'ONBOARDING_UNKNOWN' } })
  })

  it.each([
    [403, 503, 'DOCUMENT_ADDRESS_EXPIRED', 'document-address-expired'],
    [400, 502, 'DOCUMENT_STORAGE_REFUSED', 'document-storage-refused'],
    [500, 503, 'DOCUMENT_STORAGE_UNAVAILABLE', 'document-storage-unavailable'],
  ])('says what an answer of %i by the storage means, and sends again under the same key', async (status, answered, code, reason) => {
    const identityId = await customer()
    const key = randomUUID()
    api.sandbox.faults.arm({ on: UPLOAD, do: 'answer', status, next: 1 })
    expect(await send(identityId, { key })).toMatchObject({ status: answered, body: { code } })
    expect((await list(identityId)).uploads).toMatchObject([{ state: 'failed', reason }])
    expect(await send(identityId, { key })).toMatchObject({ status: 201, body: { state: 'uploaded' } })
    expect(atSimulator(identityId).filter(({ uploaded }) => uploaded)).toHaveLength(1)
  })

  it('finds the file at Paxos when the answer of the storage was lost', async () => {
    const identityId = await customer()
    api.sandbox.faults.arm({ on: UPLOAD, do: 'act-then-drop', next: 1 })
    expect(await send(identityId)).toMatchObject({ status: 201, body: { state: 'uploaded' } })
    expect(atSimulator(identityId)).toHaveLength(1)
  })

  it('announces the file under a new name after the answer to the announcement was lost', async () => {
    const identityId = await customer()
    const key = randomUUID()
    api.sandbox.faults.arm({ on: 'PUT /identity/identities/{identity_id}/documents', do: 'act-then-drop', next: 1 })
    expect(await send(identityId, { key })).toMatchObject({ status: 503, body: { code: 'PAXOS_OUTCOME_UNKNOWN' } })
    expect(await send(identityId, { key })).toMatchObject({ status: 201 })
    expect(atSimulator(identityId).map(({ uploaded }) => uploaded)).toEqual([false, true])
  })

  it('records that an upload broke off midway, and takes it again under the same key', async () => {
    const identityId = await customer()
    const key = randomUUID()
    await breakOff(identityId, key)
    await eventually(
      () => list(identityId),
      ({ uploads }) => uploads[0]?.state === 'failed',
    )
    expect((await list(identityId)).uploads).toMatchObject([{ reason: 'upload-broke-off' }])
    expect(await send(identityId, { key })).toMatchObject({ status: 201 })
    expect(atSimulator(identityId).filter(({ uploaded }) => uploaded)).toHaveLength(1)
  })
})

/** Sends half of a form and closes the connection. */
async function breakOff(identityId: string, key: string): Promise<void> {
  const head =
    '--b\r\ncontent-disposition: form-data; name="documentTypes"\r\n\r\nPROOF_OF_FUNDS\r\n' +
    '--b\r\ncontent-disposition: form-data; name="file"; filename="x.pdf"\r\n\r\n'
  const headers = {
    ...{ authorization: `Bearer ${TOKEN}`, 'idempotency-key': key, 'content-type': 'multipart/form-data; boundary=b' },
    'content-length': '5000000',
  }
  await new Promise<void>((resolve) => {
    const request = httpRequest(`${api.url}/v1/onboardings/${identityId}/documents`, { method: 'POST', headers })
    request.on('error', () => resolve())
    request.write(Buffer.concat([Buffer.from(head), PDF]), () => setTimeout(() => request.destroy(), 200))
    request.on('close', () => resolve())
  })
}

describe('the upload address that Paxos gives', () => {
  it('gets the bytes with their length and type, and neither our token nor a cookie', async () => {
    const identityId = await customer()
    const seen: { headers: Record<string, unknown>; bytes: number }[] = []
    const storage = createServer((request, response) => {
      let bytes = 0
      request.on('data', (chunk: Buffer) => {
        bytes += chunk.length
      })
      request.on('end', () => {
        seen.push({ headers: request.headers, bytes })
        response.end()
      })
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => storage.once('listening', resolve))
    const { port } = storage.address() as { port: number } // it listens on TCP
    const announce = api.paxos.documents.announce
    api.paxos.documents.announce = async (...asked) => ({ ...(await announce(...asked)), uploadUrl: `http://127.0.0.1:${port}/put?sig=1` })
    try {
      expect(await send(identityId)).toMatchObject({ status: 201 })
    } finally {
      api.paxos.documents.announce = announce
      storage.close()
    }
    expect(seen).toMatchObject([
      { bytes: PDF.length, headers: { 'content-length': String(PDF.length), 'content-type': 'application/pdf' } },
    ])
    expect(Object.keys(seen[0]?.headers ?? {})).not.toEqual(expect.arrayContaining(['authorization']))
    expect(JSON.stringify(seen[0]?.headers)).not.toContain('Bearer')
  })

  it.each([
    ['http://169.254.169.254/latest/meta-data', 'ADDRESS_NOT_ALLOWED'],
    ['file:///etc/passwd', 'DOCUMENT_ADDRESS_REFUSED'],
    ['http://user:secret@127.0.0.1/', 'DOCUMENT_ADDRESS_REFUSED'],
  ])('is not used where it is %s', async (uploadUrl, code) => {
    const identityId = await customer()
    const announce = api.paxos.documents.announce
    api.paxos.documents.announce = async (...asked) => ({ ...(await announce(...asked)), uploadUrl })
    try {
      const sent = await send(identityId)
      expect(sent.body).toMatchObject({ code })
      expect(sent.body.detail).not.toContain('secret')
    } finally {
      api.paxos.documents.announce = announce
    }
  })
})

describe('an upload whose process has died', () => {
  it('says how long to wait, and after that takes the file again', async () => {
    const identityId = await customer()
    const key = randomUUID()
    const upload = api.paxos.documents.upload
    let stuck = (): void => undefined
    api.paxos.documents.upload = async (_url, { body }) => {
      body.resume()
      await new Promise<void>((resolve) => {
        stuck = resolve
      })
      throw new Error('killed')
    }
    const first = send(identityId, { key })
    await eventually(
      () => list(identityId),
      ({ uploads }) => uploads[0]?.state === 'sending',
    )
    api.paxos.documents.upload = upload
    expect(await send(identityId, { key })).toMatchObject({ status: 409, body: { code: 'DOCUMENT_IN_PROGRESS' } })
    api.advanceClock(UPLOAD_LEASE_MS + 1_000)
    expect(await send(identityId, { key })).toMatchObject({ status: 201, body: { state: 'uploaded' } })
    stuck()
    expect((await first).status).toBeGreaterThanOrEqual(500)
    expect((await list(identityId)).uploads).toMatchObject([{ state: 'uploaded' }])
    expect(atSimulator(identityId).filter(({ uploaded }) => uploaded)).toHaveLength(1)
  })
})
