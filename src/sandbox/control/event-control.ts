import { z } from 'zod'
import { HttpProblem } from '../../platform/problem.ts'
import type { SandboxState } from '../sandbox-state.ts'
import { VERDICTS } from '../world/decision-engine.ts'
import { DOCUMENT_TYPES } from '../world/document-types.ts'
import { eventView } from '../world/event-store.ts'
import { IDENTITY_STATUSES, type Identity } from '../world/identity.ts'
import { toRfc3339 } from '../world/nano-clock.ts'
import { populate } from '../world/populate.ts'
import type { AddControl } from './add-control.ts'
import { EventType } from './event-type.ts'
import { idOf } from './id-of.ts'
import { readControl } from './read-control.ts'

const EmitRequest = z.strictObject({
  type: EventType,
  identityId: z.string().optional(),
  /** For status events: the statuses in the event. By default they follow from the type and from the identity's status. */
  oldStatus: z.enum(IDENTITY_STATUSES).optional(),
  newStatus: z.enum(IDENTITY_STATUSES).optional(),
  object: z.record(z.string(), z.unknown()).default({}),
  /** Number of different events, each with an id of its own. */
  times: z.number().int().min(1).max(1000).default(1),
  deliver: z.boolean().default(true),
})
const DecideRequest = z.strictObject({ verdict: z.enum(VERDICTS), documents: z.array(z.enum(DOCUMENT_TYPES)).min(1).optional() })
const BulkRequest = z.strictObject({
  count: z.number().int().min(1).max(200_000),
  refIdPrefix: z.string().min(1).max(60).default('bulk-'),
  decision: z.enum(['approve', 'deny']).default('approve'),
  deliver: z.boolean().default(false),
})

const STATUS_OF_TYPE: Readonly<Record<string, string>> = {
  'identity.approved': 'APPROVED',
  'identity.denied': 'DENIED',
  'identity.disabled': 'DISABLED',
}

/** Identities and events: make and decide identities, emit and deliver events. */
export function eventControl(control: AddControl, state: SandboxState): void {
  const { identities, engine, events, webhooks } = state
  const identityOf = (id: string): Identity => {
    const identity = identities.get(id)
    if (!identity) throw new HttpProblem(404, 'IDENTITY_UNKNOWN', 'The simulator has no identity with this id.')
    return identity
  }

  control(
    'POST /identities/bulk',
    'makes many decided identities with their events: {count, refIdPrefix?, decision?: approve|deny, deliver?}',
    async ({ body }) => {
      const made = await populate(state, readControl(BulkRequest, body))
      return {
        count: made.length,
        events: made.map(({ id, type, identityId, createdAtNs }) => ({ id, type, identityId, time: toRfc3339(createdAtNs, 0) })),
      }
    },
  )
  control('POST /identities/{id}/decide', `decides now: {verdict: ${VERDICTS.join('|')}, documents?: [types]}`, ({ params, body }) => {
    const { verdict, documents } = readControl(DecideRequest, body)
    const identity = identityOf(idOf(params))
    engine.decide(identity, verdict, documents ? { documents } : {})
    return { identityId: identity.id, status: identity.status }
  })

  control(
    'POST /events',
    'emits an event without a cause; the identity does not change: {type, identityId?, oldStatus?, newStatus?, object?, times?, deliver?}',
    ({ body }) => {
      const { type, identityId, oldStatus, newStatus, object, times, deliver } = readControl(EmitRequest, body)
      const identity = identityId === undefined ? null : identityOf(identityId)
      const change = STATUS_OF_TYPE[type] && {
        old_summary_status: oldStatus ?? identity?.status ?? 'PENDING',
        new_summary_status: newStatus ?? STATUS_OF_TYPE[type],
      }
      const emit = (): object =>
        eventView(events.emit({ type, object: { ...change, ...object }, identityId: identity?.id ?? null, deliver }))
      return { events: Array.from({ length: times }, emit) }
    },
  )
  control('POST /events/{id}/deliver', 'sends an event to the webhook again: {copies?}', ({ params, body }) => {
    const { copies } = readControl(z.strictObject({ copies: z.number().int().min(1).max(1000).default(1) }), body ?? {})
    const event = events.get(idOf(params))
    if (!event) throw new HttpProblem(404, 'EVENT_UNKNOWN', 'The simulator has no event with this id.')
    webhooks.redeliver(event, copies)
  })
}
