import type { AccountMember, AccountType, AskedMember } from '../../domain/account/account.ts'
import { accountFaults } from '../../domain/account/account-faults.ts'
import {
  type AccountMemberChange,
  type AccountMemberChangeSnapshot,
  CHANGE_ACCOUNT_MEMBERS,
  openAccountMemberChange,
} from '../../domain/account/account-member-change.ts'
import type { Actor } from '../../domain/actor.ts'
import { IdempotencyKeyReusedError } from '../../inbox/commands.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { AccountMemberChangeRecord } from '../../ledger/read-account-member-changes.ts'
import type { AccountRecord } from '../../ledger/read-accounts.ts'
import type { PaxosClient } from '../../paxos/paxos-client.ts'
import { type Answered, awaitAnswer } from '../request/await-answer.ts'
import { type CommandParts, giveCommand } from '../request/give-command.ts'
import { idOfKey } from '../request/id-of-key.ts'
import { AccountNotPossibleError, LastOwnerError, MemberUnknownError } from './account-errors.ts'
import { type PartyParts, readParties } from './known-parties.ts'

export interface ChangeMembersParts extends CommandParts, Pick<PartyParts, 'onboardings'> {
  accountMemberChanges: Ledger<AccountMemberChangeSnapshot>
  paxos: Pick<PaxosClient, 'accounts' | 'identities'>
  account: (accountId: string) => Promise<AccountRecord>
  findChange: (changeKey: string) => Promise<AccountMemberChangeRecord | null>
  /** Resolves once Paxos has answered, or after 5 s. */
  changed: Answered
  /** Milliseconds since 1970. */
  now: () => number
}

export interface AddMembers {
  readonly accountId: string
  readonly idempotencyKey: string
  readonly members: readonly AskedMember[]
}

export interface ChangedMembers {
  readonly change: AccountMemberChangeRecord
  readonly created: boolean
}

/**
 * Adds members to an account. Every fault is named before anything is sent. Safe to repeat with the same key.
 * @throws AccountUnknownError, AccountNotPossibleError, IdempotencyKeyReusedError, PaxosError
 */
export async function addAccountMembers(parts: ChangeMembersParts, asked: AddMembers, actor: Actor): Promise<ChangedMembers> {
  const { accountId, idempotencyKey, members } = asked
  const changeKey = idOfKey('membership', `add/${idempotencyKey}`)
  const known = await parts.findChange(changeKey)
  if (known) {
    refuseOther(known, asked)
    return { change: known, created: false }
  }
  const { identityId } = await admit(parts, asked)
  const added = members.map((member): AccountMember => ({ ...member, memberId: null }))
  return commit(
    parts,
    { changeKey, accountId, identityId, kind: 'add', members: added },
    { idempotencyKey: `add/${idempotencyKey}`, actor },
  )
}

/**
 * Removes a member from an account. Paxos uses no id of a membership twice, so a repeated request removes nothing else.
 * @throws AccountUnknownError, MemberUnknownError, LastOwnerError, PaxosError
 */
export async function removeAccountMember(
  parts: ChangeMembersParts,
  { accountId, memberId }: { accountId: string; memberId: string },
  actor: Actor,
): Promise<ChangedMembers> {
  const idempotencyKey = `remove/${accountId}/${memberId}`
  const changeKey = idOfKey('membership', idempotencyKey)
  const known = await parts.findChange(changeKey)
  if (known) return { change: known, created: false }
  const { identityId } = await parts.account(accountId)
  if (memberId === identityId) throw new LastOwnerError(accountId)
  const member = (await parts.paxos.accounts.get(accountId)).members?.find(({ id }) => id === memberId)
  if (!member) throw new MemberUnknownError(accountId, memberId)
  if (member.identityId === identityId) throw new LastOwnerError(accountId)
  const roles = member.roles as AskedMember['roles'] // as Paxos says; a role that Paxos adds later stays as it is
  const removed = [{ identityId: member.identityId, roles, memberId }]
  return commit(parts, { changeKey, accountId, identityId, kind: 'remove', members: removed }, { idempotencyKey, actor })
}

/** @throws AccountUnknownError, AccountNotPossibleError, PaxosError */
async function admit(parts: ChangeMembersParts, { accountId, members }: AddMembers): Promise<AccountRecord> {
  const account = await parts.account(accountId)
  const { identityId, members: present } = account
  const type = account.type as AccountType // recorded by us
  const parties = await readParties(parts, [identityId, ...members.map((member) => member.identityId)])
  const faults = accountFaults({ identityId, type, members }, (id) => parties.get(id) ?? { state: null, status: null, type: null })
  const twice = members.flatMap((member, index) =>
    member.identityId === identityId || present.some((each) => each.identityId === member.identityId)
      ? [{ field: `members.${index}.identityId`, message: `${member.identityId} is a member already; remove the membership first` }]
      : [],
  )
  if (faults.length + twice.length > 0) throw new AccountNotPossibleError([...faults, ...twice])
  return account
}

async function commit(
  parts: ChangeMembersParts,
  asked: Pick<AccountMemberChange, 'changeKey' | 'accountId' | 'identityId' | 'kind' | 'members'>,
  { idempotencyKey, actor }: { idempotencyKey: string; actor: Actor },
): Promise<ChangedMembers> {
  const { changeKey, accountId, identityId, members } = asked
  const at = new Date(parts.now())
  const draft = openAccountMemberChange({ ...asked, state: 'submitting', reason: null, requestedAt: at.getTime() })
  const committed = await parts.accountMemberChanges.commit({ before: null, draft, actor: `${actor.kind}:${actor.name}`, at })
  const input = { accountId, members: members.map((member) => ({ identityId: member.identityId, roles: member.roles })) }
  await giveCommand(parts, { kind: CHANGE_ACCOUNT_MEMBERS, streamId: changeKey, identityId }, { ...input, idempotencyKey, actor })
  return { change: await awaitAnswer(changeKey, { find: parts.findChange, answered: parts.changed }), created: committed !== null }
}

/** The same key with any field changed is an error that names the field (A7). */
function refuseOther(known: AccountMemberChangeRecord, { accountId, members }: AddMembers): void {
  const say = (list: readonly AskedMember[]): string => JSON.stringify(list.map((each) => [each.identityId, [...each.roles].sort()]).sort())
  const fields: string[] = [
    ...(known.accountId === accountId ? [] : ['accountId']),
    ...(say(known.members) === say(members) ? [] : ['members']),
  ]
  if (fields.length > 0) throw new IdempotencyKeyReusedError(fields)
}
