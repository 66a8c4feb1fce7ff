import { z } from 'zod'
import { ROLES } from '../../domain/roles.ts'
import { OPERATOR_KINDS } from '../../operators/operators.ts'
import { readTime } from '../input/read-time.ts'
import { Reason } from '../replay/replay-request.ts'
import { OperatorName } from './operator-name.ts'

export { ROLES, type Role } from '../../domain/roles.ts'
export { OPERATOR_KINDS, type OperatorKind } from '../../operators/operators.ts'

const RoleWord = z.enum(ROLES).describe('viewer, operator, approver or admin.')
const DAY_MS = 24 * 3_600_000

/** When a token expires: a time, a date, or a number of days from now such as `90d`. */
const Expiry = z.string().transform((text, context): Date => {
  const [, days] = /^(\d{1,4})d$/.exec(text.trim()) ?? []
  const at = days === undefined ? readTime(text) : new Date(Date.now() + Number(days) * DAY_MS)
  if (at !== null && at.getTime() > Date.now()) return at
  context.issues.push({
    code: 'custom',
    message: 'must be a time to come: a number of days such as 90d, a date, or a time with its zone',
    input: text,
  })
  return z.NEVER
})

/** The input of the operators' use cases, the same on all faces. */
export const AddOperator = z.strictObject({
  name: OperatorName,
  role: RoleWord,
  kind: z.enum(OPERATOR_KINDS).default('person').describe('person, or program: a program has no login on the pages.'),
  reason: Reason,
})
export const ChangeRole = z.strictObject({ role: RoleWord, reason: Reason })
export const RemoveOperator = z.strictObject({ reason: Reason })
export const CreateToken = z.strictObject({
  label: z
    .string('is required: where the token is used, such as laptop or deploy script')
    .trim()
    .min(1, 'is required: where the token is used, such as laptop or deploy script')
    .max(80, 'may have at most 80 characters')
    .regex(/^\P{Cc}*$/u, 'may not hold control characters'),
  role: RoleWord.optional().describe("The most that the token may do; by default the operator's role."),
  expires: Expiry.optional().describe('90d, a date, or a time with its zone; by default it does not expire.'),
  reason: Reason,
})
export const RevokeToken = z.strictObject({ reason: Reason })
