import { Amount } from '../money.ts'

/** Roles of a member of an institution (paxos/api.md 4.5). */
export const MEMBER_ROLES = [
  ...(['BENEFICIAL_OWNER', 'ACCOUNT_OPENER', 'TRUSTEE', 'AUTHORIZED_USER', 'GRANTOR', 'MANAGEMENT_CONTROL_PERSON'] as const),
  ...(['BENEFICIARY', 'SOLE_PROPRIETOR'] as const),
] as const

/** The only roles in a TRUST. Each of its members counts as an owner. */
const TRUST_ROLES: readonly string[] = ['GRANTOR', 'TRUSTEE', 'BENEFICIARY']
/** The roles of owners elsewhere. */
const OWNER_ROLES: readonly string[] = ['BENEFICIAL_OWNER', 'SOLE_PROPRIETOR']

/** A member that is to be added: an existing identity at Paxos. */
export interface NewMember {
  readonly identityId: string
  readonly roles: readonly string[]
  /** Percent as a decimal string; null: not said. */
  readonly ownership: string | null
}

/** A member that Paxos has. */
export interface InstitutionMember extends NewMember {
  /** Paxos's id of the membership, which is not that of the identity. */
  readonly memberId: string
}

export interface Institution {
  /** TRUST, CORPORATION, LLC, PARTNERSHIP or SOLE_PROPRIETORSHIP; null: Paxos does not say. */
  readonly institutionType: string | null
  readonly members: readonly InstitutionMember[]
}

/** Why a change is impossible. `code` goes into the ledger; `field` and `message` are for the caller. */
export interface MemberFault {
  readonly code: 'already-member' | 'role-not-of-type' | 'owns-too-much' | 'last-owner' | 'last-member'
  readonly field: string
  readonly message: string
}

/** Every reason why these members cannot be added, by their place in the request. Pure. */
export function addFaults({ institutionType, members }: Institution, added: readonly NewMember[]): MemberFault[] {
  const known = new Set(members.map(({ identityId }) => identityId))
  const faults = added.flatMap(({ identityId, roles }, at): MemberFault[] => {
    const place = `members.${at}`
    const message = roleFault(institutionType, roles)
    const already = {
      code: 'already-member',
      field: `${place}.identityId`,
      message: 'is a member already; remove that member first',
    } as const
    return [
      ...(known.has(identityId) ? [already] : []),
      ...(message === null ? [] : [{ code: 'role-not-of-type', field: `${place}.roles`, message } as const]),
    ]
  })
  const owned = Amount.sum([...members, ...added].map(({ ownership }) => (ownership === null ? Amount.zero : Amount.of(ownership))))
  if (owned.compare(Amount.of('100')) <= 0) return faults
  return [...faults, { code: 'owns-too-much', field: 'members', message: `would own ${owned} % together with the present members` }]
}

function roleFault(institutionType: string | null, roles: readonly string[]): string | null {
  if (institutionType === 'TRUST')
    return roles.every((role) => TRUST_ROLES.includes(role)) ? null : `in a TRUST must be of ${TRUST_ROLES.join(', ')}`
  if (institutionType === null) return null // Paxos decides
  return roles.includes('GRANTOR') ? `must not be GRANTOR in a ${institutionType}: that is a role in a TRUST` : null
}

/** Why this member cannot be removed; null: it can, or the institution does not have it. Pure. */
export function removeFault({ institutionType, members }: Institution, memberId: string): MemberFault | null {
  const left = members.filter((member) => member.memberId !== memberId)
  const removed = members.find((member) => member.memberId === memberId)
  if (!removed) return null
  if (left.length === 0) return { code: 'last-member', field: 'memberId', message: 'is the last member; add another one first' }
  const ownerRoles = institutionType === 'TRUST' ? TRUST_ROLES : OWNER_ROLES
  const owns = ({ roles }: InstitutionMember): boolean => roles.some((role) => ownerRoles.includes(role))
  if (!owns(removed) || left.some(owns)) return null
  return { code: 'last-owner', field: 'memberId', message: `is the last owner (${ownerRoles.join(' or ')}); add another one first` }
}
