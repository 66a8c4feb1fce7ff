import { z } from 'zod'
import { NextCursor, time } from './schema-parts.ts'

const Duplicate = z.strictObject({
  id: z.string().describe('The same as requestId.'),
  requestId: z.string(),
  refId: z.string().describe('The ref_id of the request. No identity has it.'),
  state: z.string().describe('held: waits for an operator; joined: confirmed as the same person; declined.'),
  existingIdentityId: z.string().describe('The identity that Paxos has for the person.'),
  accountKey: z.string().nullable().describe('The further account that the confirmation opened; null before it.'),
  requestedBy: z.string(),
  createdAt: time,
})

/** The responses of the routes for duplicate persons. */
export const DUPLICATE_SCHEMAS = {
  Duplicate,
  DuplicatePage: z.strictObject({ items: z.array(Duplicate), nextCursor: NextCursor }),
} satisfies Record<string, z.ZodType>
