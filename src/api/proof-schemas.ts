import { z } from 'zod'
import { ACTOR_KINDS } from '../domain/actor.ts'
import { PROOF_CHECKS } from '../operate/proof/prove.ts'
import { count, NextCursor, time } from './schema-parts.ts'

const Proof = z.strictObject({
  asOf: time,
  checks: z.array(
    z.strictObject({
      name: z.enum(PROOF_CHECKS),
      claim: z.string(),
      checked: count,
      exceptions: z
        .array(z.strictObject({ subject: z.string(), problem: z.string(), page: z.string().nullable() }))
        .describe('At most 100.'),
      incomplete: z.string().nullable().describe('Why the check is not complete; null: it is complete.'),
    }),
  ),
  exceptions: count,
  complete: z.boolean().describe('True: every check ran over all data.'),
})

const AuditEntry = z.strictObject({
  entryNo: count,
  at: time,
  operator: z.string().describe('The name of the person or program.'),
  actorKind: z
    .enum(ACTOR_KINDS)
    .nullable()
    .describe(
      'operator: a person. api: a program that named no person. Otherwise Gatehouse itself. Null: the entry is older than this field.',
    ),
  action: z.string(),
  target: z.string(),
  reason: z.string().nullable(),
  data: z.looseObject({}),
  hash: z.string(),
})

/** Proofs, and who did what. */
export const PROOF_SCHEMAS = { Proof, AuditPage: z.strictObject({ items: z.array(AuditEntry), nextCursor: NextCursor }) }
