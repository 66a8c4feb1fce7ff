import type { Pool } from 'pg'
import type { Actor } from '../domain/actor.ts'
import { listSamples } from '../inbox/delivery-samples.ts'
import { dismissEvents, readDismissals, restoreEvents, seqsOf } from '../inbox/dismiss-events.ts'
import type { EventReads, EventRecord } from '../inbox/read-events.ts'
import { AppError } from '../platform/app-error.ts'
import type { Perform } from './audited.ts'
import { explainEvent } from './explain-waiting.ts'
import type { EventUseCases, EventView } from './use-cases.ts'
import { told } from './waiting.ts'

/** The event is not in a state that this can be done to. */
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

/** What was received, what became of it, and setting aside what cannot succeed. */
export function eventUseCases({ pool, events, perform, now }: Parts): EventUseCases {
  const withDismissals = async (records: readonly EventRecord[]): Promise<EventView[]> => {
    const dismissed = records.filter(({ state }) => state === 'dismissed').map(({ eventId }) => eventId)
    const dismissals = dismissed.length === 0 ? null : await readDismissals(pool, dismissed)
    return records.map((record) => ({ ...viewEvent(record, new Date(now())), dismissal: dismissals?.get(record.eventId) ?? null }))
  }
  const getEvent: EventUseCases['getEvent'] = async (eventId) => {
    const event = await events.find(eventId)
    return event && ((await withDismissals([event]))[0] ?? null)
  }
  const moved = (act: Act): EventUseCases['dismissEvent'] => {
    return async (eventId, { reason }, actor) => {
      const event = await getEvent(eventId)
      if (!event || event.state === act.to) return event
      if (!act.from.includes(event.state))
        throw new EventStateError(`event ${eventId} is ${event.state}; only what is ${act.from.join(' or ')} can be ${act.done}`)
      await perform(actor, { action: `event.${act.verb}`, target: eventId, reason, entry: 'before' }, async () => {
        const [seq] = (await seqsOf(pool, [eventId])).values()
        if (seq !== undefined) await act.run(pool, [seq], { actor, reason })
      })
      return getEvent(eventId)
    }
  }
  return {
    listDeliverySamples: (query) => listSamples(pool, query),
    listEvents: async (query) => {
      const page = await events.list(query)
      return { ...page, items: await withDismissals(page.items) }
    },
    getEvent,
    dismissEvent: moved(DISMISS),
    undismissEvent: moved(UNDISMISS),
  }
}

interface Act {
  verb: 'dismiss' | 'undismiss'
  done: string
  from: readonly string[]
  /** Where it has led to already when there is nothing left to do; null: wherever it was before. */
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

export function viewEvent(event: EventRecord, now: Date): EventView {
  return {
    ...event,
    nextAttemptBy: event.state === 'accepted' ? event.dueAt : null,
    ...told(explainEvent(event, now), now),
    dismissal: null,
  }
}
