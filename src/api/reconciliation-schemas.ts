import { z } from 'zod'
import { RECONCILIATION_STATES } from '../operate/reconcile/reconciliations.ts'
import { count, NextCursor, ownId, time } from './schema-parts.ts'

const Reconciliation = z.strictObject({
  id: ownId,
  state: z
    .enum(RECONCILIATION_STATES)
    .describe('waiting and running: read it again. complete: there is a certificate. withheld: there is none.'),
  fromAt: time.describe('Start of the window, inclusive, by the time that Paxos gave each event.'),
  toAt: time.describe('End of the window, exclusive.'),
  requestedBy: z.string(),
  requestedAt: time,
  finishedAt: time.nullable(),
  pages: count.describe('Pages of List Events that were read so far.'),
  listed: count.describe('Distinct events that Paxos listed.'),
  byWebhook: count.describe('Of those, the events that a webhook brought first.'),
  bySweep: count.describe('Of those, the events that a reading of List Events brought first.'),
  found: count.describe('Of those by sweep, the events received while this comparison was under way.'),
  missing: count.describe('Events that Paxos lists and the inbox does not hold.'),
  eventsSha256: z.string().nullable().describe('SHA-256 over the sorted event ids, one to a line. Null until it is finished.'),
  withheld: z
    .array(z.strictObject({ code: z.string(), detail: z.string() }))
    .describe('Why there is no certificate; empty: nothing is in doubt.'),
  lastError: z.string().nullable().describe('Why the last try was interrupted; null: it was not.'),
})

const Certificate = z.strictObject({
  certificate: z.string().describe('A compact JWS (EdDSA), for gatehouse reconcile verify or any JWS library.'),
  claims: z.looseObject({}).describe('What it says.'),
  publicKey: z
    .strictObject({ kty: z.string(), crv: z.string(), x: z.string(), kid: z.string().optional() })
    .describe('The key that verifies it (JWK). Compare it with an earlier copy.'),
})

/** Comparisons with List Events, and their certificates. */
export const RECONCILIATION_SCHEMAS = {
  Reconciliation,
  ReconciliationPage: z.strictObject({ items: z.array(Reconciliation), nextCursor: NextCursor }),
  Certificate,
}
