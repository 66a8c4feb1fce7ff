import { z } from 'zod'
import { DRIFT_CLASSES, DRIFT_PARTS } from '../operate/reconcile/drift.ts'
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

const Drift = z.strictObject({
  at: time,
  parts: z.array(
    z.strictObject({
      name: z.enum(DRIFT_PARTS),
      checked: count.describe('Items of both sides together.'),
      differences: z.array(
        z.strictObject({
          class: z.enum(DRIFT_CLASSES),
          subject: z.string().describe('The customer, the account or the order.'),
          problem: z.string(),
          healedBy: z
            .enum(['replay', 'poll', 'person'])
            .describe('replay: an approved replay. poll: the poll of orders, by itself. person: nothing by itself.'),
          page: z.string(),
        }),
      ),
      incomplete: z.string().nullable().describe('Why the part is missing or partial; null: it is complete.'),
    }),
  ),
  differences: count,
  complete: z.boolean().describe('Every part was compared in full.'),
  replayId: ownId
    .nullable()
    .describe('The planned replay that heals what a replay can heal; approve it to run. Null: not planned, or nothing to heal.'),
})

/** Comparisons with List Events, and their certificates. */
export const RECONCILIATION_SCHEMAS = {
  Reconciliation,
  ReconciliationPage: z.strictObject({ items: z.array(Reconciliation), nextCursor: NextCursor }),
  Certificate,
  Drift,
}
