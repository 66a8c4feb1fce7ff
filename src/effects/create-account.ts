import { setTimeout as sleep } from 'node:timers/promises'
import { type AccountReceipt, CREATE_ACCOUNT, isAccountReceipt } from '../domain/onboarding/account-effect.ts'
import type { HoldReason, Snapshot } from '../domain/onboarding/onboarding.ts'
import type { PaxosAccount } from '../paxos/accounts.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import { AppError } from '../platform/app-error.ts'
import type { EffectKind, EffectTask } from './effect-kind.ts'

/** Further reads of a new account for its profile within one attempt, and the pause between them, milliseconds. */
const PROFILE_READS = 3
const PROFILE_WAIT_MS = 150
/** Attempts without a profile before the onboarding is held. */
const PROFILE_ATTEMPTS = 6
const ACCOUNT_TYPE = 'BROKERAGE'
/** For estimates. */
const MADE_UP: AccountReceipt = { kind: 'account', accountId: 'made-up', profileId: 'made-up', how: 'created' }

/**
 * The account exists and its profile does not: it probably comes a moment later (assumed, paxos/api.md 5.1). That is an answer and no
 * unknown outcome. It spends an attempt, and after six the onboarding is held.
 */
export class ProfileMissingError extends AppError {
  readonly code = 'ACCOUNT_WITHOUT_PROFILE'
  readonly retry = 'backoff'
  constructor(accountId: string) {
    super(`account ${accountId} has no profile yet`)
  }
}

/** Paxos's account under our key is not the requested one: another identity, key or type. */
export class AccountMismatchError extends AppError {
  readonly code = 'ACCOUNT_MISMATCH'
  readonly retry = 'never'
  constructor(accountId: string | null) {
    super(accountId === null ? 'Paxos reports a conflicting account but returns none' : `account ${accountId} is not the requested one`)
  }
}

/** Opens the identity's brokerage account with its profile, or adopts the one under our key. */
export function createAccountEffect(paxos: PaxosClient): EffectKind<Snapshot> {
  return {
    kind: CREATE_ACCOUNT,
    asksPaxos: true,
    room: (priority) => paxos.room('accounts.create', { priority }),
    perform: async (task) => {
      const { priority, effect } = task
      const order = { identityId: identityOf(task), refId: effect.key, type: ACCOUNT_TYPE } as const
      return receiptFor(paxos, task, await paxos.accounts.create(order, { priority }), 'created')
    },
    find: async (task, conflict) => {
      const { priority } = task
      const account = conflict?.existingId ? await paxos.accounts.get(conflict.existingId, { priority }) : await findAccount(paxos, task)
      if (!account && conflict) throw new AccountMismatchError(null)
      return account && receiptFor(paxos, task, account, 'adopted')
    },
    same: (known, late) =>
      isAccountReceipt(known) && isAccountReceipt(late) && known.accountId === late.accountId && known.profileId === late.profileId,
    holdFor: (error, attempts): HoldReason | null => {
      if (error instanceof AccountMismatchError) return 'account-mismatch'
      return error instanceof ProfileMissingError && attempts + 1 >= PROFILE_ATTEMPTS ? 'account-without-profile' : null
    },
    estimate: async (task, { thorough }) => {
      const { key, attempts } = task.effect
      const ours = thorough || attempts > 0 ? await findAccount(paxos, task) : null
      if (ours)
        return {
          verdict: 'would-adopt-account',
          detail: `account ${ours.id} exists under our key; it would be adopted`,
          effects: [{ act: 'adopt', key }],
          receipt: MADE_UP,
        }
      return {
        verdict: 'would-create-account',
        detail: `no account exists under ${key}; one would be created with its profile`,
        effects: [{ act: 'open', key }],
        receipt: MADE_UP,
      }
    },
  }
}

function identityOf({ snapshot }: EffectTask<Snapshot>): string {
  return snapshot.onboarding.identityId
}

/** Recovery without assumptions (paxos/api.md 5.1): lists the identity's accounts and matches our key. */
async function findAccount(paxos: PaxosClient, task: EffectTask<Snapshot>): Promise<PaxosAccount | null> {
  const accounts = await paxos.accounts.listOfIdentity(identityOf(task), { priority: task.priority })
  return accounts.find((account) => account.refId === task.effect.key) ?? null
}

/** Accepts an answer only for the requested identity, key and type. */
async function receiptFor(
  paxos: PaxosClient,
  task: EffectTask<Snapshot>,
  account: PaxosAccount,
  how: AccountReceipt['how'],
): Promise<AccountReceipt> {
  const asked = account.identityId === identityOf(task) && account.refId === task.effect.key && account.type === ACCOUNT_TYPE
  if (!asked) throw new AccountMismatchError(account.id)
  let current = account
  for (let reads = 0; current.profileId === null && reads < PROFILE_READS; reads += 1) {
    await sleep(PROFILE_WAIT_MS)
    current = await paxos.accounts.get(account.id, { priority: task.priority })
  }
  if (current.profileId === null) throw new ProfileMissingError(account.id)
  return { kind: 'account', accountId: current.id, profileId: current.profileId, how }
}
