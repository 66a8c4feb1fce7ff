import { z } from 'zod'
import { ACCOUNT_TYPES, MEMBER_ROLES } from '../../domain/account/account.ts'
import { canonicalId, OPAQUE_ID } from '../../platform/opaque-id.ts'

const MOST_MEMBERS = 50

const Member = z.strictObject({
  identityId: z.string().regex(OPAQUE_ID, 'must be the id of an identity at Paxos').transform(canonicalId),
  roles: z
    .array(z.enum(MEMBER_ROLES))
    .min(1, 'must name at least one role')
    .refine((roles) => new Set(roles).size === roles.length, 'must not name a role twice')
    .describe('A second BENEFICIAL_OWNER makes it a joint account.'),
})

/** Members that are asked for together. */
export const MemberList = z
  .array(Member)
  .max(MOST_MEMBERS, `may name at most ${MOST_MEMBERS} members`)
  .refine((members) => new Set(members.map(({ identityId }) => identityId)).size === members.length, 'must not name an identity twice')

/** The body of a request for a further account. */
export const AccountBody = z.strictObject({
  type: z.enum(ACCOUNT_TYPES).default('BROKERAGE'),
  description: z
    .string()
    .min(1, 'must not be empty')
    .max(500, 'may have at most 500 characters')
    .optional()
    .describe('Free text for Paxos.'),
  metadata: z.record(z.string(), z.string()).optional().describe('Texts by name, for Paxos.'),
  members: MemberList.default([]).describe('The members besides the customer, who is the primary owner.'),
})
