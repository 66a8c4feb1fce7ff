import { z } from 'zod'
import { addressRanges, headerSecret, list, signingSecret } from './value-schemas.ts'

/** How senders of webhooks authenticate. */
export const WEBHOOK = {
  WEBHOOK_AUTH: list
    .pipe(z.array(z.enum(['api-key', 'oauth', 'signature'], 'takes api-key, oauth, signature')).min(1))
    .default(['api-key']),
  WEBHOOK_ALLOWED_ADDRESSES: addressRanges.optional(),
  WEBHOOK_API_KEY_HEADER: z
    .string()
    .regex(/^[A-Za-z0-9-]+$/, 'must be a header name: letters, digits, hyphens')
    .transform((name) => name.toLowerCase())
    .default('x-api-key'),
  WEBHOOK_API_KEYS: list.pipe(z.array(headerSecret).min(1, 'names no key')).optional(),
  WEBHOOK_OAUTH_CLIENTS: list
    .pipe(
      z.array(z.string().regex(/^[^:]+:.{16,}$/, 'takes id:secret pairs, each secret at least 16 characters')).min(1, 'names no client'),
    )
    .transform((pairs) => pairs.map((pair) => ({ id: pair.slice(0, pair.indexOf(':')), secret: pair.slice(pair.indexOf(':') + 1) })))
    .optional(),
  WEBHOOK_SIGNING_SECRETS: list
    .pipe(z.array(signingSecret('takes Standard Webhooks secrets: whsec_ and at least 24 bytes in base64')).min(1, 'names no secret'))
    .optional(),
}
