import { type AccountInput, type AccountSnapshot, isOpened, OPEN_ACCOUNT, type OpenedReceipt } from '../domain/account/account.ts'
import { jointStanding, standingOfStatus } from '../domain/account/owner-standing.ts'
import type { Receipt } from '../domain/effect.ts'
import type { NewAccount, PaxosAccount } from '../paxos/accounts.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import { PaxosRefusedError, PaxosRejectedError } from '../paxos/paxos-errors.ts'
import type { Vault } from '../vault/vault.ts'
import { createAccount, findAccount, holdForAccount, lookUpAccount } from './account-at-paxos.ts'
import type { EffectKind, EffectTask } from './effect-kind.ts'
import { PayloadMissingError } from './payload-missing.ts'

/** For estimates. */
const MADE_UP: OpenedReceipt = { kind: 'account-opened', accountId: 'made-up', profileId: 'made-up', members: '{}', how: 'created' }

/**
 * Opens a further account with its profile and its members, or adopts the one under its key. A refusal by Paxos is an answer. Before a
 * second try the owners are read again: an owner may have lost the approval since the first.
 */
export function openAccountEffect({ paxos, vault }: { paxos: PaxosClient; vault: Vault }): EffectKind<AccountSnapshot> {
  return {
    kind: OPEN_ACCOUNT,
    asksPaxos: true,
    room: (priority) => paxos.room('accounts.create', { priority }),
    perform: async (task) => {
      const { streamId, effect, priority, snapshot } = task
      if (effect.attempts > 0 && !(await ownersTrade(paxos, snapshot.account.owners, priority))) return refused('owner-not-approved')
      const sealed = await vault.open(streamId)
      if (sealed === null) throw new PayloadMissingError(streamId)
      try {
        return receiptFor(await createAccount(paxos, { ...wanted(task), ...(sealed as AccountInput) }, priority), 'created') // sealed by openAccount
      } catch (error) {
        if (error instanceof PaxosRefusedError) return refused(error.problem)
        if (error instanceof PaxosRejectedError) return refused('rejected-by-paxos')
        throw error
      }
    },
    find: async (task, conflict) => {
      const found = await lookUpAccount(paxos, wanted(task), { priority: task.priority, conflict })
      return found && receiptFor(found, 'adopted')
    },
    same: (known, late) =>
      isOpened(known) && isOpened(late)
        ? known.accountId === late.accountId && known.profileId === late.profileId
        : known.kind === late.kind,
    holdFor: (error, attempts) => holdForAccount(error, attempts),
    estimate: async (task) => {
      const { key } = task.effect
      const ours = await findAccount(paxos, wanted(task), task.priority)
      return ours
        ? {
            verdict: 'would-adopt-account',
            detail: `account ${ours.id} exists under our key; it would be adopted`,
            effects: [{ act: 'adopt', key }],
            receipt: MADE_UP,
          }
        : {
            verdict: 'would-create-account',
            detail: `no account exists under ${key}; one would be created with its profile`,
            effects: [{ act: 'open', key }],
            receipt: MADE_UP,
          }
    },
  }
}

const refused = (reason: string): Receipt => ({ kind: 'account-refused', reason })

function wanted({ snapshot: { account }, effect }: EffectTask<AccountSnapshot>): NewAccount {
  const { identityId, type, members } = account
  return { identityId, refId: effect.key, type, members }
}

async function ownersTrade(paxos: PaxosClient, owners: readonly string[], priority: 'live' | 'replay'): Promise<boolean> {
  const identities = await Promise.all(owners.map((id) => paxos.identities.get(id, { priority })))
  return jointStanding(identities.map(({ status }) => standingOfStatus(status))) === 'trades'
}

function receiptFor({ id, profileId, members = [] }: PaxosAccount & { profileId: string }, how: OpenedReceipt['how']): OpenedReceipt {
  const ids = Object.fromEntries(members.map((member) => [member.identityId, member.id]))
  return { kind: 'account-opened', accountId: id, profileId, members: JSON.stringify(ids), how }
}
