import {
  type Account,
  type AccountInput,
  type AccountSnapshot,
  type AccountType,
  type AskedMember,
  OPEN_ACCOUNT,
  ownersOf,
} from '../../domain/account/account.ts'
import { accountFaults } from '../../domain/account/account-faults.ts'
import { openAccountStream } from '../../domain/account/account-stream.ts'
import type { Actor } from '../../domain/actor.ts'
import { IdempotencyKeyReusedError } from '../../inbox/commands.ts'
import type { Inbox } from '../../inbox/inbox.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { FurtherAccountRecord } from '../../ledger/read-accounts.ts'
import { hashInput } from '../../platform/keyed-hash.ts'
import type { EventQueue } from '../../queue/event-queue.ts'
import type { Vault } from '../../vault/vault.ts'
import { OnboardingUnknownError } from '../documents/document-errors.ts'
import { type Answered, awaitAnswer } from '../request/await-answer.ts'
import { idOfKey } from '../request/id-of-key.ts'
import { AccountNotPossibleError } from './account-errors.ts'
import { type PartyParts, readParties } from './known-parties.ts'

/** A further account for a customer. */
export interface AccountRequest extends AccountInput {
  /** The customer: the primary owner. */
  readonly identityId: string
  readonly idempotencyKey: string
  readonly type: AccountType
  readonly members: readonly AskedMember[]
}

export interface OpenAccountParts extends PartyParts {
  accounts: Ledger<AccountSnapshot>
  vault: Vault
  inbox: Pick<Inbox, 'acceptCommand' | 'reopen'>
  queue: Pick<EventQueue, 'add'>
  find: (accountKey: string) => Promise<FurtherAccountRecord | null>
  /** Resolves once Paxos has answered, or after 5 s. */
  answered: Answered
  /** 32 bytes: the key for the hashes of requests. */
  encryptionKey: Buffer
  /** Milliseconds since 1970. */
  now: () => number
}

/**
 * Checks the request and every member, commits it with its intent, stores the command that calls Paxos, and waits up to 5 s for the answer.
 * Safe to repeat with the same key. @throws OnboardingUnknownError, AccountNotPossibleError, IdempotencyKeyReusedError, PaxosError
 */
export async function openAccount(
  parts: OpenAccountParts,
  asked: AccountRequest,
  actor: Actor,
): Promise<{ account: FurtherAccountRecord; created: boolean }> {
  const accountKey = idOfKey('account', asked.idempotencyKey)
  const known = await parts.find(accountKey)
  if (known) refuseOther(known, asked)
  else await admit(parts, asked)
  const unfinished = known === null || known.state === 'submitting' || known.state === 'unknown'
  if (unfinished) await parts.vault.seal(accountKey, inputOf(asked)) // first, so that no committed request lacks it
  if (!known && !(await commit(parts, asked, { accountKey, actor }))) return openAccount(parts, asked, actor) // another request was faster
  await command(parts, asked, { accountKey, actor })
  if (known && !unfinished) return { account: known, created: false }
  return { account: await awaitAnswer(accountKey, parts), created: known === null }
}

/** @throws OnboardingUnknownError, AccountNotPossibleError, PaxosError */
async function admit(parts: OpenAccountParts, asked: AccountRequest): Promise<void> {
  const { identityId, members } = asked
  if (!(await parts.onboardings.load(identityId))) throw new OnboardingUnknownError(identityId)
  const parties = await readParties(parts, [identityId, ...members.map((member) => member.identityId)])
  const faults = accountFaults(asked, (id) => parties.get(id) ?? { state: null, status: null, type: null })
  if (faults.length > 0) throw new AccountNotPossibleError(faults)
}

/** False: another request with the same key was faster, and its stream counts. */
async function commit(
  { accounts, now }: OpenAccountParts,
  { identityId, type, members }: AccountRequest,
  { accountKey, actor }: { accountKey: string; actor: Actor },
): Promise<boolean> {
  const at = new Date(now())
  const others = othersOf(identityId, members)
  const account: Account = {
    ...{ accountKey, accountId: null, identityId, profileId: null, type },
    members: others.map((member) => ({ ...member, memberId: null })),
    owners: ownersOf(identityId, others),
    ...{ state: 'submitting', reason: null, requestedBy: actor.name, requestedAt: at.getTime() },
  }
  return (await accounts.commit({ before: null, draft: openAccountStream(account), actor: `${actor.kind}:${actor.name}`, at })) !== null
}

/** A command that failed is done again: the caller repeats the request. */
async function command(
  { inbox, queue, encryptionKey }: OpenAccountParts,
  { idempotencyKey, ...input }: AccountRequest,
  { accountKey, actor }: { accountKey: string; actor: Actor },
): Promise<void> {
  const hashes = hashInput(encryptionKey, { purpose: OPEN_ACCOUNT, idempotencyKey, input })
  const what = { kind: OPEN_ACCOUNT, streamId: accountKey, identityId: input.identityId }
  const { command: given } = await inbox.acceptCommand({ ...what, hashes, requestedBy: actor.name })
  const [event] = given.state === 'failed' ? await inbox.reopen([given.event.seq], { authority: 'machine' }) : [given.event]
  if (given.state !== 'done') await queue.add([event ?? given.event]).catch(() => undefined)
}

/** The same key with any recorded field changed is an error that names the field (A7). The command compares the others by their hashes. */
function refuseOther(known: FurtherAccountRecord, { identityId, type, members }: AccountRequest): void {
  const say = (list: readonly AskedMember[]): string => JSON.stringify(list.map((each) => [each.identityId, [...each.roles].sort()]).sort())
  const fields: string[] = [
    ...(known.identityId === identityId ? [] : ['identityId']),
    ...(known.type === type ? [] : ['type']),
    ...(say(known.members) === say(othersOf(identityId, members)) ? [] : ['members']),
  ]
  if (fields.length > 0) throw new IdempotencyKeyReusedError(fields)
}

/** The customer is the primary owner in any case, and is not sent as a member. */
function othersOf(identityId: string, members: readonly AskedMember[]): AskedMember[] {
  return members.filter((member) => member.identityId !== identityId)
}

function inputOf({ description, metadata }: AccountRequest): AccountInput {
  return { ...(description === undefined ? {} : { description }), ...(metadata === undefined ? {} : { metadata }) }
}
