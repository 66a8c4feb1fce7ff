import { z } from 'zod'
import { EVENT_ORIGINS, EVENT_STATES } from '../domain/event-state.ts'
import { Attempt, count, EffectAttempts, NextCursor, paxosId, time, Waiting, WaitingFor } from './schema-parts.ts'

const eventFields = {
  eventId: paxosId,
  type: z.string(),
  state: z.enum(EVENT_STATES),
  identityId: paxosId.nullable().describe('Null until Gatehouse has read the event back from Paxos.'),
  occurredAt: time,
  receivedAt: time,
  deliveryCount: count,
  isTest: z.boolean(),
  origin: z.enum(EVENT_ORIGINS),
  trust: z.enum(['hint', 'confirmed']),
  outcome: z.string().nullable(),
  attempts: count,
  strikes: count,
  generation: count.describe('Number of replays.'),
  dueAt: time,
  errorCode: z.string().nullable(),
  errorDetail: z.string().nullable(),
  completedAt: time.nullable(),
  bodySha256: z.string().nullable(),
  nextAttemptBy: time.nullable(),
  waiting: Waiting,
  waitingFor: WaitingFor,
  dismissal: z.strictObject({ by: z.string(), reason: z.string(), at: time }).nullable().describe('Who dismissed the event, when and why.'),
  keySlot: z
    .string()
    .nullable()
    .describe(
      'The webhook key of the delivery, as authenticator and fingerprint, never the key itself. Null: no webhook brought the event.',
    ),
  streamId: z.string().nullable().describe('The order, deposit or request of a command or timer.'),
  refusal: Attempt.nullable().describe('For EFFECT_REFUSED: the refused attempt; null: not known.'),
}
export const Event = z.strictObject(eventFields)
const EventStory = z.strictObject({ ...eventFields, effectAttempts: EffectAttempts })

/** Events of the inbox. */
export const EVENT_SCHEMAS = {
  Event,
  EventStory,
  EventPage: z.strictObject({ items: z.array(Event), nextCursor: NextCursor }),
}
