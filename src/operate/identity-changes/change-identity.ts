import type { Actor } from '../../domain/actor.ts'
import {
  type ChangeKind,
  type ChangePayload,
  type ChangeSnapshot,
  type IdentityChange,
  isPending,
  openChange,
} from '../../domain/identity-change/identity-change.ts'
import { IdempotencyKeyReusedError } from '../../inbox/commands.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { ChangeRecord } from '../../ledger/read-changes.ts'
import { hashInput } from '../../platform/keyed-hash.ts'
import { CHANGE_IDENTITY } from '../../saga/identity-change-route.ts'
import type { Vault } from '../../vault/vault.ts'
import { type Answered, awaitAnswer } from '../request/await-answer.ts'
import { type CommandParts, giveCommand } from '../request/give-command.ts'
import { idOfKey } from '../request/id-of-key.ts'

/** A change that was asked for. `check` reads Paxos and finds out what it would refuse; it is asked once per change. */
export interface AskedChange {
  readonly identityId: string
  readonly kind: ChangeKind
  readonly idempotencyKey: string
  /** The request's fields in the caller's terms: the same key with another one is an error that names it. */
  readonly input: Readonly<Record<string, unknown>>
  readonly payload: ChangePayload
  readonly check: () => Promise<Pick<IdentityChange, 'fields' | 'control' | 'reasonCode' | 'controlId'>>
}

export interface ChangeParts extends CommandParts {
  changes: Ledger<ChangeSnapshot>
  vault: Pick<Vault, 'seal' | 'remove'>
  find: (changeId: string) => Promise<ChangeRecord | null>
  /** Resolves once Paxos has answered, or after 5 s. */
  answered: Answered
  /** Milliseconds since 1970. */
  now: () => number
}

/**
 * Commits the change with its intent, seals its data, stores the command that sends it, and waits up to 5 s for the answer. Safe to repeat
 * with the same key; a repeated request also completes one whose process died before the command.
 * @throws IdempotencyKeyReusedError, and what `check` throws
 */
export async function changeIdentity(
  parts: ChangeParts,
  asked: AskedChange,
  actor: Actor,
): Promise<{ change: ChangeRecord; created: boolean }> {
  const { kind, identityId } = asked
  const input = { id: identityId, ...asked.input }
  const idempotencyKey = `${kind}/${asked.idempotencyKey}` // each kind has keys of its own
  const changeId = idOfKey('change', idempotencyKey)
  const { fields } = hashInput(parts.encryptionKey, { purpose: CHANGE_IDENTITY, idempotencyKey, input })
  const inputHashes = Object.entries(fields)
    .map(([path, hash]) => `${path}=${hash}`)
    .sort()
  const known = await parts.find(changeId)
  if (known) refuseOther(known.inputHashes, inputHashes)
  else {
    const requestedAt = parts.now()
    const draft = openChange({ ...(await asked.check()), changeId, identityId, kind, inputHashes, requestedAt })
    const committed = await parts.changes.commit({ before: null, draft, actor: `${actor.kind}:${actor.name}`, at: new Date(requestedAt) })
    if (!committed) return changeIdentity(parts, asked, actor) // another request with the same key was faster
  }
  if (known && !isPending(known.state)) return { change: known, created: false }
  await parts.vault.seal(changeId, asked.payload)
  await giveCommand(parts, { kind: CHANGE_IDENTITY, streamId: changeId, identityId }, { ...input, idempotencyKey, actor })
  const change = await awaitAnswer(changeId, parts)
  if (known && !isPending(change.state)) await parts.vault.remove(changeId) // the worker may have removed the data before it was sealed again
  return { change, created: !known }
}

/** The same key with any field changed is an error that names the field (A7). */
function refuseOther(known: readonly string[], given: readonly string[]): void {
  const differing = [...known.filter((each) => !given.includes(each)), ...given.filter((each) => !known.includes(each))]
  const fields = [...new Set(differing.map((each) => each.slice(0, each.lastIndexOf('='))))].sort()
  if (fields.length > 0) throw new IdempotencyKeyReusedError(fields)
}
