import { createHash, createHmac } from 'node:crypto'
import type { Pool } from 'pg'
import { newOnboarding } from '../domain/onboarding/onboarding.ts'
import { draftOf } from '../domain/stream.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { claimRequest, settleRequest } from '../ledger/onboarding-requests.ts'
import type { PaxosIdentity } from '../paxos/identities.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import { PaxosConflictError } from '../paxos/paxos-errors.ts'
import { AppError } from '../platform/app-error.ts'
import { canonicalJson } from '../platform/hash-chain.ts'

/** The same Idempotency-Key came with other data. Nothing was done. */
export class IdempotencyKeyReusedError extends AppError {
  readonly code = 'IDEMPOTENCY_KEY_REUSED'
  readonly retry = 'never'
}

/** The ref_id belongs to an onboarding that was asked for under another Idempotency-Key. */
export class RefIdTakenError extends AppError {
  readonly code = 'REF_ID_TAKEN'
  readonly retry = 'never'
}

/** Paxos knows this person (the cip_id triple) under another identity; a person must decide (paxos/api.md 4.6). */
export class PersonAlreadyKnownError extends AppError {
  readonly code = 'PERSON_ALREADY_KNOWN'
  readonly retry = 'never'
}

export interface CreateParts {
  pool: Pool
  ledger: Ledger
  paxos: PaxosClient
  /** 32 bytes: keys the hash that stands for the personal data of a request. */
  encryptionKey: Buffer
  now: () => number
}

export interface CreateOrder {
  idempotencyKey: string
  /** Body of Paxos's Create Identity (paxos/api.md 4.1); `ref_id` optional. Passes through memory only. */
  request: Record<string, unknown> & { ref_id?: string | undefined }
  /** Who asked: a name for the ledger. */
  requestedBy: string
}

/**
 * Creates a person's identity at Paxos and opens their onboarding (`pending`). Safe to repeat with the same key, also after a
 * lost answer: the identity is then found by its `ref_id` through Paxos's 409 and taken over, never created twice.
 */
export async function createOnboarding(parts: CreateParts, order: CreateOrder): Promise<{ identityId: string; created: boolean }> {
  const inputHash = hashInput(parts.encryptionKey, order.request)
  const refId = order.request.ref_id ?? derivedRefId(order.idempotencyKey)
  const request = await claimRequest(parts.pool, { idempotencyKey: order.idempotencyKey, inputHash, refId, requestedBy: order.requestedBy })
  if (!request)
    throw new RefIdTakenError('ref_id is used by another onboarding; send the Idempotency-Key that it was created with, or another ref_id')
  if (!request.inputHash.equals(inputHash))
    throw new IdempotencyKeyReusedError('This Idempotency-Key was used with other data; use a new key for a new person')
  if (request.identityId) return { identityId: request.identityId, created: false }
  const identity = await createOrAdopt(parts, order, request.refId)
  await openOnboarding(parts, { identityId: identity.id, refId: request.refId, requestedBy: order.requestedBy })
  await settleRequest(parts.pool, { idempotencyKey: order.idempotencyKey, state: 'done', identityId: identity.id })
  return { identityId: identity.id, created: true }
}

/** 409 with our own ref_id is our earlier call; with another it is the same person under another identity. */
async function createOrAdopt(parts: CreateParts, order: CreateOrder, refId: string): Promise<Pick<PaxosIdentity, 'id'>> {
  try {
    return await parts.paxos.identities.create({ ...order.request, ref_id: refId })
  } catch (error) {
    if (error instanceof PaxosConflictError) {
      const existing = error.existingId ? await parts.paxos.identities.get(error.existingId) : null
      if (existing?.refId === refId) return existing
      await settleRequest(parts.pool, { idempotencyKey: order.idempotencyKey, state: 'refused', errorCode: 'PERSON_ALREADY_KNOWN' })
      throw new PersonAlreadyKnownError(
        `Paxos already knows this person${existing ? ` as identity ${existing.id}` : ''}; decide by hand whether it is the same customer`,
        { cause: error },
      )
    }
    if (error instanceof AppError && error.retry === 'never') {
      await settleRequest(parts.pool, { idempotencyKey: order.idempotencyKey, state: 'refused', errorCode: error.code })
    }
    throw error
  }
}

/** The webhook may have been faster and have adopted the identity: then only our name for it is added. */
async function openOnboarding(
  { ledger, now }: CreateParts,
  { identityId, refId, requestedBy }: { identityId: string; refId: string; requestedBy: string },
): Promise<void> {
  for (;;) {
    const stored = await ledger.load(identityId)
    if (stored?.onboarding.origin === 'created') return
    const onboarding = stored ? { ...stored.onboarding, origin: 'created' as const, refId } : newOnboarding(identityId, 'created', refId)
    const draft = draftOf({ onboarding, effects: stored?.effects ?? [] }, [{ kind: 'onboarding.created', data: { refId } }])
    if (await ledger.commit({ before: stored, draft, actor: `operator:${requestedBy}`, at: new Date(now()) })) return
  }
}

function hashInput(encryptionKey: Buffer, request: object): Buffer {
  const key = createHmac('sha256', encryptionKey).update('gatehouse/onboarding-request').digest()
  return createHmac('sha256', key).update(canonicalJson(request)).digest()
}

function derivedRefId(idempotencyKey: string): string {
  return `gatehouse-${createHash('sha256').update(idempotencyKey).digest('hex').slice(0, 32)}`
}
