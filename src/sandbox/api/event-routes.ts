import type { SandboxState } from '../sandbox-state.ts'
import { eventView } from '../world/event-store.ts'
import { pageRequest } from './page.ts'
import { problem } from './paxos-problem.ts'
import { queryFlag, queryText } from './query.ts'
import type { SimulateOperation } from './simulated-operation.ts'
import { timeRange } from './time-range.ts'
import { isUuid } from './uuid.ts'

/** Documented: the maximum and the default. */
const MAX_LIMIT = 100

/** Get and list events (paxos/api.md 3.1, 3.2). With `is_test=true` only test events are found, without it only real ones. */
export function eventRoutes(simulate: SimulateOperation, { events }: SandboxState): void {
  simulate('GET /events/{id}', ({ id, query, subject }) => {
    if (!isUuid(id)) throw problem(400, 'error parsing event id')
    subject.eventId = id
    const isTest = queryFlag(query, 'is_test')
    const event = events.get(id.toLowerCase())
    if (event?.isTest !== isTest) throw problem(404)
    if (event.identityId !== null) subject.identityId = event.identityId
    return eventView(event)
  })

  simulate('GET /events', ({ query }) => {
    const { items, nextCursor } = events.page({
      isTest: queryFlag(query, 'is_test'),
      type: queryText(query, 'type'),
      created: timeRange(query, 'created_at'),
      request: pageRequest(query, { order: 'ASC', maxLimit: MAX_LIMIT }),
    })
    return { events: items.map(eventView), next_page_cursor: nextCursor }
  })
}
