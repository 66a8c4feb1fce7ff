import type { OnboardingState } from '../onboarding/onboarding.ts'
import type { AccountType, AskedMember } from './account.ts'

/** What is known of an identity that an account names. */
export interface KnownParty {
  /** The onboarding's state as recorded; null: there is no onboarding. */
  readonly state: OnboardingState | null
  /** The live status at Paxos; null: Paxos does not know the identity. */
  readonly status: string | null
  /** PERSON or INSTITUTION; null: Paxos does not say. */
  readonly type: string | null
}

/** A wrong field of a request, and what is wrong with it. */
export interface AccountFault {
  readonly field: string
  readonly message: string
}

const RETIREMENT: readonly AccountType[] = ['TRADITIONAL_IRA', 'ROTH_IRA', 'SEP_IRA']

/**
 * All faults of a request for an account; empty: Paxos can open it. Paxos changes neither the owners nor the profile of an account later, so
 * a request that cannot be corrected afterwards is refused before the call (A46). That the type of an identity restricts its roles, and that
 * a retirement account has one owner, is assumed.
 */
export function accountFaults(
  { identityId, type, members }: { identityId: string; type: AccountType; members: readonly AskedMember[] },
  partyOf: (identityId: string) => KnownParty,
): AccountFault[] {
  const primary = partyOf(identityId)
  const faults: AccountFault[] = []
  const unready = whyNotReady(primary)
  if (unready !== null) faults.push({ field: 'id', message: `${unready}; an account is opened once its owner is approved` })
  if (RETIREMENT.includes(type) && primary.type === 'INSTITUTION')
    faults.push({ field: 'type', message: `${type} is for a person; the customer is an institution` })
  return [...faults, ...members.flatMap((member, index) => memberFaults(member, { index, type, identityId, primary, partyOf }))]
}

interface Setting {
  index: number
  type: AccountType
  identityId: string
  primary: KnownParty
  partyOf: (identityId: string) => KnownParty
}

function memberFaults({ identityId, roles }: AskedMember, { index, type, identityId: owner, primary, partyOf }: Setting): AccountFault[] {
  const at = (field: string, message: string): AccountFault => ({ field: `members.${index}.${field}`, message })
  if (identityId === owner)
    return roles.includes('BENEFICIAL_OWNER') ? [] : [at('roles', 'must include BENEFICIAL_OWNER: the customer is the primary owner')]
  const party = partyOf(identityId)
  const faults: AccountFault[] = []
  const unready = whyNotReady(party)
  if (unready !== null) faults.push(at('identityId', `${identityId} ${unready}; every member must be approved first`))
  if (roles.includes('AUTHORIZED_USER') && party.type === 'INSTITUTION')
    faults.push(at('roles', 'AUTHORIZED_USER is for a person; the member is an institution'))
  if (!roles.includes('BENEFICIAL_OWNER')) return faults
  if (party.type === 'INSTITUTION' || primary.type === 'INSTITUTION')
    faults.push(at('roles', 'BENEFICIAL_OWNER makes a joint account, which is for persons; an institution owns its account alone'))
  if (RETIREMENT.includes(type)) faults.push(at('roles', `BENEFICIAL_OWNER makes a joint account; ${type} has one owner`))
  return faults
}

/** Continues a sentence about the identity; null: it is approved, here and at Paxos. */
function whyNotReady({ state, status }: KnownParty): string | null {
  if (status === null) return 'is no identity at Paxos'
  if (state === null) return 'has no onboarding here: create it with POST /v1/onboardings'
  if (status !== 'APPROVED') return `is ${status} at Paxos`
  return state === 'ready' || state === 'approved' ? null : `is not approved here: its onboarding is ${state}`
}
