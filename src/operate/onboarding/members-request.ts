import { z } from 'zod'
import { MEMBER_ROLES } from '../../domain/institution/institution-members.ts'
import { canonicalId, OPAQUE_ID } from '../../platform/opaque-id.ts'
import { PERCENTAGE } from './institution-members.ts'

const MOST_MEMBERS = 50

const NewMember = z.strictObject({
  identityId: z.string().regex(OPAQUE_ID, 'must be the id of an identity at Paxos').transform(canonicalId),
  roles: z
    .array(z.enum(MEMBER_ROLES))
    .min(1, 'must name at least one role')
    .transform((roles) => [...new Set(roles)].sort()),
  ownership: z
    .string()
    .regex(PERCENTAGE, 'must be a percentage from 0 to 100 as a decimal text: 25 or 12.5')
    .optional()
    .transform((ownership) => ownership ?? null)
    .describe('The share in percent.'),
})

/** The body of a request to add members to an institution. */
export const MembersBody = z.strictObject({
  members: z
    .array(NewMember)
    .min(1, 'must name at least one member')
    .max(MOST_MEMBERS, `may name at most ${MOST_MEMBERS} members`)
    .refine((members) => new Set(members.map(({ identityId }) => identityId)).size === members.length, 'must not name an identity twice'),
})
