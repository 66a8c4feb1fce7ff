import { z } from 'zod'
import { CHANGE_KINDS, CHANGE_STATES } from '../domain/identity-change/identity-change.ts'
import { paxosId, time } from './schema-parts.ts'

const fields = z.array(z.string())
const rescreening = fields.describe(
  'Changed fields for which Paxos may verify or screen the customer again. Until it has, the customer may be unable to trade. Empty: none.',
)

const IdentityChange = z.strictObject({
  id: z.string().describe('Ours; starts with change-.'),
  identityId: paxosId,
  kind: z.enum(CHANGE_KINDS),
  state: z
    .enum(CHANGE_STATES)
    .describe(
      'submitting: under way; unknown: sent, and the answer was lost, so Gatehouse reads the identity back; done: Paxos has it; rejected: Paxos refused it; held: a person must compare it at Paxos.',
    ),
  reason: z.string().nullable().describe('Why it was rejected or held, as a code.'),
  fields: fields.describe('The changed fields, without their values.'),
  rescreening,
  control: z.string().nullable().describe('The type of the control that is set or deleted.'),
  reasonCode: z.string().nullable(),
  controlId: paxosId.nullable().describe("Paxos's id of the control."),
  requestedAt: time,
  updatedAt: time,
})

/** The answers about changes of customers. */
export const CHANGE_SCHEMAS = {
  IdentityChange,
  IdentityChangeList: z.strictObject({ items: z.array(IdentityChange).describe('The newest 200, newest first.') }),
  CorrectionPreview: z.strictObject({
    identityId: paxosId,
    fields: fields.describe('The fields that would change.'),
    unchanged: fields.describe('Fields whose value Paxos has already.'),
    rescreening,
  }),
  ControlList: z.strictObject({
    items: z.array(
      z.strictObject({
        id: paxosId,
        type: z.string().describe('SELL_ONLY, DORMANT, CLOSED or FROZEN; Paxos may add others.'),
        setBy: z.enum(['CLIENT', 'PAXOS']).describe('Only a control that CLIENT has set can be deleted here.'),
        reasonCode: z.string().nullable(),
        createdAt: z.string(),
      }),
    ),
  }),
}
