import { z } from 'zod'
import { ACTOR_KINDS } from '../domain/actor.ts'
import { EVENT_ORIGINS, EVENT_STATES } from '../domain/event-state.ts'
import { ONBOARDING_STATES } from '../domain/onboarding/onboarding.ts'
import { FOUND_KINDS } from '../operate/find.ts'
import { ISSUE_STATES } from '../operate/issue-input.ts'
import { PROBLEM_KINDS } from '../operate/problem.ts'
import { PROOF_CHECKS } from '../operate/prove.ts'
import { REPLAY_STATES } from '../operate/use-cases.ts'
import { NEXT_ACTIONS } from '../operate/waiting.ts'
import { Notification } from './notification-schema.ts'
import { TRADING_SCHEMAS } from './trading-schemas.ts'

/** What the operator API answers, as JSON: the source of its OpenAPI document, and what its tests hold answers against. */

const time = z.iso.datetime()
/** Issued by Paxos: opaque. */
const paxosId = z.string().min(1).max(200)
const ownId = z.guid()
const State = z.enum(ONBOARDING_STATES)
const Waiting = z
  .strictObject({
    reason: z.string().describe('What keeps it.'),
    nextAction: z.enum(NEXT_ACTIONS).describe('Who must do something next; none: no person, it goes on by itself.'),
    at: time.nullable().describe('When Gatehouse tries next; null: it does not, or at no time that is known.'),
  })
  .nullable()
  .describe('Why it is not moving, and when or by whom it will; null once it has arrived.')
const WaitingFor = z.string().nullable().describe('The same as waiting, as one text for people.')
const count = z.int().min(0)
const NextCursor = z.string().nullable().describe('Send it as cursor, with the same filters, for the next page; null on the last one.')

const Effect = z.strictObject({
  step: z.string(),
  kind: z.string().describe('create-account, send-notification: what kind of effect it is.'),
  name: z.string().nullable().describe("Which of its kind: the notification's name; null where there is only one."),
  number: z.int().min(1).describe('The how-manieth of its kind and name.'),
  key: z.string().describe('The idempotency key towards the other side, the same for every attempt.'),
  state: z.enum(['intended', 'done', 'suppressed', 'refused']),
  attempts: count,
  leaseUntil: time.nullable(),
  receipt: z.looseObject({ kind: z.string() }).nullable(),
  errorCode: z.string().nullable(),
  intendedAt: time,
  completedAt: time.nullable(),
})

const Attempt = z.strictObject({
  step: z.string(),
  attemptNo: z.int().min(1),
  at: time,
  operation: z.string().nullable().describe('Such as accounts.create.'),
  status: z.int().nullable().describe('The HTTP status; null where there was no answer, or none is known.'),
  code: z.string().nullable().describe('The error code; null: it succeeded.'),
  problemType: z.string().nullable(),
  detail: z.string().nullable().describe("Known words of the other side's answer; they name no person."),
  durationMs: count,
})
const EffectAttempts = z.array(Attempt).describe('Every attempt of the effects, oldest first; the newest 500.')

const StatusDetails = z
  .strictObject({
    requirements: z.array(
      z.strictObject({
        type: z.string(),
        status: z.string(),
        codes: z.array(z.string()),
        awaiting: z.string().nullable().describe('Who must act: CLIENT or PAXOS; null: Paxos does not say.'),
      }),
    ),
    controls: z.array(
      z.strictObject({ id: z.string().nullable(), type: z.string(), setBy: z.string().nullable(), reasonCode: z.string().nullable() }),
    ),
  })
  .nullable()
  .describe("Why Paxos has this status, in Paxos's codes, which may grow. Not for customers. Null: nothing is outstanding.")

const onboardingFields = {
  id: paxosId.describe("The identity's id at Paxos; the same as identityId."),
  identityId: paxosId,
  refId: z.string().nullable(),
  origin: z.enum(['created', 'adopted']),
  state: State,
  heldFrom: State.nullable(),
  heldReason: z.string().nullable(),
  identityStatus: z.string().nullable().describe("Paxos's status as last confirmed."),
  statusDetails: StatusDetails,
  outstanding: z.array(z.string()).describe('A sentence for the operator on each of the above: what it is, who must act, what is wanted.'),
  customerMessage: z.string().nullable().describe('A neutral sentence for the customer, without codes; null: there is nothing to say.'),
  requiredDocuments: z.array(z.string()),
  accountId: paxosId.nullable(),
  profileId: paxosId.nullable(),
  entryCount: count,
  createdAt: time,
  updatedAt: time,
  approvedAt: time.nullable(),
  readyAt: time.nullable(),
  effects: z.array(Effect),
  waiting: Waiting,
  waitingFor: WaitingFor,
}
const Onboarding = z.strictObject(onboardingFields)

const eventFields = {
  eventId: paxosId,
  type: z.string(),
  state: z.enum(EVENT_STATES),
  identityId: paxosId.nullable().describe('Known once the event was read back from Paxos.'),
  occurredAt: time,
  receivedAt: time,
  deliveryCount: count,
  isTest: z.boolean(),
  origin: z.enum(EVENT_ORIGINS),
  trust: z.enum(['hint', 'confirmed']),
  outcome: z.string().nullable(),
  attempts: count,
  strikes: count,
  generation: count.describe('How often it was replayed.'),
  dueAt: time,
  errorCode: z.string().nullable(),
  errorDetail: z.string().nullable(),
  completedAt: time.nullable(),
  bodySha256: z.string().nullable(),
  nextAttemptBy: time.nullable(),
  waiting: Waiting,
  waitingFor: WaitingFor,
  dismissal: z.strictObject({ by: z.string(), reason: z.string(), at: time }).nullable().describe('Who dismissed it, when and why.'),
  keySlot: z
    .string()
    .nullable()
    .describe('Which webhook key brought it: authenticator and fingerprint, never the key. Null: no webhook brought it.'),
  streamId: z.string().nullable().describe('The order, deposit or request that a command or timer is about.'),
  refusal: Attempt.nullable().describe('Of EFFECT_REFUSED: the attempt that the other side refused; null where it is not known.'),
}
const Event = z.strictObject(eventFields)
const EventStory = z.strictObject({ ...eventFields, effectAttempts: EffectAttempts })

const Entry = z.strictObject({ entryNo: count, at: time, kind: z.string(), actor: z.string(), data: z.unknown(), hash: z.string() })
const TimelineLine = z.strictObject({
  at: time,
  source: z.enum(['ledger', 'inbox']),
  sentence: z.string(),
  kind: z.string(),
  actor: z.string(),
  data: z.unknown(),
})
const OnboardingStory = z.strictObject({
  ...onboardingFields,
  entries: z.array(Entry).describe('The ledger of this identity.'),
  events: z.array(Event),
  timeline: z.array(TimelineLine).describe('Ledger and events as one story, in time.'),
  effectAttempts: EffectAttempts,
})

const EffectTotals = z
  .strictObject({
    accountsOpened: count,
    accountsAdopted: count.describe('Accounts that Paxos has already under our key.'),
    accountsLookedUp: count,
    notificationsFirst: count,
    notificationsAgain: count.describe('Sent again under the key of an earlier attempt.'),
    holdsReleased: count,
    ordersPlaced: count,
    ordersCancelled: count,
    depositsMade: count,
    quotesExecuted: count,
    instructionsCreated: count.describe('Requests for fiat deposit instructions.'),
    customers: count.describe('Customers with at least one effect.'),
    eventsWithoutEffect: count,
  })
  .describe('What the plan brings about, counted by idempotency key.')

const replayFields = {
  id: ownId,
  state: z.enum(REPLAY_STATES).describe('planning: the plan is being made. awaiting_second: a second person must approve it.'),
  filter: z.looseObject({}).describe('What was asked for.'),
  planHash: z.string().nullable().describe('SHA-256 over the plan; null while it is made.'),
  plannedBy: z.string(),
  plannedAt: time,
  approvedBy: z.string().nullable(),
  reason: z.string().nullable(),
  approvedAt: time.nullable(),
  needsSecond: z.boolean().describe('Whether two people must agree.'),
  secondBy: z.string().nullable(),
  secondReason: z.string().nullable(),
  finishedAt: time.nullable(),
  expiresAt: time.nullable().describe('After that the plan cannot be approved.'),
  expired: z.boolean(),
  chosen: z.boolean().describe('Whether all its events are chosen; while planning, false: events are those chosen so far.'),
  events: count.describe('How many events it has; GET /v1/replays/{id}/items lists them.'),
  plannedItems: count.describe('For how many of them the plan says what a run would do.'),
  matched: count
    .nullable()
    .describe('How many events match the filter, where its limit took fewer; 100001: more than 100000. Null: all that match are items.'),
  effects: EffectTotals.nullable().describe('Null while the plan is made.'),
  stage: count.describe('The stage that is open: 1, 2, 5, 20 and 50 customers, then the rest. 0: none yet.'),
  note: z.string().nullable().describe('What it waits for, or who paused, cancelled or discarded it.'),
}
const ReplayLine = z.strictObject(replayFields)
const ReplayItem = z.strictObject({
  seq: z.string(),
  eventId: paxosId,
  type: z.string(),
  identityId: paxosId.nullable(),
  verdict: z.string().describe('What a replay would do now; planning: not known yet.'),
  detail: z.string(),
  result: z.string().nullable().describe('reopened while it is worked on, then what running it led to; null until it is opened.'),
  eventState: z.string(),
  errorCode: z.string().nullable().describe('The error with which it ended.'),
  difference: z.string().nullable().describe('How the run differs from the plan, and why; null: it does not.'),
})
const Replay = z.strictObject({
  ...replayFields,
  items: z.array(ReplayItem).describe('The first 10000.'),
  counts: z.record(z.string(), count).describe('Items by verdict.'),
  results: z.record(z.string(), count).describe('Items by result: of what has ended.'),
  progress: z.strictObject({
    waiting: count.describe('Still to be opened.'),
    waitingUnfinished: count.describe('Of these, events that are unfinished already.'),
    running: count,
    ended: count,
    skipped: count.describe('Left alone: blocked, changed since the plan, nothing to do, or cancelled.'),
  }),
  compared: z
    .strictObject({ asPlanned: count, explained: count, unexplained: count })
    .describe('How the events that have ended compare with the plan. The goal is 0 unexplained.'),
  changedSince: count
    .nullable()
    .describe('Items that have changed since the plan and would be skipped; null: it was run, or has more than 10000 items.'),
  newSince: count
    .nullable()
    .describe('Failures of the same filter that came after the plan; 1001: more than 1000. Null: not looked for any more.'),
  upstream: z
    .strictObject({ lockedForSeconds: count.nullable(), etaSeconds: count.nullable() })
    .describe(
      "lockedForSeconds: seconds until Paxos may be called again after a 429, 0 if not locked out. etaSeconds: estimated seconds to finish this replay within Paxos's rate limits, current backlog included; 0: nothing is left. Null: not known now.",
    ),
})

const Stats = z.strictObject({
  inbox: z.strictObject({
    accepted: count,
    processed: count,
    parked: count,
    dead: count,
    test: count,
    dismissed: count,
    duplicates: count,
  }),
  onboardings: z.strictObject({
    pending: count,
    documents_required: count,
    approved: count,
    ready: count,
    denied: count,
    disabled: count,
    frozen: count,
    held: count,
  }),
  notices: z
    .strictObject({ sent: count, suppressed: count, failed: count, pending: count })
    .describe('failed: the last answer was a refusal, from the first on; pending: on their way otherwise.'),
  oldestUnfinishedSeconds: count.nullable(),
  lastWebhookAt: time.nullable(),
  canary: z
    .strictObject({ seenAt: time.nullable(), sinceSeenSeconds: count.nullable(), waitingSeconds: count.nullable() })
    .describe('The job that goes through the queue every few seconds: when a worker last took one, and for how long one waits untaken.'),
  upstream: z
    .strictObject({ lockedForSeconds: count.nullable(), backlogSeconds: count.nullable() })
    .describe(
      'For how long nobody calls Paxos since it answered 429 (0: not at all), and an estimate of how long the unfinished events take within its limits, as if each opened an account. Null: not known now; the estimate also while something else keeps them: the queue is paused, no worker runs, Paxos or the application is down.',
    ),
})

const Problem = z.strictObject({
  kind: z.enum(PROBLEM_KINDS),
  severity: z.enum(['fault', 'warning']),
  sentence: z.string().describe('What is wrong, with its cause.'),
  since: time.nullable().describe('Null where it is not known.'),
  customers: count.nullable().describe('Customers that it is known to keep; null where that cannot be said.'),
  nextAction: z.string(),
  page: z.string().nullable().describe('The page of this server that shows what is meant.'),
  command: z.string().nullable(),
})
const Home = z.strictObject({
  at: time.describe('When all of it was looked at.'),
  problems: z.array(Problem).describe('Worst first; empty: nothing is wrong.'),
  flow: z
    .strictObject({
      since: time,
      received: count,
      confirmed: count,
      toReady: z
        .strictObject({ p50: z.number(), p95: z.number(), p99: z.number(), customers: count })
        .nullable()
        .describe('Seconds from receiving the deciding event until the application was told; null: no customer was made ready.'),
      opened: count,
      approved: count,
      withAccount: count,
      ready: count,
    })
    .describe(
      'Of the last 24 hours: events received and confirmed (the newest 20000), and how far the customers have come that were opened.',
    ),
})

const QueueCounts = z.strictObject({ waiting: count, active: count, delayed: count, paused: z.boolean() })
const QueueStatus = z.strictObject({
  queue: QueueCounts.describe('Jobs by state; events that arrived together share one.'),
  pause: z
    .strictObject({ by: z.string().nullable(), at: time.nullable(), reason: z.string().nullable() })
    .nullable()
    .describe('Who paused the queue, when and why; null while it is not paused. All null: it was paused with other tools.'),
  inbox: Stats.shape.inbox,
  upstream: Stats.shape.upstream,
  problems: z.array(Problem).describe("What keeps the backlog beside Paxos's limits, worst first."),
})
const QueueRebuild = z.strictObject({
  before: QueueCounts,
  unfinished: count.describe('Unfinished events in the inbox.'),
  requeued: count.describe('Events put on the queue now; the others wait for their next attempt.'),
  jobs: count,
  after: QueueCounts,
})

const AuditEntry = z.strictObject({
  entryNo: count,
  at: time,
  operator: z.string().describe('The name of who acted.'),
  actorKind: z
    .enum(ACTOR_KINDS)
    .nullable()
    .describe(
      'A person (operator), a program that named no person (api), or Gatehouse itself; null for entries that are older than this field.',
    ),
  action: z.string(),
  target: z.string(),
  reason: z.string().nullable(),
  data: z.looseObject({}),
  hash: z.string(),
})

const ProblemDocument = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string().describe('Stable; docs/errors.md explains each.'),
  errors: z
    .array(
      z.strictObject({
        field: z.string(),
        message: z.string(),
        suggestion: z.string().optional().describe('How the value could be written: the value in ASCII letters.'),
      }),
    )
    .optional(),
})

const Command = z.strictObject({
  id: ownId,
  kind: z.string().describe('What was asked for: create-onboarding.'),
  state: z
    .enum(['running', 'done', 'failed'])
    .describe('failed: Paxos refused it; send the request again under its key once the cause is mended.'),
  outcome: z.string().nullable(),
  errorCode: z.string().nullable().describe('The code of the last failure (docs/errors.md).'),
  createdAt: time,
  link: z.string().describe('Where to ask again.'),
})

const issueFields = {
  id: z.string().describe('The same for the same cause.'),
  state: z.enum(ISSUE_STATES),
  reopened: z.boolean().describe('It was resolved, and has failed since.'),
  code: z.string().describe('The code of the failure (docs/errors.md); of EFFECT_REFUSED, that of the refusal.'),
  effectKind: z.string().nullable().describe('Such as create-account; null: it failed before an effect was tried.'),
  operation: z.string().nullable().describe('Such as accounts.create.'),
  status: z.int().nullable().describe('The HTTP status; null where there was no answer, or none is known.'),
  problemType: z.string().nullable(),
  parked: count,
  dead: count,
  unfinished: count.describe('Events that failed so and are tried again.'),
  customers: count,
  atLeast: z.boolean().describe('There are more than the newest 10000, which were counted.'),
  firstSeenAt: time,
  lastSeenAt: time.nullable().describe('Null: no event is left.'),
  sinceTreated: count.describe('Failures since an operator decided about it: of a muted issue, what the mute swallows.'),
  treatedBy: z.string().nullable(),
  treatedAt: time.nullable(),
  reason: z.string().nullable(),
  mutedUntil: time.nullable(),
  note: z.string().nullable(),
  link: z.string().nullable(),
  detail: z.string().nullable().describe('The last error of one of its events.'),
}

const Proof = z.strictObject({
  asOf: time,
  checks: z.array(
    z.strictObject({
      name: z.enum(PROOF_CHECKS),
      claim: z.string(),
      checked: count,
      exceptions: z
        .array(z.strictObject({ subject: z.string(), problem: z.string(), page: z.string().nullable() }))
        .describe('100 at most.'),
      incomplete: z.string().nullable().describe('Why the check says nothing, or not everything.'),
    }),
  ),
  exceptions: count,
  complete: z.boolean().describe('Every check was made, and over everything.'),
})

const FindAnswer = z.strictObject({
  text: z.string().describe('What was looked for, without blanks and quotes around it.'),
  items: z
    .array(
      z.strictObject({
        kind: z.enum(FOUND_KINDS),
        id: z.string(),
        matchedBy: z.string().describe('Which of its ids or keys: identity id, ref_id, webhook-id, …'),
        value: z.string().describe('What stands there.'),
        exact: z.boolean().describe('Whether the whole of it was given.'),
        state: z.string(),
        says: z.string().describe('What it is, in a few words.'),
        identityId: paxosId.nullable().describe('Whose it is; null where no customer is known.'),
        at: time,
        page: z.string().describe('The page of this server that shows it.'),
        command: z.string(),
      }),
    )
    .describe('Exact matches first, then by kind.'),
  more: z.boolean().describe('More begin so than are listed: 20 of each kind are.'),
})

export const API_SCHEMAS = {
  FindAnswer,
  Proof,
  IssueList: z.strictObject({ items: z.array(z.strictObject(issueFields)) }),
  IssueStory: z.strictObject({
    ...issueFields,
    byHour: z.array(count).describe('Failures in each of the last 24 hours, oldest hour first.'),
    events: z.array(Event).describe('The newest 20 of its events.'),
  }),
  Command,
  Onboarding,
  OnboardingStory,
  OnboardingPage: z.strictObject({ items: z.array(Onboarding), nextCursor: NextCursor }),
  Event,
  EventStory,
  EventPage: z.strictObject({ items: z.array(Event), nextCursor: NextCursor }),
  Replay,
  ReplayPage: z.strictObject({ items: z.array(ReplayLine), nextCursor: NextCursor }),
  ReplayItemPage: z.strictObject({ items: z.array(ReplayItem), nextCursor: NextCursor }),
  Stats,
  Home,
  QueueStatus,
  QueueRebuild,
  AuditPage: z.strictObject({ items: z.array(AuditEntry), nextCursor: NextCursor }),
  ...TRADING_SCHEMAS,
  Problem: ProblemDocument,
  Notification,
} satisfies Record<string, z.ZodType>
export type ApiSchemaName = keyof typeof API_SCHEMAS
