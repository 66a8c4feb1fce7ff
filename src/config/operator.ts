import { z } from 'zod'
import { headerSecret, positive } from './value-schemas.ts'

/** What opens the operator API and the pages, and what keys the hashes of its requests. */
export const OPERATOR = {
  OPERATOR_TOKEN: headerSecret.optional(),
  OPERATOR_SESSION_IDLE_MINUTES: positive.max(720, 'must be at most 720').default(60),
  ENCRYPTION_KEY: z
    .base64('must be base64')
    .refine((text) => Buffer.from(text, 'base64').length === 32, 'must be 32 bytes in base64 (openssl rand -base64 32)')
    .optional(),
}
