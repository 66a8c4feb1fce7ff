import fc from 'fast-check'
import { type FuzzRequest, requestsTo, type Target, targetOf } from './fuzz-target.ts'

export interface FuzzAddresses {
  receiverUrl: string
  operatorUrl: string
  /** Null: the simulator is left out. */
  simulatorUrl: string | null
  webhookKey: string
  operatorToken: string
}

export interface FuzzReport {
  requests: number
  /** Answers by target and class of status: `operator 4xx`. */
  answers: Record<string, number>
  /** Faults: a 5xx, a broken connection, or an accepted request that the document forbids. The first 20. */
  faults: { fault: string; request: FuzzRequest }[]
  /** Resident memory of the processes before and after, bytes. */
  memory: { before: number; after: number }
  seconds: number
}

const BATCH = 400
const AT_ONCE = 8
const MOST_FAULTS = 20
/** The budget of Paxos or a lock is used up: the answer names a time to come back. */
const COME_BACK = new Set([503])

/** Sends random requests, made from the OpenAPI documents, to every route. The same seed gives the same requests. */
export async function runFuzz(
  addresses: FuzzAddresses,
  { requests, seed }: { requests: number; seed: number },
  tell: (report: FuzzReport) => void = () => {},
): Promise<FuzzReport> {
  const targets = await openTargets(addresses)
  const startedAt = performance.now()
  const before = await residentBytes(addresses)
  const report: FuzzReport = { requests: 0, answers: {}, faults: [], memory: { before, after: before }, seconds: 0 }
  const arbitrary = fc.oneof(...targets.map(requestsTo))
  for (let round = 0; report.requests < requests && report.faults.length < MOST_FAULTS; round += 1) {
    const batch = fc.sample(arbitrary, { numRuns: Math.min(BATCH, requests - report.requests), seed: seed + round })
    const waiting = [...batch]
    const work = async (): Promise<void> => {
      for (let next = waiting.pop(); next; next = waiting.pop()) await sendOne(next, report)
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    report.seconds = Math.round((performance.now() - startedAt) / 1_000)
    tell(report)
  }
  report.memory.after = await residentBytes(addresses)
  return report
}

async function sendOne(request: FuzzRequest, report: FuzzReport): Promise<void> {
  const { method, url, headers, body, target, mustRefuse } = request
  report.requests += 1
  const note = (fault: string): void => {
    if (report.faults.length < MOST_FAULTS) report.faults.push({ fault, request })
  }
  try {
    const answer = await fetch(url, { method, headers, body, redirect: 'manual', signal: AbortSignal.timeout(20_000) })
    const text = await answer.text()
    const kind = `${target} ${Math.floor(answer.status / 100)}xx`
    report.answers[kind] = (report.answers[kind] ?? 0) + 1
    const comesBack = COME_BACK.has(answer.status) && answer.headers.has('retry-after')
    if (answer.status >= 500 && !comesBack) note(`${answer.status} ${text.slice(0, 300)}`)
    if (answer.ok && mustRefuse) note(`accepted with ${answer.status}, although the document forbids it`)
  } catch (error) {
    note(`no answer: ${error instanceof Error ? `${error.message} ${String(error.cause ?? '')}` : String(error)}`)
  }
}

async function openTargets({ receiverUrl, operatorUrl, simulatorUrl, webhookKey, operatorToken }: FuzzAddresses): Promise<Target[]> {
  const read = async (url: string): Promise<Parameters<typeof targetOf>[0]> =>
    (await (await fetch(url)).json()) as Parameters<typeof targetOf>[0]
  const receiver = targetOf(await read(`${receiverUrl}/openapi.json`), {
    ...{ name: 'receiver', url: receiverUrl, headers: { 'x-api-key': webhookKey } },
  })
  const operator = targetOf(await read(`${operatorUrl}/v1/openapi.json`), {
    ...{ name: 'operator', url: operatorUrl, headers: { authorization: `Bearer ${operatorToken}` } },
  })
  const targets = [receiver, operator, operator] // most routes are the operator's
  return simulatorUrl === null ? targets : [...targets, await simulator(simulatorUrl)]
}

/** The simulated operations by their names: Paxos's document is not ours to ship. Their bodies are any JSON. */
async function simulator(url: string): Promise<Target> {
  const { OPERATIONS } = await import('../../src/sandbox/api/operations.ts')
  const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'sandbox', client_secret: 'sandbox' })
  const { access_token: token = '' } = (await (await fetch(`${url}/oauth2/token`, { method: 'POST', body: form })).json()) as {
    access_token?: string
  }
  const operations = Object.entries(OPERATIONS).map(([name, { below }]) => {
    const [method = '', path = ''] = name.split(' ')
    return { method, path: `${below}${path}`, query: [{ name: 'limit', schema: {} }], body: method === 'GET' ? null : {} }
  })
  return { name: 'simulator', url, headers: { authorization: `Bearer ${token}` }, operations, components: {} }
}

async function residentBytes({ receiverUrl, operatorUrl }: FuzzAddresses): Promise<number> {
  const read = async (url: string): Promise<number> => {
    const text = await (await fetch(`${url}/metrics`)).text()
    return Number(/^process_resident_memory_bytes\S* (\S+)/m.exec(text)?.[1] ?? 0)
  }
  return (await read(receiverUrl)) + (await read(operatorUrl))
}
