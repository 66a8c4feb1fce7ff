import { z } from 'zod'
import { PROBLEM_KINDS } from '../operate/problems/problem.ts'
import { AlertChannel } from './alert-schemas.ts'
import { count, time } from './schema-parts.ts'

const WebhookKey = z.strictObject({
  slot: z.string().describe('Authenticator and fingerprint of the key, or the id of the OAuth client; never the key.'),
  accepted: z.boolean().nullable().describe('Whether a running receiver accepts the key. Null: no receiver has said yet.'),
  lastUsedAt: time.nullable(),
  known: count.describe('Events of the key, looked up in the last 5 to 10 minutes, that Paxos knew.'),
  unknown: count.describe('Those that Paxos did not know.'),
  standing: z
    .enum(['trusted', 'demoted', 'leaked'])
    .describe(
      'demoted: its unproven events are looked for in listings only. leaked: likewise, by an operator, until an operator promotes it.',
    ),
  demotedAt: time.nullable(),
  safeToDelete: z.boolean().describe('Not used for 24 hours, while another key was.'),
})

const Problem = z.strictObject({
  key: z.string().describe('The same while the problem lasts: its kind, with its cause if there may be several.'),
  kind: z.enum(PROBLEM_KINDS),
  severity: z.enum(['fault', 'warning']),
  sentence: z.string().describe('The problem with its cause.'),
  facts: z.string().describe('The sentence without names and words of operators, as alerts carry it.'),
  since: time.nullable().describe('Null: not known.'),
  customers: count.nullable().describe('Number of affected customers; null: not known.'),
  nextAction: z.string(),
  page: z.string().nullable().describe('The page of this server that shows the problem.'),
  command: z.string().nullable(),
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
    erased: count,
  }),
  notices: z
    .strictObject({ sent: count, suppressed: count, failed: count, pending: count })
    .describe('failed: the application refused the last attempt. pending: not sent yet, and not refused.'),
  oldestUnfinishedSeconds: count.nullable(),
  lastWebhookAt: time.nullable(),
  canary: z
    .strictObject({ seenAt: time.nullable(), sinceSeenSeconds: count.nullable(), waitingSeconds: count.nullable() })
    .describe('A test job goes through the queue every few seconds: when a worker last took one, and for how long one has waited.'),
  upstream: z
    .strictObject({ lockedForSeconds: count.nullable(), backlogSeconds: count.nullable() })
    .describe(
      "lockedForSeconds: seconds without calls after a 429 of Paxos; 0: not locked. backlogSeconds: estimated seconds for the unfinished events within Paxos's limits, as if each opened an account. Null: not known now; backlogSeconds is also null while the queue is paused, no worker runs, or Paxos or the application is down.",
    ),
  webhookKeys: z.array(WebhookKey),
  alarms: z.array(Problem).describe('Webhook keys whose events Paxos does not know, as on the home page; empty: none.'),
})

const Home = z.strictObject({
  at: time.describe('The time of this view.'),
  problems: z.array(Problem).describe('Worst first; empty: no problem.'),
  flow: z
    .strictObject({
      since: time,
      received: count,
      confirmed: count,
      toReady: z
        .strictObject({ p50: z.number(), p95: z.number(), p99: z.number(), customers: count })
        .nullable()
        .describe('Seconds from the receipt of the deciding event to the notification; null: no customer became ready.'),
      opened: count,
      approved: count,
      withAccount: count,
      ready: count,
    })
    .describe(
      'The last 24 hours: events received and confirmed (the newest 20000), and the steps that newly opened customers have reached.',
    ),
  alerts: z.array(AlertChannel).describe('The channels for alerts to operators; empty: none is configured.'),
})

const QueueCounts = z.strictObject({ waiting: count, active: count, delayed: count, paused: z.boolean() })
const QueueStatus = z.strictObject({
  queue: QueueCounts.describe('Jobs by state; events that arrived together share one job.'),
  pause: z
    .strictObject({ by: z.string().nullable(), at: time.nullable(), reason: z.string().nullable() })
    .nullable()
    .describe('Who paused the queue, when and why; null: not paused. All fields null: paused with another tool.'),
  inbox: Stats.shape.inbox,
  upstream: Stats.shape.upstream,
  problems: z.array(Problem).describe("What delays events besides Paxos's limits, worst first."),
})
const QueueRebuild = z.strictObject({
  before: QueueCounts,
  unfinished: count.describe('Unfinished events in the inbox.'),
  requeued: count.describe('Events put on the queue now; the other events wait for their next attempt.'),
  jobs: count,
  after: QueueCounts,
})

/** The state of the whole installation: figures, problems, webhook keys, the queue. */
export const STATS_SCHEMAS = {
  WebhookKey,
  WebhookKeyList: z.strictObject({ items: z.array(WebhookKey) }),
  Stats,
  Home,
  QueueStatus,
  QueueRebuild,
}
