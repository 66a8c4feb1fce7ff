import { setTimeout as sleep } from 'node:timers/promises'
import type { NewAccount, PaxosAccount } from '../paxos/accounts.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import { AppError } from '../platform/app-error.ts'
import type { Conflict, EffectTask } from './effect-kind.ts'

type Priority = EffectTask<never>['priority']
type WantedAccount = Pick<NewAccount, 'identityId' | 'refId' | 'type' | 'members'>
type AccountWithProfile = PaxosAccount & { profileId: string }

/** Further reads of a new account for its profile within one attempt, and the pause between them, milliseconds. */
const PROFILE_READS = 3
const PROFILE_WAIT_MS = 150
/** Attempts without a profile before the stream is held. */
const PROFILE_ATTEMPTS = 6

/**
 * The account exists and its profile does not: it probably comes a moment later (assumed, paxos/api.md 5.1). That is an answer and no
 * unknown outcome. It spends an attempt, and after six the stream is held.
 */
export class ProfileMissingError extends AppError {
  readonly code = 'ACCOUNT_WITHOUT_PROFILE'
  readonly retry = 'backoff'
  constructor(accountId: string) {
    super(`account ${accountId} has no profile yet`)
  }
}

/** Paxos's account under our key is not the requested one: another identity, key, type or member. */
export class AccountMismatchError extends AppError {
  readonly code = 'ACCOUNT_MISMATCH'
  readonly retry = 'never'
  constructor(accountId: string | null) {
    super(accountId === null ? 'Paxos reports a conflicting account but returns none' : `account ${accountId} is not the requested one`)
  }
}

/** Creates the account with its profile. @throws AccountMismatchError, ProfileMissingError, PaxosError */
export async function createAccount(paxos: PaxosClient, wanted: NewAccount, priority: Priority): Promise<AccountWithProfile> {
  return requested(paxos, wanted, await paxos.accounts.create(wanted, { priority }), priority)
}

/**
 * The account under our key: after a 409 the one that Paxos names, else the one among the identity's accounts. Null: there is none.
 * @throws AccountMismatchError, ProfileMissingError, PaxosError
 */
export async function lookUpAccount(
  paxos: PaxosClient,
  wanted: WantedAccount,
  { priority, conflict }: { priority: Priority; conflict?: Conflict | undefined },
): Promise<AccountWithProfile | null> {
  const account = conflict?.existingId
    ? await paxos.accounts.get(conflict.existingId, { priority })
    : await findAccount(paxos, wanted, priority)
  if (!account && conflict) throw new AccountMismatchError(null)
  return account && requested(paxos, wanted, account, priority)
}

/** Recovery without assumptions (paxos/api.md 5.1): lists the identity's accounts and matches our key. */
export async function findAccount(
  paxos: PaxosClient,
  { identityId, refId }: Pick<WantedAccount, 'identityId' | 'refId'>,
  priority: Priority,
): Promise<PaxosAccount | null> {
  const accounts = await paxos.accounts.listOfIdentity(identityId, { priority })
  return accounts.find((account) => account.refId === refId) ?? null
}

/** The reason to hold a stream for a failure about its account; null: the error's retry class decides. */
export function holdForAccount(error: AppError, attempts: number): 'account-mismatch' | 'account-without-profile' | null {
  if (error instanceof AccountMismatchError) return 'account-mismatch'
  return error instanceof ProfileMissingError && attempts + 1 >= PROFILE_ATTEMPTS ? 'account-without-profile' : null
}

/** Accepts an answer only for the requested identity, key, type and members, and waits for its profile. */
async function requested(
  paxos: PaxosClient,
  wanted: WantedAccount,
  account: PaxosAccount,
  priority: Priority,
): Promise<AccountWithProfile> {
  const { identityId, refId, type } = account
  const asked = identityId === wanted.identityId && refId === wanted.refId && type === wanted.type && hasMembers(account, wanted)
  if (!asked) throw new AccountMismatchError(account.id)
  let current = account
  for (let reads = 0; current.profileId === null && reads < PROFILE_READS; reads += 1) {
    await sleep(PROFILE_WAIT_MS)
    current = await paxos.accounts.get(account.id, { priority })
  }
  const { profileId } = current
  if (profileId === null) throw new ProfileMissingError(account.id)
  return { ...current, profileId }
}

/** Whether each requested member is there in its roles. Paxos's own sample answer names no members, so an answer without any says nothing. */
function hasMembers({ members }: PaxosAccount, { members: wanted = [] }: WantedAccount): boolean {
  if (members === undefined) return true
  return wanted.every(({ identityId, roles }) => {
    const member = members.find((each) => each.identityId === identityId)
    return member !== undefined && roles.every((role) => member.roles.includes(role))
  })
}
