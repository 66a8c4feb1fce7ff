import { randomUUID } from 'node:crypto'
import type { Delivery } from './load.ts'
import { type Program, startProgram } from './program.ts'
import type { StubCounts } from './stub-paxos.ts'

/** An approval that happened upstream. */
export interface ApprovedEvent {
  id: string
  identityId: string
  /** Milliseconds since 1970. */
  at: number
}

export type UpstreamQuestion = { load: readonly ApprovedEvent[] } | 'counts' | 'restart counts'

/** What upstream has received. */
export interface UpstreamCounts extends StubCounts {
  /** Since the events were loaded: notifications, and distinct `webhook-id`s among them. */
  notices: number
  noticeKeys: number
}

export interface UpstreamUrls {
  apiUrl: string
  tokenUrl: string
  noticeUrl: string
}

export type Upstream = Program<UpstreamQuestion, UpstreamUrls>

/**
 * The brokerage's API and the application that accepts notifications, in one light process. `latencyMs`: the wait before each answer of the API.
 */
export function startUpstream({ latencyMs }: { latencyMs: number }): Promise<Upstream> {
  return startProgram<UpstreamQuestion, UpstreamUrls>('upstream', { latencyMs })
}

/** Paxos lets one address create ten identities a second (paxos/api.md 1.5), so approvals are this far apart. */
const SPACING_MS = 100
/** The worker's first sweep looks back 1 h; an event that it found would not have arrived by webhook. */
const LAST_WAS_MS_AGO = 3_660_000

/** `count` approvals, evenly spaced, the last one more than an hour ago: a backlog after an outage. */
export function approvals(count: number, { spacingMs = SPACING_MS }: { spacingMs?: number } = {}): ApprovedEvent[] {
  const first = Date.now() - LAST_WAS_MS_AGO - count * spacingMs
  return Array.from({ length: count }, (_, index) => ({ id: randomUUID(), identityId: randomUUID(), at: first + index * spacingMs }))
}

/** As Paxos writes it into a webhook: to the second. */
export function deliveryOf({ id, at }: ApprovedEvent): Delivery {
  return { id, time: `${new Date(at).toISOString().slice(0, 19)}Z` }
}
