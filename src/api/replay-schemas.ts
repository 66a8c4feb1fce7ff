import { z } from 'zod'
import { REPLAY_STATES } from '../operate/use-cases.ts'
import { count, NextCursor, ownId, paxosId, time } from './schema-parts.ts'

const EffectTotals = z
  .strictObject({
    accountsOpened: count,
    accountsAdopted: count.describe('Accounts that exist at Paxos under our key.'),
    accountsLookedUp: count,
    notificationsFirst: count,
    notificationsAgain: count.describe('Notifications sent again under the key of an earlier attempt.'),
    holdsReleased: count,
    ordersPlaced: count,
    ordersCancelled: count,
    depositsMade: count,
    quotesExecuted: count,
    identitiesChanged: count.describe('Corrections, KYC refreshes and controls.'),
    instructionsCreated: count.describe('Requests for fiat deposit instructions.'),
    wiresSent: count.describe('Wires of the Sandbox.'),
    membersChanged: count.describe('Changes of the members of institutions.'),
    customers: count.describe('Customers with at least one effect.'),
    eventsWithoutEffect: count,
  })
  .describe('The effects of the plan, counted by idempotency key.')

const replayFields = {
  id: ownId,
  state: z.enum(REPLAY_STATES).describe('planning: Gatehouse makes the plan. awaiting_second: a second person must approve it.'),
  filter: z.looseObject({}).describe('The filter of the plan.'),
  planHash: z.string().nullable().describe('SHA-256 of the plan; null while Gatehouse makes it.'),
  plannedBy: z.string(),
  plannedAt: time,
  approvedBy: z.string().nullable(),
  reason: z.string().nullable(),
  approvedAt: time.nullable(),
  needsSecond: z.boolean().describe('True: two people must approve.'),
  secondBy: z.string().nullable(),
  secondReason: z.string().nullable(),
  finishedAt: time.nullable(),
  expiresAt: time.nullable().describe('When the plan expires. An expired plan cannot be approved.'),
  expired: z.boolean(),
  chosen: z.boolean().describe('False while Gatehouse still selects events: events counts those selected so far.'),
  events: count.describe('Number of events; GET /v1/replays/{id}/items lists them.'),
  plannedItems: count.describe('Number of events for which the plan states the outcome of a run.'),
  matched: count
    .nullable()
    .describe('Number of events that match the filter if the limit took fewer; 100001: more than 100000. Null: every match is an item.'),
  effects: EffectTotals.nullable().describe('Null while Gatehouse makes the plan.'),
  stage: count.describe('The number of the open stage. The stages have 1, 2, 5, 20 and 50 customers, then the rest. 0: none yet.'),
  note: z.string().nullable().describe('What the replay waits for, or who paused, cancelled or discarded it.'),
}
const ReplayLine = z.strictObject(replayFields)
const ReplayItem = z.strictObject({
  seq: z.string(),
  eventId: paxosId,
  type: z.string(),
  identityId: paxosId.nullable(),
  verdict: z.string().describe('The outcome of a replay now; planning: not known yet.'),
  detail: z.string(),
  result: z.string().nullable().describe('reopened during the run, then its result; null before the run opens the event.'),
  eventState: z.string(),
  errorCode: z.string().nullable().describe('The error code at the end of the run.'),
  difference: z.string().nullable().describe('How the run differs from the plan, and why; null: no difference.'),
})
const Replay = z.strictObject({
  ...replayFields,
  items: z.array(ReplayItem).describe('The first 10000 items.'),
  counts: z.record(z.string(), count).describe('Items by verdict.'),
  results: z.record(z.string(), count).describe('Items that have ended, by result.'),
  progress: z.strictObject({
    waiting: count.describe('Items that the run has not opened yet.'),
    waitingUnfinished: count.describe('Of these, events that were unfinished before the run.'),
    running: count,
    ended: count,
    skipped: count.describe('Items that the run left out: blocked, changed since the plan, without anything to do, or cancelled.'),
  }),
  compared: z
    .strictObject({ asPlanned: count, explained: count, unexplained: count })
    .describe('The ended events compared with the plan. The goal is 0 unexplained.'),
  changedSince: count
    .nullable()
    .describe('Items that have changed since the plan and would be left out; null: the replay has run, or has more than 10000 items.'),
  newSince: count.nullable().describe('Failures of the same filter after the plan; 1001: more than 1000. Null: no longer counted.'),
  upstream: z
    .strictObject({ lockedForSeconds: count.nullable(), etaSeconds: count.nullable() })
    .describe(
      "lockedForSeconds: seconds until Paxos may be called again after a 429, 0 if not locked out. etaSeconds: estimated seconds to finish this replay within Paxos's rate limits, current backlog included; 0: nothing is left. Null: not known now.",
    ),
})

/** Plans of replays and their runs. */
export const REPLAY_SCHEMAS = {
  Replay,
  ReplayPage: z.strictObject({ items: z.array(ReplayLine), nextCursor: NextCursor }),
  ReplayItemPage: z.strictObject({ items: z.array(ReplayItem), nextCursor: NextCursor }),
}
