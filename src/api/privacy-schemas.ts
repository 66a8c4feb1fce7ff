import { z } from 'zod'
import { time } from './schema-parts.ts'

const Erasure = z.strictObject({
  subject: z.string().describe("The identity's id, or the id of the request for one."),
  requestedAt: time.describe('The first request; the deadline counts from here.'),
  requestedBy: z.string(),
  reason: z.string(),
  doneAt: time.nullable(),
  certificate: z
    .string()
    .nullable()
    .describe('A compact JWS (EdDSA), for gatehouse erasure verify or any JWS library. Null until it is done.'),
})

const LegalHold = z.strictObject({
  subject: z.string(),
  name: z.string(),
  setBy: z.string(),
  reason: z.string(),
  setAt: time,
  liftedBy: z.string().nullable(),
  liftReason: z.string().nullable(),
  liftedAt: time.nullable(),
})

/** Erasures and legal holds. */
export const PRIVACY_SCHEMAS = { Erasure, LegalHoldList: z.strictObject({ items: z.array(LegalHold) }) }
