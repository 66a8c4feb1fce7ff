import type { InboxRow } from '../../src/inbox/inbox.ts'

/** A row as accepting leaves it, for an inbox in memory. `at` is the time of the event and of its receipt. Due at once. */
export function acceptedRow({
  seq,
  eventId,
  type = 'identity.approved',
  at,
}: {
  seq: string
  eventId: string
  type?: string
  at: Date
}): InboxRow {
  return {
    seq,
    eventId,
    type,
    occurredAt: at,
    isTest: false,
    origin: 'webhook',
    bodySha256: null,
    receivedAt: at,
    deliveryCount: 1,
    trust: 'hint',
    state: 'accepted',
    outcome: null,
    identityId: null,
    attempts: 0,
    unknownOutcomes: 0,
    strikes: 0,
    generation: 0,
    authority: 'machine',
    dueAt: at,
    errorCode: null,
    errorDetail: null,
    causeStatus: null,
    completedAt: null,
    batch: null,
    streamId: null,
    traceparent: null,
    evidence: null,
    keySlot: null,
  }
}
