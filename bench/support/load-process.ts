/**
 * The load: posts webhooks over keep-alive connections with a fixed number in flight. It uses node:http by default: undici is as fast, but
 * its pauses of 15 ms would appear in every measured p99.
 */
import { randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import { createHistogram } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { API_KEY, API_KEY_HEADER, type Delivery, type LoadOrder, type LoadResult } from './load.ts'
import { runProgram } from './program.ts'

/** The wait before a refused delivery is posted again, in milliseconds. */
const REST_MS = 20
/** The time for which one delivery may be refused, in milliseconds: a server that accepts nothing must fail the bench, not hang it. */
const PATIENCE_MS = 60_000

/** Kept between orders, so that a measurement after a warm-up opens no connection. */
const CONNECTIONS = new Agent({ keepAlive: true })
const HEADERS = { 'content-type': 'application/json', [API_KEY_HEADER]: API_KEY }

await runProgram<object, LoadOrder, null>(async () => ({ ready: null, answer: load, close: async () => {} }))

async function load({ url, concurrency, seconds, deliveries, patient, client = 'http' }: LoadOrder): Promise<LoadResult> {
  const send = client === 'fetch' ? byFetch : byHttp
  const target = new URL(url)
  const latency = createHistogram()
  const statuses: Record<string, number> = {}
  const cpuBefore = process.cpuUsage()
  const startedAt = performance.timeOrigin + performance.now()
  const endAt = startedAt + (seconds ?? Number.POSITIVE_INFINITY) * 1_000
  let taken = 0
  const next = (): Delivery | undefined => (deliveries ? deliveries[taken++] : { id: randomUUID(), time: '2026-03-02T09:15:30Z' })
  const lane = async (): Promise<void> => {
    let delivery = next()
    let refusedSince: number | null = null
    while (delivery && performance.timeOrigin + performance.now() < endAt) {
      const sentAt = performance.now()
      const status = await send(target, bodyOf(delivery))
      latency.record(Math.max(1, Math.round((performance.now() - sentAt) * 1_000)))
      statuses[status] = (statuses[status] ?? 0) + 1
      if (status === 200 || !patient) {
        refusedSince = null
        delivery = next()
        continue
      }
      refusedSince ??= sentAt
      if (sentAt - refusedSince > PATIENCE_MS) throw new Error(`${url} takes nothing: ${JSON.stringify(statuses)}`)
      await sleep(REST_MS)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, lane))
  const elapsedMs = performance.timeOrigin + performance.now() - startedAt
  const { user, system } = process.cpuUsage(cpuBefore)
  const accepted = statuses[200] ?? 0
  return {
    startedAt,
    accepted,
    refused: Object.values(statuses).reduce((sum, count) => sum + count, 0) - accepted,
    statuses,
    rate: accepted / (elapsedMs / 1_000),
    p50Ms: latency.percentile(50) / 1_000,
    p99Ms: latency.percentile(99) / 1_000,
    clientCpuUs: (user + system) / Math.max(1, accepted),
  }
}

function bodyOf({ id, time }: Delivery): string {
  return `{"id":"${id}","type":"identity.approved","source":"com.paxos","time":"${time}","object":"event","is_test":false}`
}

/** The status of the answer, or why there was none. */
type Outcome = number | string

function byHttp({ hostname, port, pathname: path }: URL, body: string): Promise<Outcome> {
  const headers = { ...HEADERS, 'content-length': body.length }
  return new Promise((resolve) => {
    const outgoing = request({ hostname, port, path, agent: CONNECTIONS, method: 'POST', headers }, (answer) => {
      answer.resume()
      answer.on('end', () => resolve(answer.statusCode ?? 0))
    })
    outgoing.on('error', (error) => resolve(whyNot(error)))
    outgoing.end(body)
  })
}

async function byFetch(url: URL, body: string): Promise<Outcome> {
  try {
    const answer = await fetch(url, { method: 'POST', headers: HEADERS, body })
    await answer.arrayBuffer()
    return answer.status
  } catch (error) {
    return whyNot(error instanceof Error && error.cause ? error.cause : error)
  }
}

function whyNot(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
