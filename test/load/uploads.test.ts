import { randomUUID } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Operator, startOperator, TOKEN } from '../operate/start-operator.ts'
import { reaches } from '../saga/world.ts'
import { person } from '../sandbox/person.ts'

const AT_ONCE = 20
const FILE_BYTES = 99_900_000
const MEGABYTE = 1_000_000
const CHUNK = Buffer.alloc(65_536, 'p')
const HEAD = Buffer.from(
  '--b\r\ncontent-disposition: form-data; name="documentTypes"\r\n\r\nPROOF_OF_FUNDS\r\n' +
    '--b\r\ncontent-disposition: form-data; name="file"; filename="x.pdf"\r\n\r\n',
)
const TAIL = Buffer.from('\r\n--b--\r\n')

let api: Operator
let identityId = ''
beforeAll(async () => {
  api = await startOperator({ concurrency: 1 })
  identityId = (await api.paxos.identities.create({ ...person(), ref_id: randomUUID() })).id
  api.sandbox.engine.decide(api.sandbox.identities.get(identityId)!, 'documents')
  await api.accept(api.sandbox.events.all.findLast(({ type }) => type === 'identity.documents_required')!)
  await reaches(api, identityId, 'documents_required')
})
afterAll(() => api.close())

function* form(bytes: number): Generator<Buffer> {
  const pdf = Buffer.from('%PDF-1.7\n')
  yield HEAD
  yield pdf
  for (let left = bytes - pdf.length; left > 0; left -= CHUNK.length) yield CHUNK.subarray(0, Math.min(left, CHUNK.length))
  yield TAIL
}

async function upload(bytes: number): Promise<number> {
  const headers = {
    ...{ authorization: `Bearer ${TOKEN}`, 'idempotency-key': randomUUID(), 'content-type': 'multipart/form-data; boundary=b' },
    'content-length': HEAD.length + bytes + TAIL.length,
  }
  const request = httpRequest(`${api.url}/v1/onboardings/${identityId}/documents`, { method: 'POST', headers })
  const answered = new Promise<number>((resolve, reject) => {
    request.on('response', (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    request.on('error', reject)
  })
  await pipeline(Readable.from(form(bytes), { objectMode: false }), request)
  return answered
}

it('A42: 20 uploads of 100 MB at once are streamed: memory grows by less than 100 MB, sender and storage in the same process', async () => {
  await Promise.all(Array.from({ length: AT_ONCE }, () => upload(10 * MEGABYTE))) // warm: code, sockets, the first heap
  const before = process.memoryUsage()
  let most = before
  const timer = setInterval(() => {
    const now = process.memoryUsage()
    if (now.rss > most.rss) most = now
  }, 50)
  const startedMs = performance.now()
  const statuses = await Promise.all(Array.from({ length: AT_ONCE }, () => upload(FILE_BYTES)))
  clearInterval(timer)
  const seconds = (performance.now() - startedMs) / 1_000
  const grown = (most.rss - before.rss) / MEGABYTE
  console.log(`${AT_ONCE} uploads of ${FILE_BYTES / MEGABYTE} MB in ${seconds.toFixed(1)} s: memory grew by ${grown.toFixed(1)} MB`)
  expect(statuses).toEqual(Array.from({ length: AT_ONCE }, () => 201))
  expect(grown).toBeLessThan(100)
}, 240_000)
