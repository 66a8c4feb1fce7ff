import { type AccountReceipt, CREATE_ACCOUNT, isAccountReceipt } from '../domain/onboarding/account-effect.ts'
import type { HoldReason, Snapshot } from '../domain/onboarding/onboarding.ts'
import type { NewAccount } from '../paxos/accounts.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import { createAccount, findAccount, holdForAccount, lookUpAccount } from './account-at-paxos.ts'
import type { EffectKind, EffectTask } from './effect-kind.ts'

const ACCOUNT_TYPE = 'BROKERAGE'
/** For estimates. */
const MADE_UP: AccountReceipt = { kind: 'account', accountId: 'made-up', profileId: 'made-up', how: 'created' }

/** Opens the identity's first brokerage account with its profile, or adopts the one under our key. */
export function createAccountEffect(paxos: PaxosClient): EffectKind<Snapshot> {
  return {
    kind: CREATE_ACCOUNT,
    asksPaxos: true,
    room: (priority) => paxos.room('accounts.create', { priority }),
    perform: async (task): Promise<AccountReceipt> => {
      const { id: accountId, profileId } = await createAccount(paxos, wanted(task), task.priority)
      return { kind: 'account', accountId, profileId, how: 'created' }
    },
    find: async (task, conflict): Promise<AccountReceipt | null> => {
      const found = await lookUpAccount(paxos, wanted(task), { priority: task.priority, conflict })
      return found && { kind: 'account', accountId: found.id, profileId: found.profileId, how: 'adopted' }
    },
    same: (known, late) =>
      isAccountReceipt(known) && isAccountReceipt(late) && known.accountId === late.accountId && known.profileId === late.profileId,
    holdFor: (error, attempts): HoldReason | null => holdForAccount(error, attempts),
    estimate: async (task, { thorough }) => {
      const { key, attempts } = task.effect
      const ours = thorough || attempts > 0 ? await findAccount(paxos, wanted(task), task.priority) : null
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

function wanted({ snapshot, effect }: EffectTask<Snapshot>): NewAccount {
  return { identityId: snapshot.onboarding.identityId, refId: effect.key, type: ACCOUNT_TYPE }
}
