import { z } from 'zod'
import type { SandboxState } from '../sandbox-state.ts'
import { WebhookTargetSchema } from '../webhooks/webhook-target.ts'
import { eventView } from '../world/event-store.ts'
import type { AddControl } from './add-control.ts'
import { EventType } from './event-type.ts'
import { readControl } from './read-control.ts'

/** The webhook: where events go, a test event, pause and resume. */
export function webhookControl(control: AddControl, { webhooks, events, random }: SandboxState): void {
  control(
    'PUT /webhook',
    'where events go: {url, auth: {kind: "api-key", header, key} | {kind: "oauth", tokenUrl, clientId, clientSecret}}',
    ({ body }) => {
      webhooks.setTarget(readControl(WebhookTargetSchema, body))
    },
  )
  control('DELETE /webhook', 'removes the webhook: events are only listed, pending deliveries are abandoned', () =>
    webhooks.setTarget(null),
  )
  control('POST /webhook/test', 'sends a test event, as the Dashboard does: {type?}', ({ body }) => {
    const { type } = readControl(z.strictObject({ type: EventType.default('identity.approved') }), body ?? {})
    const object = { identity_id: random.uuid('test identity'), old_summary_status: 'PENDING', new_summary_status: 'APPROVED' }
    return eventView(events.emit({ type, object, identityId: null, isTest: true }))
  })
  control('POST /webhook/pause', 'pauses deliveries', () => webhooks.pause())
  control(
    'POST /webhook/resume',
    'resumes deliveries: {backlog?: deliver|abandon}; abandon acts like a pause of more than 24 h: waiting events are never delivered',
    ({ body }) => webhooks.resume(readControl(z.strictObject({ backlog: z.enum(['deliver', 'abandon']).default('deliver') }), body ?? {})),
  )
}
