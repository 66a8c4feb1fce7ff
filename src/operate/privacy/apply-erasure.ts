import type { Pool } from 'pg'
import { type Draft, isOpen, type Snapshot, suppressAll } from '../../domain/effect.ts'
import type { IdentityRequestSnapshot } from '../../domain/identity-request/identity-request.ts'
import { draftOf } from '../../domain/stream.ts'
import { endEvents, forgetInputs } from '../../inbox/end-events.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { forgetChangeInputs } from '../../ledger/read-changes.ts'
import { streamsOfPerson } from '../../ledger/read-person.ts'
import { verifyLedger } from '../../ledger/verify-ledger.ts'
import { AppError } from '../../platform/app-error.ts'
import { certificateKey } from '../../platform/signed-claims.ts'
import { type Erasure, finishErasure } from '../../vault/erasures.ts'
import type { KeyStore } from '../../vault/key-store.ts'
import type { Vault } from '../../vault/vault.ts'
import { signErasure } from './erasure-certificate.ts'

export interface ErasureParts {
  pool: Pool
  keys: KeyStore
  vault: Vault
  onboardings: Ledger
  requests: Ledger<IdentityRequestSnapshot>
  /** The root key, which signs the certificate. */
  encryptionKey: Buffer
  now: () => number
}

/** After the erasure the person's ledger chain did not verify: no certificate is written. */
export class ErasureUnprovenError extends AppError {
  readonly code = 'ERASURE_UNPROVEN'
  readonly retry = 'never'
}

/**
 * Erases a person. Every step may be repeated, so an erasure that was interrupted is continued by the next one. The list beside the keys comes
 * first: from then on, a restored database erases the person again. @throws ErasureUnprovenError
 */
export async function applyErasure(parts: ErasureParts, erasure: Erasure, { afterRestore }: { afterRestore: boolean }): Promise<string> {
  const { pool, keys, vault, now } = parts
  const { subject, requestedBy: by, requestedAt } = erasure
  const erasedAt = new Date(now())
  const streams = await streamsOfPerson(pool, subject)
  const requestIds = streams.filter(({ kind }) => kind === 'identity-request').map(({ id }) => id)
  const sealedIds = [...requestIds, ...streams.filter(({ kind }) => kind === 'identity-change').map(({ id }) => id)]
  await keys.rememberErased([...new Set([subject, ...sealedIds])].map((each) => ({ subject: each, erasedAt })))
  const destroyed = await destroyPayloads({ keys, vault }, sealedIds)
  const streamIds = [subject, ...streams.map(({ id }) => id)]
  const eventsEnded = await endEvents(pool, { streamIds, identityId: subject, by, reason: 'the person was erased' })
  const requestsForgotten = await forgetInputs(pool, sealedIds)
  await forgetChangeInputs(pool, subject)
  const effectsEnded = await endStreams(parts, { subject, requestIds, by, at: erasedAt })
  const report = await verifyLedger(pool, { identityId: subject })
  if (report.faults[0]) throw new ErasureUnprovenError(`the ledger of ${subject} does not verify: ${report.faults[0].problem}`)
  const certificate = await signErasure(
    {
      ...{ kind: 'gatehouse/erasure', version: 1, subject, afterRestore, keysIn: keys.place, keysApart: keys.apart },
      ...{ requestedAt: requestedAt.toISOString(), erasedAt: erasedAt.toISOString() },
      ...{ sealedPayloadsDestroyed: destroyed, requestsForgotten, eventsEnded, effectsEnded, ledgerEntriesKept: report.entries },
    },
    await certificateKey(parts.encryptionKey),
  )
  await finishErasure(pool, { subject, doneAt: erasedAt, certificate })
  return certificate
}

async function destroyPayloads({ keys, vault }: Pick<ErasureParts, 'keys' | 'vault'>, ids: readonly string[]): Promise<number> {
  let destroyed = 0
  for (const id of ids) {
    if (await keys.get(id)) destroyed += 1
    await vault.remove(id)
  }
  return destroyed
}

/** Moves the onboarding to `erased` and ends open effects, pending notifications among them. The chains record it. */
async function endStreams(
  { onboardings, requests }: Pick<ErasureParts, 'onboardings' | 'requests'>,
  { subject, requestIds, by, at }: { subject: string; requestIds: readonly string[]; by: string; at: Date },
): Promise<number> {
  const end = { actor: `operator:${by}`, at }
  let ended = await endEffects(onboardings, subject, end, (draft) =>
    draft.onboarding.state === 'erased'
      ? draft
      : {
          ...draft,
          onboarding: { ...draft.onboarding, state: 'erased' as const, heldFrom: null, heldReason: null },
          entries: [...draft.entries, { kind: 'person.erased', data: { from: draft.onboarding.state } }],
        },
  )
  for (const id of requestIds) ended += await endEffects(requests, id, end, (draft) => draft)
  return ended
}

async function endEffects<S extends Snapshot>(
  ledger: Ledger<S>,
  streamId: string,
  { actor, at }: { actor: string; at: Date },
  move: (draft: Draft<S>) => Draft<S>,
): Promise<number> {
  for (;;) {
    const before = await ledger.load(streamId)
    if (!before) return 0
    const open = before.effects.filter(isOpen)
    const draft = move(suppressAll(draftOf<S>(before, []), open))
    if (draft.entries.length === 0) return 0
    if (await ledger.commit({ before, draft, actor, at })) return open.length
  }
}
