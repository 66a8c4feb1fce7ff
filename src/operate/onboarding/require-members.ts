import type { PaxosIdentity } from '../../paxos/identities.ts'
import type { PaxosClient } from '../../paxos/paxos-client.ts'
import { PaxosNotFoundError } from '../../paxos/paxos-errors.ts'
import { AppError } from '../../platform/app-error.ts'

/** Members of an institution that Paxos cannot accept. Nothing was created. */
export class MembersNotPossibleError extends AppError {
  readonly code = 'MEMBERS_NOT_POSSIBLE'
  readonly retry = 'never'
  readonly errors: readonly { field: string; message: string }[]
  constructor(message: string, errors: MembersNotPossibleError['errors'] = []) {
    super(message)
    this.errors = errors
  }
}

/** A member in one of these states keeps its institution from ever being approved. */
const NEVER_APPROVED: Readonly<Record<string, string>> = { DENIED: 'was denied', DISABLED: 'is disabled', ERROR: 'is frozen' }

/**
 * Refuses an institution with a member that is no identity at Paxos or will not be approved. A PENDING member passes: the institution then
 * waits for it. All such members are named at once. @throws MembersNotPossibleError, PaxosError
 */
export async function requireMembers(
  paxos: { identities: Pick<PaxosClient['identities'], 'get'> },
  members: readonly { identity_id: string }[],
): Promise<void> {
  const faults = await Promise.all(members.map(({ identity_id }) => faultOf(paxos, identity_id)))
  const told = faults.flatMap((fault, index) => (fault === null ? [] : `institution_members.${index}.identity_id ${fault}`))
  if (told.length > 0)
    throw new MembersNotPossibleError(`${told.join('; ')}. Create each member as a person first, and wait for its decision.`)
}

async function faultOf(paxos: Parameters<typeof requireMembers>[0], identityId: string): Promise<string | null> {
  const identity = await find(paxos, identityId)
  if (identity === null) return 'is not an identity at Paxos'
  return NEVER_APPROVED[identity.status] ?? null
}

async function find(paxos: Parameters<typeof requireMembers>[0], identityId: string): Promise<PaxosIdentity | null> {
  try {
    return await paxos.identities.get(identityId)
  } catch (error) {
    if (error instanceof PaxosNotFoundError) return null
    throw error
  }
}
