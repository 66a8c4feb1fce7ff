import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { databaseUrl } from './database.ts'

const key = z
  .base64('must be base64')
  .refine((text) => Buffer.from(text, 'base64').length === 32, 'must be 32 bytes in base64 (openssl rand -base64 32)')

/** A place for the keys of personal data. */
export type KeyPlace = { readonly databaseUrl: string } | { readonly directory: string }

const place = z.string().transform((text, context): KeyPlace => {
  try {
    if (text.startsWith('file:')) return { directory: fileURLToPath(text) }
    if (databaseUrl.safeParse(text).success) return { databaseUrl: text }
  } catch {}
  context.addIssue('must be a postgres:// URL of another database, or a file:/// URL of a directory')
  return z.NEVER
})

/** The key of personal data and hashes, and the place of the data keys that it wraps. */
export const VAULT = {
  ENCRYPTION_KEY: key.optional(),
  ENCRYPTION_KEYS_ACCEPTED: z
    .string()
    .transform((text) => text.split(',').map((item) => item.trim()))
    .pipe(z.array(key).max(5, 'must be at most 5 keys'))
    .default([]),
  VAULT_KEYS_URL: place.optional(),
}
