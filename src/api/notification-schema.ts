import { z } from 'zod'

const TYPES = [
  'account.opened',
  'onboarding.ready',
  'onboarding.reactivated',
  'onboarding.denied',
  'onboarding.disabled',
  'onboarding.frozen',
  'onboarding.controls_changed',
  'kyc_refresh.started',
  'kyc_refresh.reminder',
  'kyc_refresh.expired',
  'kyc_refresh.completed',
  'onboarding.documents_required',
  'deposit.completed',
  'deposit.returned',
  'order.filled',
  'order.cancelled',
  'order.rejected',
] as const
const decimal = z.string().regex(/^[0-9]+(\.[0-9]+)?$/)

/** The notifications sent to NOTIFY_WEBHOOK_URL: the source of `webhooks` in the OpenAPI document. A test compares them with real ones. */
export const Notification = z.strictObject({
  type: z.enum(TYPES),
  timestamp: z.iso.datetime().describe('When the transition happened; the same in every attempt.'),
  data: z.strictObject({
    identityId: z.string(),
    refId: z
      .string()
      .nullable()
      .optional()
      .describe('Sent with onboarding.* and the account.opened of a first account; null for an identity that Gatehouse did not create.'),
    accountId: z.string().optional(),
    profileId: z.string().optional(),
    owners: z.array(z.string()).optional().describe('Sent with account.opened of a further account: the identities that own it.'),
    requiredDocuments: z.array(z.string()).optional().describe('Sent with onboarding.documents_required.'),
    endsAt: z.iso.datetime().optional().describe('Sent with kyc_refresh.reminder: when the time for the refresh is over.'),
    daysLeft: z.int().optional().describe('Sent with kyc_refresh.reminder: 14, 7 or 1.'),
    controls: z.array(z.string()).optional().describe('Sent with onboarding.controls_changed: the types of the active controls.'),
    depositId: z.string().optional().describe('Sent with deposit.*: the deposit, or the returned deposit.'),
    transferId: z.string().optional().describe('Sent with deposit.* of a transfer: the transfer.'),
    asset: z.string().optional().describe('Sent with deposit.*.'),
    amount: decimal.optional().describe('Sent with deposit.*: the amount that was sent.'),
    fee: decimal.optional().describe('Sent with deposit.* of a transfer.'),
    total: decimal.optional().describe('Sent with deposit.* of a transfer: the change of the balance.'),
    orderId: z.string().optional().describe('Sent with order.*.'),
    paxosOrderId: z.string().nullable().optional(),
    state: z.string().optional(),
    side: z.string().optional(),
    market: z.string().optional(),
    amountFilled: decimal.optional().describe('Amount of the base asset.'),
    averagePrice: decimal.nullable().optional(),
    reason: z.string().nullable().optional().describe('Why an order was rejected.'),
  }),
})

const EXAMPLE = {
  type: 'onboarding.ready',
  timestamp: '2026-11-23T01:47:01.479Z',
  data: {
    identityId: '0589b17f-7008-4481-9021-fc4b80fb2ab6',
    refId: 'user_01HZX3',
    accountId: '8af3dac6-2a01-4b4d-b03c-615dcae8a199',
    profileId: '5b84a840-e7b2-4a30-912b-31f69897473d',
  },
}

const HEADERS = {
  'webhook-id': 'Identifies the notification; the same in every attempt. Answer a duplicate with 2xx and ignore it.',
  'webhook-timestamp': 'Time of this attempt, seconds since 1970. Refuse a notification older than 5 min.',
  'webhook-signature': 'Standard Webhooks, v1: HMAC-SHA-256 over id.timestamp.body with NOTIFY_WEBHOOK_SECRET.',
}

/** The `webhooks` of the OpenAPI document. */
export function notificationWebhooks(): Record<string, unknown> {
  const parameters = Object.entries(HEADERS).map(([name, description]) => ({
    ...{ name, description, in: 'header', required: true, schema: { type: 'string' } },
  }))
  const schema = { $ref: '#/components/schemas/Notification' }
  return {
    notification: {
      post: {
        operationId: 'receiveNotification',
        tags: ['notifications'],
        summary: 'Notification to your application, one per transition',
        description: 'Sent to NOTIFY_WEBHOOK_URL in the Standard Webhooks format. It holds ids and codes, but no personal data.',
        security: [],
        parameters,
        requestBody: { required: true, content: { 'application/json': { schema, example: EXAMPLE } } },
        responses: {
          '2XX': { description: 'Taken.' },
          '4XX': {
            description: 'Refused. Gatehouse retries with growing waits, then leaves it to an operator. 425 and 429 mean: try later.',
          },
          '503': { description: 'Try later. Gatehouse honours Retry-After up to 1 h.' },
        },
      },
    },
  }
}
