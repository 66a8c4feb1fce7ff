import type { KnownParty } from '../../domain/account/account-faults.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { PaxosIdentity } from '../../paxos/identities.ts'
import type { PaxosClient } from '../../paxos/paxos-client.ts'
import { PaxosNotFoundError } from '../../paxos/paxos-errors.ts'

export interface PartyParts {
  paxos: { identities: Pick<PaxosClient['identities'], 'get'> }
  onboardings: Pick<Ledger, 'load'>
}

/** What is recorded of these identities, and what Paxos says of them now. @throws PaxosError when Paxos cannot be read */
export async function readParties({ paxos, onboardings }: PartyParts, identityIds: readonly string[]): Promise<Map<string, KnownParty>> {
  const known = [...new Set(identityIds)].map(async (id): Promise<[string, KnownParty]> => {
    const [stored, identity] = await Promise.all([onboardings.load(id), readIdentity(paxos, id)])
    return [id, { state: stored?.onboarding.state ?? null, status: identity?.status ?? null, type: identity?.type ?? null }]
  })
  return new Map(await Promise.all(known))
}

async function readIdentity(paxos: PartyParts['paxos'], id: string): Promise<PaxosIdentity | null> {
  try {
    return await paxos.identities.get(id)
  } catch (error) {
    if (error instanceof PaxosNotFoundError) return null
    throw error
  }
}
