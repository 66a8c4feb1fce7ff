import { z } from 'zod'
import { PERMISSION_NAMES } from '../domain/roles.ts'
import { OPERATOR_KINDS, ROLES } from '../operate/access/operator-input.ts'
import { ownId, time } from './schema-parts.ts'

const Role = z.enum(ROLES)
const Operator = z.strictObject({
  name: z.string(),
  kind: z.enum(OPERATOR_KINDS).describe('program: it has no login on the pages.'),
  role: Role,
  source: z.enum(['local', 'oidc']).describe('oidc: single sign-on brought the operator and decides the role.'),
  addedBy: z.string(),
  addedAt: time,
  removedAt: time.nullable().describe('Null: may act. A removed operator keeps the name.'),
})
const OperatorToken = z.strictObject({
  id: ownId,
  operator: z.string(),
  label: z.string(),
  role: Role.describe('The most that the token may do; a smaller role of its operator counts instead.'),
  createdBy: z.string(),
  createdAt: time,
  expiresAt: time.nullable().describe('Null: it does not expire.'),
  lastUsedAt: time.nullable().describe('Exact to 1 min; null: never used.'),
  revokedAt: time.nullable(),
  revokedBy: z.string().nullable(),
})

/** Operators and their tokens. */
export const OPERATOR_SCHEMAS = {
  Operator,
  OperatorList: z.strictObject({ items: z.array(Operator) }),
  OperatorToken,
  OperatorTokenList: z.strictObject({ items: z.array(OperatorToken) }),
  CreatedToken: z.strictObject({
    token: OperatorToken,
    secret: z.string().describe('The token. Shown once: Gatehouse keeps only its hash.'),
  }),
  Whoami: z.strictObject({
    name: z.string(),
    kind: z.enum(['operator', 'api']).describe('operator: a person; api: a program.'),
    role: Role,
    permissions: z.array(z.enum(PERMISSION_NAMES)),
  }),
}
