import { httpUrl, signingSecret } from './value-schemas.ts'

/** The address for notifications to your application, and the secret that signs them. */
export const NOTIFY = {
  NOTIFY_WEBHOOK_URL: httpUrl.optional(),
  NOTIFY_WEBHOOK_SECRET: signingSecret('must be a Standard Webhooks secret: whsec_ and at least 24 bytes in base64').optional(),
}
