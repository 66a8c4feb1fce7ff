import { z } from 'zod'
import { Amount } from '../../domain/money.ts'
import { canonicalId, OPAQUE_ID } from '../../platform/opaque-id.ts'
import { oneOf, rule, type Sent, short } from './person-fields.ts'

const MEMBERS = 'institution_members'
const TRUST_ROLES: readonly string[] = ['GRANTOR', 'TRUSTEE', 'BENEFICIARY']
export const PERCENTAGE = /^([0-9]{1,2}(\.[0-9]+)?|100(\.0+)?)$/

/** A member of an institution: an existing identity at Paxos. Paxos sets its id, name and status (paxos/api.md 4.5). */
export const InstitutionMember = z.strictObject({
  identity_id: z.string().regex(OPAQUE_ID, 'must be the id of an identity at Paxos').transform(canonicalId),
  roles: z
    .array(
      oneOf('BENEFICIAL_OWNER, ACCOUNT_OPENER, TRUSTEE, AUTHORIZED_USER, GRANTOR, MANAGEMENT_CONTROL_PERSON, BENEFICIARY, SOLE_PROPRIETOR'),
    )
    .min(1, 'must name at least one role'),
  ownership: z.string().regex(PERCENTAGE, 'must be a percentage from 0 to 100 as a decimal text: 25 or 12.5').optional(),
  position: short.optional(),
})

/** The rules over all members of an institution: roles by its type, no identity twice, and not more than the whole. */
export const MEMBER_RULES: readonly ReturnType<typeof rule>[] = [
  rule(MEMBERS, 'must not name an identity twice', (sent) => {
    const ids = sent.list(MEMBERS).map((member) => member.at('identity_id'))
    return new Set(ids).size === ids.length
  }),
  rule(MEMBERS, 'must not own more than 100 % together', (sent) => {
    const shares = sent.list(MEMBERS).map((member) => member.at('ownership'))
    const known = shares.filter((share): share is string => typeof share === 'string' && PERCENTAGE.test(share))
    return known.reduce((sum, share) => sum.plus(Amount.of(share)), Amount.zero).compare(Amount.of('100')) <= 0
  }),
  rule(MEMBERS, `of a TRUST may have the roles ${TRUST_ROLES.join(', ')} only`, (sent) => {
    return typeOf(sent) !== 'TRUST' || rolesOf(sent).every((role) => TRUST_ROLES.includes(String(role)))
  }),
  rule(MEMBERS, 'may have the role GRANTOR in a TRUST only', (sent) => {
    const type = typeOf(sent)
    return typeof type !== 'string' || type === 'TRUST' || !rolesOf(sent).includes('GRANTOR')
  }),
]

function typeOf(sent: Sent): unknown {
  return sent.at('institution_details.institution_type')
}

function rolesOf(sent: Sent): unknown[] {
  return sent.list(MEMBERS).flatMap((member) => {
    const roles = member.at('roles')
    return Array.isArray(roles) ? roles : []
  })
}
