import { z } from 'zod'
import { MEMBER_ACTIONS, MEMBER_CHANGE_STATES } from '../domain/institution/member-change.ts'
import { decimal, time } from './schema-parts.ts'

const memberFields = {
  identityId: z.string(),
  roles: z.array(z.string()).describe("Paxos's roles."),
  ownership: decimal.nullable().describe('The share in percent; null: not said.'),
}

const MemberChange = z.strictObject({
  id: z.string().describe('The same as changeId.'),
  changeId: z.string(),
  identityId: z.string().describe('The institution.'),
  action: z.enum(MEMBER_ACTIONS),
  members: z.array(z.strictObject(memberFields)).describe('The members to add; empty for a removal.'),
  memberId: z.string().nullable().describe("Paxos's id of the member to remove; null for an addition."),
  state: z.enum(MEMBER_CHANGE_STATES),
  reason: z.string().nullable().describe('Why it was rejected, or why it is held.'),
  requestedAt: time,
  createdAt: time,
  updatedAt: time,
})

const MemberList = z.strictObject({
  items: z.array(
    z.strictObject({
      id: z.string().describe("Paxos's id of the membership: the memberId of a removal."),
      ...memberFields,
      status: z.string().nullable().describe("Paxos's status of the member's identity."),
    }),
  ),
})

/** The responses of the routes for the members of institutions. */
export const MEMBER_SCHEMAS = { MemberChange, MemberList } satisfies Record<string, z.ZodType>
