import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { request } from 'undici'
import { onTestFinished } from 'vitest'

/** One call as it went over the wire. */
export interface RecordedCall {
  method: string
  /** Without `/v2`, with its query. */
  path: string
  /** Undefined: the request had none. */
  body: unknown
  status: number
  answer: unknown
}

/** Stands between a client and an API at `origin`, passes everything on as it is, and keeps what it saw. Closed with the test. */
export async function startRecordingProxy(origin: string): Promise<{ apiUrl: string; tokenUrl: string; calls: RecordedCall[] }> {
  const calls: RecordedCall[] = []
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const { method = '', url = '/', headers } = incoming
    const body = Buffer.concat(chunks)
    const { host: _host, connection: _connection, ...passed } = headers
    const answer = await request(`${origin}${url}`, { method: method as 'GET', headers: passed, body: body.length > 0 ? body : null })
    const text = await answer.body.text()
    const { 'transfer-encoding': _encoding, 'content-length': _length, connection: _kept, ...told } = answer.headers
    outgoing.writeHead(answer.statusCode, told as Record<string, string>).end(text)
    if (!url.startsWith('/v2/')) return
    const isJson = String(headers['content-type'] ?? '').includes('json')
    const sent: unknown = isJson && body.length > 0 ? JSON.parse(body.toString()) : undefined
    calls.push({
      method,
      path: url.slice('/v2'.length),
      body: sent,
      status: answer.statusCode,
      answer: text === '' ? {} : JSON.parse(text),
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const own = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { apiUrl: `${own}/v2`, tokenUrl: `${own}/oauth2/token`, calls }
}
