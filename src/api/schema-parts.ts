import { z } from 'zod'
import { ONBOARDING_STATES } from '../domain/onboarding/onboarding.ts'
import { NEXT_ACTIONS } from '../operate/events/waiting.ts'

/** RFC 3339, UTC. */
export const time = z.iso.datetime()
export const decimal = z
  .string()
  .regex(/^-?[0-9]+(\.[0-9]+)?$/)
  .describe('An exact amount as a decimal string.')
/** Issued by Paxos: opaque. */
export const paxosId = z.string().min(1).max(200)
export const ownId = z.guid()
export const State = z.enum(ONBOARDING_STATES)
export const Waiting = z
  .strictObject({
    reason: z.string().describe('The reason.'),
    nextAction: z.enum(NEXT_ACTIONS).describe('Who must act next; none: Gatehouse continues by itself.'),
    at: time.nullable().describe('Time of the next attempt; null: there is none, or its time is not known.'),
  })
  .nullable()
  .describe('Why it is not moving, and who or what moves it next; null once it is at its end.')
export const WaitingFor = z.string().nullable().describe('The content of waiting as one sentence.')
export const count = z.int().min(0)
export const NextCursor = z.string().nullable().describe('Cursor of the next page: send it with the same filters. Null on the last page.')

export const Attempt = z.strictObject({
  step: z.string(),
  attemptNo: z.int().min(1),
  at: time,
  operation: z.string().nullable().describe('The call, such as accounts.create.'),
  status: z.int().nullable().describe('The HTTP status; null: no answer, or not known.'),
  code: z.string().nullable().describe('The error code; null: the attempt succeeded.'),
  problemType: z.string().nullable(),
  detail: z.string().nullable().describe('Words of the answer that Gatehouse knows and that name no person.'),
  durationMs: count,
})
export const EffectAttempts = z.array(Attempt).describe('The newest 500 attempts of the effects, oldest first.')
/** One entry of the ledger. */
export const TimelineEntry = z.strictObject({ entryNo: z.int(), at: time, kind: z.string(), actor: z.string(), data: z.looseObject({}) })
