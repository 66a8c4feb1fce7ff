/** The header that every receiver of the bench checks, and its key. */
export const API_KEY_HEADER = 'x-api-key'
export const API_KEY = 'an-invented-api-key-for-the-bench'

/** The content of a webhook (paxos/api.md 2.2), as far as it differs between events. */
export interface Delivery {
  id: string
  /** RFC 3339, to the second. */
  time: string
}

export const LOAD_CLIENTS = ['http', 'fetch'] as const
export type LoadClient = (typeof LOAD_CLIENTS)[number]

/** An order to the load process: these deliveries once each, or new ones for this many seconds. */
export interface LoadOrder {
  url: string
  concurrency: number
  seconds?: number
  deliveries?: readonly Delivery[]
  /** The client: `http` (node:http, by default) costs a fourth of the CPU time of `fetch`. */
  client?: LoadClient
  /** Posts again every delivery without a 200, as Paxos does, only sooner. */
  patient?: boolean
}

export interface LoadResult {
  /** The start of the first request, in milliseconds since 1970, with fractions. */
  startedAt: number
  /** Requests answered with 200, and all others. */
  accepted: number
  refused: number
  /** How many by status, or by error code when there was no answer. */
  statuses: Record<string, number>
  /** Answers with 200 per second. */
  rate: number
  p50Ms: number
  p99Ms: number
  /** CPU time of an accepted request in the load process, in microseconds. */
  clientCpuUs: number
}
