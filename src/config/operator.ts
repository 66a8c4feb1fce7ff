import { z } from 'zod'
import { headerSecret } from './value-schemas.ts'

/** What opens the operator API, and what keys the hashes of its requests. */
export const OPERATOR = {
  OPERATOR_TOKEN: headerSecret.optional(),
  ENCRYPTION_KEY: z
    .base64('must be base64')
    .refine((text) => Buffer.from(text, 'base64').length === 32, 'must be 32 bytes in base64 (openssl rand -base64 32)')
    .optional(),
}
