import { isDeepStrictEqual } from 'node:util'
import type { Actor } from '../../domain/actor.ts'
import { addFaults, type NewMember, removeFault } from '../../domain/institution/institution-members.ts'
import { CHANGE_MEMBERS, type MemberAction, type MemberChangeSnapshot, openMemberChange } from '../../domain/institution/member-change.ts'
import { IdempotencyKeyReusedError } from '../../inbox/commands.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { MemberChangeRecord } from '../../ledger/read-member-changes.ts'
import type { PaxosInstitution } from '../../paxos/institution-members.ts'
import type { PaxosClient } from '../../paxos/paxos-client.ts'
import { PaxosNotFoundError } from '../../paxos/paxos-errors.ts'
import { AppError } from '../../platform/app-error.ts'
import { OnboardingUnknownError } from '../documents/document-errors.ts'
import { type Answered, awaitAnswer } from '../request/await-answer.ts'
import { type CommandParts, giveCommand } from '../request/give-command.ts'
import { idOfKey } from '../request/id-of-key.ts'
import { MembersNotPossibleError } from './require-members.ts'

/** A request to add these members, or to remove the one with this id at Paxos. */
export interface MemberRequest {
  /** The institution. */
  readonly identityId: string
  readonly idempotencyKey: string
  readonly change: { readonly members: readonly NewMember[] } | { readonly memberId: string }
}

export interface MemberParts extends CommandParts {
  paxos: Pick<PaxosClient, 'institutionMembers' | 'identities'>
  ledger: Ledger<MemberChangeSnapshot>
  onboardings: { load(identityId: string): Promise<unknown> }
  find: (changeId: string) => Promise<MemberChangeRecord | null>
  /** Resolves once Paxos has answered, or after 5 s. */
  answered: Answered
  /** Milliseconds since 1970. */
  now: () => number
}

/** The institution has no member with this id. */
export class MemberUnknownError extends AppError {
  readonly code = 'MEMBER_UNKNOWN'
  readonly retry = 'never'
  constructor(memberId: string) {
    super(`The institution has no member ${memberId}. GET /v1/onboardings/{id}/members lists them with their ids.`)
  }
}

/**
 * Changes the members of an institution: checks the rules, commits the change, stores the command, waits up to 5 s for the answer. Safe to
 * repeat with the same key. @throws OnboardingUnknownError, MembersNotPossibleError, MemberUnknownError, IdempotencyKeyReusedError, PaxosError
 */
export async function changeMembers(
  parts: MemberParts,
  asked: MemberRequest,
  actor: Actor,
): Promise<{ change: MemberChangeRecord; created: boolean }> {
  const { identityId, idempotencyKey } = asked
  const changeId = idOfKey('members', idempotencyKey)
  const { action, members, memberId } = partsOf(asked)
  const known = await parts.find(changeId)
  if (known) {
    refuseOther(known, asked)
    return { change: known, created: false }
  }
  const institution = await readInstitution(parts, identityId)
  if (memberId === null) await requireAddable(parts, institution, members)
  else requireRemovable(institution, memberId)
  const at = new Date(parts.now())
  const place = { changeId, identityId, action, members, memberId }
  const draft = openMemberChange({ ...place, state: 'submitting', reason: null, requestedAt: at.getTime() })
  const committed = await parts.ledger.commit({ before: null, draft, actor: `${actor.kind}:${actor.name}`, at })
  if (!committed) return changeMembers(parts, asked, actor) // another request with the same key was faster
  await giveCommand(parts, { kind: CHANGE_MEMBERS, streamId: changeId, identityId }, { idempotencyKey, actor })
  return { change: await awaitAnswer(changeId, parts), created: true }
}

function partsOf({ change }: MemberRequest): { action: MemberAction; members: readonly NewMember[]; memberId: string | null } {
  return 'memberId' in change
    ? { action: 'remove', members: [], memberId: change.memberId }
    : { action: 'add', members: change.members, memberId: null }
}

/** An institution of ours with its members. @throws OnboardingUnknownError, MembersNotPossibleError, PaxosError */
export async function readInstitution(
  { onboardings, paxos }: Pick<MemberParts, 'onboardings' | 'paxos'>,
  identityId: string,
): Promise<PaxosInstitution> {
  if (!(await onboardings.load(identityId))) throw new OnboardingUnknownError(identityId)
  const institution = await paxos.institutionMembers.read(identityId)
  if (institution.type !== 'PERSON') return institution
  throw new MembersNotPossibleError(`Identity ${identityId} is a person. Only an institution has members.`)
}

/** @throws MembersNotPossibleError naming every member that cannot be added */
async function requireAddable({ paxos }: MemberParts, institution: PaxosInstitution, members: readonly NewMember[]): Promise<void> {
  const statuses = await Promise.all(members.map(({ identityId }) => statusOf(paxos, identityId)))
  const unapproved = statuses.flatMap((status, at) => {
    const message = status === null ? 'is not an identity at Paxos' : `is ${status}, not APPROVED; wait for its decision`
    return status === 'APPROVED' ? [] : [{ field: `members.${at}.identityId`, message }]
  })
  const errors = [...unapproved, ...addFaults(institution, members).map(({ field, message }) => ({ field, message }))]
  if (errors.length > 0) throw new MembersNotPossibleError(`Nothing was sent: ${say(errors)}.`, errors)
}

/** @throws MemberUnknownError, MembersNotPossibleError */
function requireRemovable(institution: PaxosInstitution, memberId: string): void {
  if (!institution.members.some((member) => member.memberId === memberId)) throw new MemberUnknownError(memberId)
  const fault = removeFault(institution, memberId)
  if (fault === null) return
  const errors = [{ field: fault.field, message: fault.message }]
  throw new MembersNotPossibleError(`Nothing was sent: ${say(errors)}.`, errors)
}

const say = (errors: readonly { field: string; message: string }[]): string =>
  errors.map(({ field, message }) => `${field} ${message}`).join('; ')

/** The live status; null: not an identity at Paxos. */
async function statusOf(paxos: MemberParts['paxos'], identityId: string): Promise<string | null> {
  try {
    return (await paxos.identities.get(identityId)).status
  } catch (error) {
    if (error instanceof PaxosNotFoundError) return null
    throw error
  }
}

/** The same key with any field changed is an error that names the fields (A7). */
function refuseOther(known: MemberChangeRecord, asked: MemberRequest): void {
  const { members, memberId } = partsOf(asked)
  const fields: string[] = known.identityId === asked.identityId ? [] : ['identityId']
  if (known.memberId !== memberId) fields.push('memberId')
  if (!isDeepStrictEqual(known.members, members)) fields.push('members')
  if (fields.length > 0) throw new IdempotencyKeyReusedError(fields)
}
