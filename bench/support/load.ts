/** The header that every receiver of the bench checks, and the key in it. */
export const API_KEY_HEADER = 'x-api-key'
export const API_KEY = 'an-invented-api-key-for-the-bench'

/** What a webhook says of an event (paxos/api.md 2.2), as far as it differs from one to the next. */
export interface Delivery {
  id: string
  /** RFC 3339, to the second. */
  time: string
}

export const LOAD_CLIENTS = ['http', 'fetch'] as const
export type LoadClient = (typeof LOAD_CLIENTS)[number]

/** What the load process is asked to do: these deliveries once each, or new ones for so many seconds. */
export interface LoadOrder {
  url: string
  concurrency: number
  seconds?: number
  deliveries?: readonly Delivery[]
  /** What it posts with: `http` (node:http, by default) costs the load a fourth of the CPU time of `fetch`. */
  client?: LoadClient
  /** Posts again whatever is not answered with 200, as Paxos would, only sooner. */
  patient?: boolean
}

export interface LoadResult {
  /** Of the first request, milliseconds since 1970, with fractions. */
  startedAt: number
  /** Requests answered with 200, and all others. */
  accepted: number
  refused: number
  /** How many by status, or by the code of the failure that left them without an answer. */
  statuses: Record<string, number>
  /** Answers with 200 per second. */
  rate: number
  p50Ms: number
  p99Ms: number
  /** CPU time of an accepted request in the loading process, microseconds. */
  clientCpuUs: number
}
