import type { Pool } from 'pg'
import { listSamples } from '../inbox/delivery-samples.ts'
import type { EventReads, EventRecord } from '../inbox/read-events.ts'
import { explainEvent } from './explain-waiting.ts'
import type { EventUseCases, EventView } from './use-cases.ts'
import { told } from './waiting.ts'

/** What was received, and what became of it. */
export function eventUseCases({ pool, events, now }: { pool: Pool; events: EventReads; now: () => number }): EventUseCases {
  return {
    listDeliverySamples: (query) => listSamples(pool, query),
    listEvents: async (query) => {
      const page = await events.list(query)
      return { ...page, items: page.items.map((event) => viewEvent(event, new Date(now()))) }
    },
    getEvent: async (eventId) => {
      const event = await events.find(eventId)
      return event && viewEvent(event, new Date(now()))
    },
  }
}

export function viewEvent(event: EventRecord, now: Date): EventView {
  return { ...event, nextAttemptBy: event.state === 'accepted' ? event.dueAt : null, ...told(explainEvent(event, now), now) }
}
