import { setTimeout as sleep } from 'node:timers/promises'
import type { Receipt } from '../domain/onboarding/onboarding.ts'
import type { PaxosAccount } from '../paxos/accounts.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import { PaxosConflictError } from '../paxos/paxos-errors.ts'
import { AccountMismatchError, ProfileMissingError } from './saga-errors.ts'

export interface AccountOrder {
  identityId: string
  /** The deterministic `ref_id`: what makes asking twice act once (paxos/api.md 5.1). */
  refId: string
  /** An earlier attempt may have acted: look before asking again. */
  mayExist: boolean
  priority: 'live' | 'replay'
}

/** How often a fresh account is read again for its profile within one attempt, and how long between, milliseconds. */
const PROFILE_READS = 3
const PROFILE_WAIT_MS = 150

/**
 * Creates the identity's account with its profile, or takes over the one that is there under our key. Throws
 * `ACCOUNT_MISMATCH` when that account is another's, `ACCOUNT_WITHOUT_PROFILE` when its profile has not come yet.
 */
export async function openAccount(paxos: PaxosClient, order: AccountOrder): Promise<Receipt> {
  const known = order.mayExist ? await lookUpAccount(paxos, order) : null
  if (known) return known
  try {
    const account = await paxos.accounts.create(
      { identityId: order.identityId, refId: order.refId, type: 'BROKERAGE' },
      { priority: order.priority },
    )
    return await receiptFor(paxos, order, account, 'created')
  } catch (error) {
    if (!(error instanceof PaxosConflictError)) throw error
    const existing = error.existingId
      ? await paxos.accounts.get(error.existingId, { priority: order.priority })
      : await findAccount(paxos, order)
    if (!existing) throw new AccountMismatchError(null)
    return receiptFor(paxos, order, existing, 'adopted')
  }
}

/** The account that is there under our key, and null where there is none: asks for nothing. @throws as `openAccount` */
export async function lookUpAccount(paxos: PaxosClient, order: AccountOrder): Promise<Receipt | null> {
  const known = await findAccount(paxos, order)
  return known && receiptFor(paxos, order, known, 'adopted')
}

/** Recovery that needs no assumption (paxos/api.md 5.1): list the identity's accounts and match our key. */
async function findAccount(paxos: PaxosClient, { identityId, refId, priority }: AccountOrder): Promise<PaxosAccount | null> {
  const accounts = await paxos.accounts.listOfIdentity(identityId, { priority })
  return accounts.find((account) => account.refId === refId) ?? null
}

async function receiptFor(paxos: PaxosClient, order: AccountOrder, account: PaxosAccount, how: 'created' | 'adopted'): Promise<Receipt> {
  if (account.identityId !== order.identityId || account.refId !== order.refId) throw new AccountMismatchError(account.id)
  let current = account
  for (let reads = 0; current.profileId === null && reads < PROFILE_READS; reads += 1) {
    await sleep(PROFILE_WAIT_MS)
    current = await paxos.accounts.get(account.id, { priority: order.priority })
  }
  if (current.profileId === null) throw new ProfileMissingError(account.id)
  return { kind: 'account', accountId: current.id, profileId: current.profileId, how }
}
