import { randomUUID } from 'node:crypto'
import type { Delivery } from './load.ts'
import { type Program, startProgram } from './program.ts'

/** An approval that happened upstream. */
export interface ApprovedEvent {
  id: string
  identityId: string
  /** Milliseconds since 1970. */
  at: number
}

export type UpstreamQuestion = { load: readonly ApprovedEvent[] } | 'counts' | 'restart counts'

/** What the other side of the house has seen since the last restart of the counts. */
export interface UpstreamCounts {
  /** Calls by operation: `events.list`, `accounts.create`. */
  calls: Record<string, number>
  /** Since the events were loaded: accounts, identities with an account, notices and different `webhook-id`s among them. */
  accounts: number
  identitiesWithAccount: number
  notices: number
  noticeKeys: number
}

export interface UpstreamUrls {
  apiUrl: string
  tokenUrl: string
  noticeUrl: string
}

export type Upstream = Program<UpstreamQuestion, UpstreamUrls>

/** The brokerage's API and the application that takes notices, in one light process. `latencyMs`: before each answer of the API. */
export function startUpstream({ latencyMs }: { latencyMs: number }): Promise<Upstream> {
  return startProgram<UpstreamQuestion, UpstreamUrls>('upstream', { latencyMs })
}

/** `count` approvals, one a millisecond, the last one now. */
export function approvals(count: number): ApprovedEvent[] {
  const first = Date.now() - count
  return Array.from({ length: count }, (_, index) => ({ id: randomUUID(), identityId: randomUUID(), at: first + index }))
}

/** As Paxos writes it into a webhook: to the second. */
export function deliveryOf({ id, at }: ApprovedEvent): Delivery {
  return { id, time: `${new Date(at).toISOString().slice(0, 19)}Z` }
}
