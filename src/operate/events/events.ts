import type { Pool } from 'pg'
import type { Actor } from '../../domain/actor.ts'
import { listSamples } from '../../inbox/delivery-samples.ts'
import { dismissEvents, readDismissals, restoreEvents, seqsOf } from '../../inbox/dismiss-events.ts'
import { type FailureCause, readCausesOf } from '../../inbox/failure-cause.ts'
import type { EventQuery, EventReads, EventRecord } from '../../inbox/read-events.ts'
import { matchCauses } from '../../inbox/read-issues.ts'
import { type AttemptRecord, type Refusal, readAttempts, readRefusals } from '../../ledger/read-attempts.ts'
import { AppError } from '../../platform/app-error.ts'
import type { Perform } from '../audited.ts'
import type { EventUseCases, EventView } from '../use-cases.ts'
import { explainEvent } from './explain-waiting.ts'
import { told } from './waiting.ts'

/** The event's state does not allow the action. */
export class EventStateError extends AppError {
  readonly code = 'EVENT_STATE'
  readonly retry = 'never'
}

interface Parts {
  pool: Pool
  events: EventReads
  perform: Perform
  /** Milliseconds since 1970. */
  now: () => number
}

/** Received events: lists, details, and dismissing those that cannot succeed. */
export function eventUseCases({ pool, events, perform, now }: Parts): EventUseCases {
  const getEvent: EventUseCases['getEvent'] = async (eventId) => {
    const event = await events.find(eventId)
    if (!event) return null
    const [[view], effectAttempts] = await Promise.all([viewEvents(pool, [event], new Date(now())), attemptsBehind(pool, event)])
    return view ? { ...view, effectAttempts } : null
  }
  const moved = (act: Act): EventUseCases['dismissEvent'] => {
    return async (eventId, { reason }, actor) => {
      const event = await getEvent(eventId)
      if (!event || event.state === act.to) return event
      if (!act.from.includes(event.state))
        throw new EventStateError(`event ${eventId} is ${event.state}; only an event that is ${act.from.join(' or ')} can be ${act.done}`)
      await perform(actor, { action: `event.${act.verb}`, target: eventId, reason, entry: 'before' }, async () => {
        const [seq] = (await seqsOf(pool, [eventId])).values()
        if (seq !== undefined) await act.run(pool, [seq], { actor, reason })
      })
      return getEvent(eventId)
    }
  }
  return {
    listDeliverySamples: (query) => listSamples(pool, query),
    listEvents: async ({ cause, step, ...query }) => {
      const page = await events.list({ ...query, ...(await failedSo(pool, { cause, step })) })
      return { ...page, items: await viewEvents(pool, page.items, new Date(now())) }
    },
    getEvent,
    dismissEvent: moved(DISMISS),
    undismissEvent: moved(UNDISMISS),
  }
}

/** Events whose failure is of a cause that is kept; a wait of Gatehouse's own has a code and no cause. */
async function failedSo(pool: Pool, filter: { cause?: string | undefined; step?: string | undefined }): Promise<Partial<EventQuery>> {
  if (filter.cause === undefined && filter.step === undefined) return {}
  const causeIds = await matchCauses(pool, filter)
  return causeIds.length > 0 || filter.step !== undefined ? { causeIds } : { errorCode: filter.cause }
}

interface Act {
  verb: 'dismiss' | 'undismiss'
  done: string
  from: readonly string[]
  /** The state if the event has nothing left to do; null: the state before the dismissal. */
  to: string | null
  run: (pool: Pool, seqs: readonly string[], why: { actor: Actor; reason: string }) => Promise<unknown>
}

const DISMISS: Act = {
  ...{ verb: 'dismiss', done: 'dismissed', from: ['parked', 'dead'], to: 'dismissed' },
  run: (pool, seqs, { actor, reason }) => dismissEvents(pool, seqs, { by: actor.name, reason }),
}
const UNDISMISS: Act = {
  ...{ verb: 'undismiss', done: 'restored', from: ['dismissed'], to: null },
  run: (pool, seqs) => restoreEvents(pool, seqs),
}

/** Events as operators see them: with their dismissal, and with the refusal by Paxos or the application. */
export async function viewEvents(pool: Pool, records: readonly EventRecord[], now: Date): Promise<EventView[]> {
  const dismissed = records.filter(({ state }) => state === 'dismissed').map(({ eventId }) => eventId)
  const refused = records.filter(({ errorCode }) => errorCode === 'EFFECT_REFUSED')
  const streams = [...new Set(refused.flatMap((event) => streamOf(event) ?? []))]
  const [dismissals, refusals, causes] = await Promise.all([
    dismissed.length === 0 ? null : readDismissals(pool, dismissed),
    streams.length === 0 ? null : readRefusals(pool, streams),
    streams.length === 0
      ? null
      : readCausesOf(
          pool,
          refused.map(({ eventId }) => eventId),
        ),
  ])
  return records.map((event) => ({
    ...event,
    nextAttemptBy: event.state === 'accepted' ? event.dueAt : null,
    ...told(explainEvent(event, now), now),
    dismissal: dismissals?.get(event.eventId) ?? null,
    refusal: refusalOf(causes?.get(event.eventId), refusals?.get(streamOf(event) ?? '') ?? []),
  }))
}

/** The stream whose effects an event requests: the one that a command names, else its customer. */
function streamOf({ streamId, identityId }: EventRecord): string | null {
  return streamId ?? identityId
}

/** The refused attempt behind an event's failure: of the same kind of effect, with the same code. */
function refusalOf(cause: FailureCause | undefined, refusals: readonly Refusal[]): AttemptRecord | null {
  return refusals.find(({ effectKind, attempt }) => effectKind === cause?.effectKind && attempt.code === cause.code)?.attempt ?? null
}

async function attemptsBehind(pool: Pool, event: EventRecord): Promise<AttemptRecord[]> {
  const streamId = streamOf(event)
  return streamId === null ? [] : readAttempts(pool, streamId)
}
