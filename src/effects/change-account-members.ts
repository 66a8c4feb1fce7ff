import {
  type AccountMemberChangeSnapshot,
  ADD_ACCOUNT_MEMBERS,
  isChanged,
  REMOVE_ACCOUNT_MEMBER,
} from '../domain/account/account-member-change.ts'
import type { Receipt } from '../domain/effect.ts'
import type { PaxosAccountMember } from '../paxos/accounts.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import { PaxosConflictError, PaxosNotFoundError, PaxosRefusedError, PaxosRejectedError } from '../paxos/paxos-errors.ts'
import type { EffectKind, EffectTask } from './effect-kind.ts'

type Task = EffectTask<AccountMemberChangeSnapshot>

/** The kinds of effects that a change of an account's members intends. Paxos takes no ref_id for them: the account tells whether it acted. */
export function accountMemberChangeEffects(paxos: PaxosClient): readonly EffectKind<AccountMemberChangeSnapshot>[] {
  return [addMembersEffect(paxos), removeMemberEffect(paxos)]
}

function addMembersEffect(paxos: PaxosClient): EffectKind<AccountMemberChangeSnapshot> {
  const find = async (task: Task): Promise<Receipt | null> => {
    const there = await readMembers(paxos, task)
    const asked = task.snapshot.change.members.map(({ identityId, roles }) =>
      there.find((member) => member.identityId === identityId && roles.every((role) => member.roles.includes(role))),
    )
    return asked.every((member) => member !== undefined) ? changed(asked, 'found') : null
  }
  return {
    ...common,
    kind: ADD_ACCOUNT_MEMBERS,
    room: (priority) => paxos.room('accounts.add-members', { priority }),
    perform: async (task) => {
      const { accountId, members } = task.snapshot.change
      try {
        return changed(await paxos.accounts.addMembers(accountId, members, { priority: task.priority }), 'sent')
      } catch (error) {
        if (!isRefusal(error)) throw error
        return (await find(task)) ?? refused(error) // an earlier call may have acted after its look-up
      }
    },
    find,
    estimate: async ({ effect: { key } }) => ({
      verdict: 'would-change-identity',
      detail: 'the members would be added to the account, or found there',
      effects: [{ act: 'change', key }],
      receipt: changed([], 'sent'),
    }),
  }
}

function removeMemberEffect(paxos: PaxosClient): EffectKind<AccountMemberChangeSnapshot> {
  const find = async (task: Task): Promise<Receipt | null> => {
    const there = await readMembers(paxos, task)
    const { members } = task.snapshot.change
    return there.some(({ id }) => members.some(({ memberId }) => memberId === id)) ? null : changed([], 'found')
  }
  return {
    ...common,
    kind: REMOVE_ACCOUNT_MEMBER,
    room: (priority) => paxos.room('accounts.remove-member', { priority }),
    perform: async (task) => {
      const [member] = task.snapshot.change.members
      try {
        await paxos.accounts.removeMember(member?.memberId ?? '', { priority: task.priority })
        return changed([], 'sent')
      } catch (error) {
        if (!isRefusal(error) && !(error instanceof PaxosNotFoundError)) throw error
        return (await find(task)) ?? refused(error)
      }
    },
    find,
    estimate: async ({ effect: { key } }) => ({
      verdict: 'would-change-identity',
      detail: 'the member would be removed from the account, if it is still there',
      effects: [{ act: 'change', key }],
      receipt: changed([], 'sent'),
    }),
  }
}

const common = {
  asksPaxos: true,
  same: (known: Receipt, late: Receipt) => isChanged(known) === isChanged(late),
} as const

type Refusal = PaxosRefusedError | PaxosRejectedError | PaxosConflictError | PaxosNotFoundError

function isRefusal(error: unknown): error is Refusal {
  return error instanceof PaxosRefusedError || error instanceof PaxosRejectedError || error instanceof PaxosConflictError
}

function refused(error: Refusal): Receipt {
  return { kind: 'members-refused', reason: error instanceof PaxosRefusedError ? error.problem : 'rejected-by-paxos' }
}

async function readMembers(paxos: PaxosClient, { snapshot, priority }: Task): Promise<readonly PaxosAccountMember[]> {
  return (await paxos.accounts.get(snapshot.change.accountId, { priority })).members ?? []
}

function changed(members: readonly PaxosAccountMember[], how: 'sent' | 'found'): Receipt {
  const ids = Object.fromEntries(members.map(({ identityId, id }) => [identityId, id]))
  return { kind: 'members-changed', members: JSON.stringify(ids), how }
}
