import { setTimeout as sleep } from 'node:timers/promises'
import type { IdentityRequestSnapshot } from '../domain/identity-request/identity-request.ts'
import type { Command } from '../inbox/commands.ts'
import type { OpenEvent } from '../inbox/complete-events.ts'
import type { Inbox } from '../inbox/inbox.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { hashInput, keyedHash } from '../platform/keyed-hash.ts'
import { CREATE_ONBOARDING, openIdentityRequest } from '../saga/identity-request-route.ts'
import { EffectInHandError, EffectRefusedError } from '../saga/saga-errors.ts'
import type { Vault } from '../vault/vault.ts'

export interface CreateParts {
  inbox: Pick<Inbox, 'acceptCommand' | 'findCommand' | 'reopen'>
  requests: Ledger<IdentityRequestSnapshot>
  vault: Vault
  /** Works on an event at once, as a worker would; throws what made it fail, which its row keeps too. */
  workNow: (event: OpenEvent) => Promise<void>
  /** 32 bytes: keys the hashes that stand for the request and its key. */
  encryptionKey: Buffer
  /** How long a caller waits for the onboarding, milliseconds; 5,000 by default. */
  patienceMs?: number
  now: () => number
}

export interface CreateOrder {
  idempotencyKey: string
  /** Body of Paxos's Create Identity (paxos/api.md 4.1); `ref_id` optional. Sealed in the vault until the identity exists. */
  request: Record<string, unknown> & { ref_id?: string | undefined }
  /** Who asked: a name for the ledger. */
  requestedBy: string
}

/** `created`: by this request; else it was there already. `running`: it takes longer; the command says how far it is. */
export type CreatedOnboarding = { kind: 'opened'; identityId: string; created: boolean } | { kind: 'running'; commandId: string }

const PATIENCE_MS = 5_000
const POLL_EVERY_MS = 50

/**
 * Onboards a person: commits the command, works on it at once, and waits a few seconds for its end. Safe to repeat with the same key, also after a lost
 * answer. What this process does not finish, a worker does: the person's data is sealed until then.
 * @throws IdempotencyKeyReusedError, RefIdTakenError, PersonAlreadyKnownError, PaxosError
 */
export async function createOnboarding(parts: CreateParts, order: CreateOrder): Promise<CreatedOnboarding> {
  const { encryptionKey, requests, vault, inbox, now } = parts
  const { idempotencyKey, request, requestedBy } = order
  const hashes = hashInput(encryptionKey, { purpose: CREATE_ONBOARDING, idempotencyKey, input: request })
  const requestId = `identity_request_${hashes.key.toString('hex').slice(0, 32)}`
  const known = await requests.load(requestId)
  if (!known) {
    const refId = request.ref_id ?? derivedRefId(encryptionKey, idempotencyKey)
    await openIdentityRequest(requests, { requestId, refId, requestedBy }, new Date(now()))
  }
  const { command, fresh } = await inbox.acceptCommand({ kind: CREATE_ONBOARDING, streamId: requestId, hashes, requestedBy })
  if (command.state === 'done') return result(parts, command, { created: false })
  await vault.seal(requestId, request)
  // A try that has ended is made again at once; one that may be under way in another process is left to it.
  const [event] = command.state === 'failed' ? await inbox.reopen([command.event.seq], { authority: 'machine' }) : [command.event]
  const idle = fresh || command.state === 'failed' || command.errorCode !== null
  return finish(parts, { ...command, event: event ?? command.event }, idle)
}

/** Works on the command, or watches it, for as long as the caller waits. */
async function finish(parts: CreateParts, command: Command, idle: boolean): Promise<CreatedOnboarding> {
  const { patienceMs = PATIENCE_MS, inbox, workNow } = parts
  const deadline = performance.now() + patienceMs
  if (idle) {
    const worked = workNow(command.event)
    await Promise.race([worked.catch(refusalOf), sleep(patienceMs, undefined, { ref: false })])
    worked.catch(() => undefined) // its row keeps the failure
  }
  for (;;) {
    const seen = await inbox.findCommand(command.id)
    if (seen?.state === 'done') return result(parts, seen, { created: true })
    if (performance.now() > deadline) return { kind: 'running', commandId: command.id }
    await sleep(POLL_EVERY_MS)
  }
}

/** What the caller is told: the refusal itself, and nothing of an attempt that another process makes. */
function refusalOf(error: unknown): void {
  if (error instanceof EffectInHandError) return
  throw error instanceof EffectRefusedError && error.cause instanceof Error ? error.cause : error
}

async function result({ requests }: CreateParts, { id, streamId }: Command, { created }: { created: boolean }): Promise<CreatedOnboarding> {
  const identityId = (await requests.load(streamId))?.request.identityId
  return identityId ? { kind: 'opened', identityId, created } : { kind: 'running', commandId: id }
}

function derivedRefId(encryptionKey: Buffer, idempotencyKey: string): string {
  return `gatehouse-${keyedHash(encryptionKey, 'ref-id', idempotencyKey).toString('hex').slice(0, 32)}`
}
