import { z } from 'zod'

const httpUrl = z.url({ protocol: /^https?$/, message: 'must be an http:// or https:// URL' })

/**
 * Where events are delivered, and how the simulator authenticates (paxos/api.md 2.3): by a header that the receiver chose, or by a token
 * from the receiver's token endpoint.
 */
export const WebhookTargetSchema = z.strictObject({
  url: httpUrl,
  auth: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('api-key'),
      header: z.string().regex(/^[A-Za-z0-9-]+$/, 'must be a header name: letters, digits, hyphens'),
      key: z.string().min(1),
    }),
    z.strictObject({ kind: z.literal('oauth'), tokenUrl: httpUrl, clientId: z.string().min(1), clientSecret: z.string().min(1) }),
  ]),
})
export type WebhookTarget = z.output<typeof WebhookTargetSchema>
