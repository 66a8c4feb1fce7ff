import { setTimeout as sleep } from 'node:timers/promises'
import type { IdentityRequestSnapshot, OnDuplicate } from '../../domain/identity-request/identity-request.ts'
import type { Command } from '../../inbox/commands.ts'
import type { OpenEvent } from '../../inbox/complete-events.ts'
import type { Inbox } from '../../inbox/inbox.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { hashInput, keyedHash } from '../../platform/keyed-hash.ts'
import { CREATE_ONBOARDING, openIdentityRequest } from '../../saga/identity-request-route.ts'
import { EffectInProgressError, EffectRefusedError } from '../../saga/saga-errors.ts'
import type { Vault } from '../../vault/vault.ts'
import { requireMembers } from './require-members.ts'

export interface CreateParts {
  inbox: Pick<Inbox, 'acceptCommand' | 'findCommand' | 'reopen'>
  requests: Ledger<IdentityRequestSnapshot>
  vault: Vault
  paxos: Parameters<typeof requireMembers>[0]
  /** Processes an event immediately, as a worker would. Throws the failure, which the event's row also records. */
  workNow: (event: OpenEvent) => Promise<void>
  /** 32 bytes: the key for the hashes of the request and of its idempotency key. */
  encryptionKey: Buffer
  /** Milliseconds that a caller waits for the onboarding; 5,000 by default. */
  patienceMs?: number
  now: () => number
}

export interface CreateOrder {
  idempotencyKey: string
  /** Body of Paxos's Create Identity (paxos/api.md 4.1); `ref_id` optional. Sealed in the vault until the identity exists. */
  request: Record<string, unknown> & {
    ref_id?: string | undefined
    institution_members?: readonly { identity_id: string }[] | undefined
    /** Ours, and not sent to Paxos: what to do when Paxos knows the person already; `refuse` by default. */
    onDuplicate?: OnDuplicate | undefined
  }
  /** The requester's name for the ledger. */
  requestedBy: string
}

/**
 * `created`: true if this request created it, false if it existed. `running`: it takes longer; read the command for its progress.
 * `duplicate`: Paxos knows the person already, and the request asked for a review.
 */
export type CreatedOnboarding =
  | { kind: 'opened'; identityId: string; created: boolean }
  | { kind: 'running'; commandId: string }
  | { kind: 'duplicate'; commandId: string; requestId: string; existingIdentityId: string }

const PATIENCE_MS = 5_000
const POLL_EVERY_MS = 50

/**
 * Onboards a person: commits the command, processes it immediately, and waits a few seconds for the result. Safe to repeat with the same key,
 * also after a lost answer. A worker finishes what this process does not; the person's data stays sealed until then.
 * @throws IdempotencyKeyReusedError, RefIdTakenError, PersonErasedError, MembersNotPossibleError, PersonAlreadyKnownError, PaxosError
 */
export async function createOnboarding(parts: CreateParts, order: CreateOrder): Promise<CreatedOnboarding> {
  const { encryptionKey, requests, vault, inbox, now } = parts
  const { idempotencyKey, request, requestedBy } = order
  const { onDuplicate = 'refuse', ...person } = request
  const hashes = hashInput(encryptionKey, { purpose: CREATE_ONBOARDING, idempotencyKey, input: request })
  const requestId = idOfHash(hashes.key)
  await vault.refuseErased(requestId)
  const known = await requests.load(requestId)
  if (!known) {
    await requireMembers(parts.paxos, request.institution_members ?? [])
    const refId = request.ref_id ?? derivedRefId(encryptionKey, idempotencyKey)
    await openIdentityRequest(requests, { requestId, refId, onDuplicate, requestedBy }, new Date(now()))
  }
  const { command, fresh } = await inbox.acceptCommand({ kind: CREATE_ONBOARDING, streamId: requestId, hashes, requestedBy })
  if (command.state === 'done') return result(parts, command, { created: false })
  await vault.seal(requestId, person)
  // A failed attempt is repeated immediately. An attempt that another process may still be running is left to that process.
  const [event] = command.state === 'failed' ? await inbox.reopen([command.event.seq], { authority: 'machine' }) : [command.event]
  const idle = fresh || command.state === 'failed' || command.errorCode !== null
  return finish(parts, { ...command, event: event ?? command.event }, idle)
}

/** Processes the command, or watches it, while the caller waits. */
async function finish(parts: CreateParts, command: Command, idle: boolean): Promise<CreatedOnboarding> {
  const { patienceMs = PATIENCE_MS, inbox, workNow } = parts
  const deadline = performance.now() + patienceMs
  if (idle) {
    const worked = workNow(command.event)
    await Promise.race([worked.catch(refusalOf), sleep(patienceMs, undefined, { ref: false })])
    worked.catch(() => undefined) // its row records the failure
  }
  for (;;) {
    const seen = await inbox.findCommand(command.id)
    if (seen?.state === 'done') return result(parts, seen, { created: true })
    if (performance.now() > deadline) return { kind: 'running', commandId: command.id }
    await sleep(POLL_EVERY_MS)
  }
}

/** The answer for the caller: the refusal itself, but no failure of another process's attempt. */
function refusalOf(error: unknown): void {
  if (error instanceof EffectInProgressError) return
  throw error instanceof EffectRefusedError && error.cause instanceof Error ? error.cause : error
}

async function result({ requests }: CreateParts, { id, streamId }: Command, { created }: { created: boolean }): Promise<CreatedOnboarding> {
  const { identityId = null, duplicateOf = null } = (await requests.load(streamId))?.request ?? {}
  if (duplicateOf !== null) return { kind: 'duplicate', commandId: id, requestId: streamId, existingIdentityId: duplicateOf }
  return identityId !== null ? { kind: 'opened', identityId, created } : { kind: 'running', commandId: id }
}

/** The id of the request for an identity under this Idempotency-Key. */
export function requestIdOf(encryptionKey: Buffer, idempotencyKey: string): string {
  return idOfHash(hashInput(encryptionKey, { purpose: CREATE_ONBOARDING, idempotencyKey, input: null }).key)
}

function idOfHash(keyHash: Buffer): string {
  return `identity_request_${keyHash.toString('hex').slice(0, 32)}`
}

function derivedRefId(encryptionKey: Buffer, idempotencyKey: string): string {
  return `gatehouse-${keyedHash(encryptionKey, 'ref-id', idempotencyKey).toString('hex').slice(0, 32)}`
}
