import { z } from 'zod'
import { Event } from './event-schemas.ts'
import { count, EffectAttempts, NextCursor, ownId, paxosId, State, time, Waiting, WaitingFor } from './schema-parts.ts'

const Effect = z.strictObject({
  step: z.string(),
  kind: z.string().describe('The kind of the effect, such as create-account or send-notification.'),
  name: z.string().nullable().describe("The notification's name; null for other kinds."),
  number: z.int().min(1).describe('Its number among the effects of this kind and name, from 1.'),
  key: z.string().describe('The idempotency key at Paxos or your application, the same for every attempt.'),
  state: z.enum(['intended', 'done', 'suppressed', 'refused']),
  attempts: count,
  leaseUntil: time.nullable(),
  receipt: z.looseObject({ kind: z.string() }).nullable(),
  errorCode: z.string().nullable(),
  intendedAt: time,
  completedAt: time.nullable(),
})

const StatusDetails = z
  .strictObject({
    requirements: z.array(
      z.strictObject({
        type: z.string(),
        status: z.string(),
        codes: z.array(z.string()),
        awaiting: z.string().nullable().describe('Who must act, CLIENT or PAXOS; null: Paxos does not say.'),
      }),
    ),
    controls: z.array(
      z.strictObject({ id: z.string().nullable(), type: z.string(), setBy: z.string().nullable(), reasonCode: z.string().nullable() }),
    ),
  })
  .nullable()
  .describe("Why Paxos has this status, in Paxos's codes; Paxos may add codes. Not for customers. Null: nothing is outstanding.")

const onboardingFields = {
  id: paxosId.describe("The identity's id at Paxos; the same as identityId."),
  identityId: paxosId,
  refId: z.string().nullable(),
  origin: z.enum(['created', 'adopted']),
  state: State,
  heldFrom: State.nullable(),
  heldReason: z.string().nullable(),
  identityStatus: z.string().nullable().describe("Paxos's status at the last confirmation."),
  statusDetails: StatusDetails,
  outstanding: z.array(z.string()).describe('For operators: one sentence for each requirement and control: who must act, and how.'),
  customerMessage: z.string().nullable().describe('For the customer: a neutral sentence without codes; null: none is needed.'),
  requiredDocuments: z.array(z.string()),
  kycRefresh: z
    .strictObject({ endsAt: time, reminded: z.int().nullable() })
    .nullable()
    .describe(
      'The running or overdue KYC refresh: when its time is over, and the last reminder, days before that. Null: none, or its end is not known.',
    ),
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
  entries: z.array(Entry).describe('The ledger entries of this identity.'),
  events: z.array(Event),
  timeline: z.array(TimelineLine).describe('Ledger entries and events in the order of time.'),
  effectAttempts: EffectAttempts,
})

const Command = z.strictObject({
  id: ownId,
  kind: z.string().describe('The kind of command, such as create-onboarding.'),
  state: z
    .enum(['running', 'done', 'failed'])
    .describe('failed: Paxos refused it. Correct the cause, then send the request again under the same key.'),
  outcome: z.string().nullable(),
  errorCode: z.string().nullable().describe('The code of the last failure (docs/errors.md).'),
  createdAt: time,
  duplicate: z
    .strictObject({ id: z.string(), existingIdentityId: z.string() })
    .optional()
    .describe(
      'Only in the answer to POST /v1/onboardings with onDuplicate review: Paxos knows the person already, and an operator must decide (GET /v1/duplicates).',
    ),
  link: z.string().describe("The address of this command's state."),
})

/** Onboardings, and the commands that open them. */
export const ONBOARDING_SCHEMAS = {
  Command,
  Onboarding,
  OnboardingStory,
  OnboardingPage: z.strictObject({ items: z.array(Onboarding), nextCursor: NextCursor }),
}
