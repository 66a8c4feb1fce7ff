import { createHash, randomUUID } from 'node:crypto'
import type { Pool } from 'pg'
import type { Actor } from '../../domain/actor.ts'
import { IdempotencyKeyReusedError } from '../../inbox/commands.ts'
import { AppError, UsageError } from '../../platform/app-error.ts'
import { hyphenate } from '../../platform/opaque-id.ts'
import type { Page } from '../../platform/page.ts'
import { certificateKey, type PublicJwk } from '../../platform/signed-claims.ts'
import { type CertificateClaims, claimsOf, signCertificate } from '../../reconcile/certificate.ts'
import { LISTING_LAG_MS } from '../../reconcile/read-window.ts'
import type { Reconciliation } from '../../reconcile/reconciliation.ts'
import { findReconciliation, listReconciliations, requestReconciliation } from '../../reconcile/reconciliation-store.ts'
import type { Perform } from '../audited.ts'

export { verifyCertificate } from '../../reconcile/certificate.ts'
export { RECONCILIATION_STATES } from '../../reconcile/reconciliation.ts'
export type { CertificateClaims, PublicJwk, Reconciliation }

export interface ReconciliationRequest {
  /** By default 24 hours before `to`. */
  from?: Date | undefined
  /** By default 30 seconds ago: younger events may still be in transit. */
  to?: Date | undefined
  /** The same key gives the same comparison. Without a key: a new one. */
  idempotencyKey?: string | undefined
}

export interface Certificate {
  /** A compact JWS. */
  readonly certificate: string
  readonly claims: CertificateClaims
  readonly publicKey: PublicJwk
}

export interface ReconciliationUseCases {
  /** A worker compares it. @throws UsageError for a window that cannot be compared yet, IdempotencyKeyReusedError */
  requestReconciliation(request: ReconciliationRequest, actor: Actor): Promise<Reconciliation>
  listReconciliations(query: { cursor?: string | undefined; limit: number }): Promise<Page<Reconciliation>>
  getReconciliation(id: string): Promise<Reconciliation | null>
  /** Null: unknown id. @throws ReconciliationUnfinishedError, CertificateWithheldError */
  certifyReconciliation(id: string): Promise<Certificate | null>
  /** The public key that verifies certificates of this installation. */
  certificateKey(): Promise<PublicJwk>
}

/** A worker has not finished the comparison. */
export class ReconciliationUnfinishedError extends AppError {
  readonly code = 'RECONCILIATION_UNFINISHED'
  readonly retry = 'never'
  constructor({ id, state, lastError }: Reconciliation) {
    super(`Reconciliation ${id} is ${state}${lastError ? ` (${lastError})` : ''}. Read it again until it is complete or withheld.`)
  }
}

/** The comparison ended with a doubt, so completeness cannot be certified. */
export class CertificateWithheldError extends AppError {
  readonly code = 'CERTIFICATE_WITHHELD'
  readonly retry = 'never'
  constructor({ id, withheld }: Reconciliation) {
    super(`Reconciliation ${id} has no certificate. ${withheld.map(({ detail }) => detail).join(' ')}`)
  }
}

interface Parts {
  pool: Pool
  perform: Perform
  encryptionKey: Buffer
  /** Base URL of the API that lists the events; null: not known here. */
  paxos: string | null
  /** Milliseconds since 1970. */
  now: () => number
}

const DEFAULT_WINDOW_MS = 24 * 3_600_000
/** Two years: a longer window is a typing error, or needs several comparisons. */
const LONGEST_WINDOW_MS = 731 * 24 * 3_600_000

/** Compares windows of List Events with the inbox, and certifies those that are complete. */
export function reconciliationUseCases({ pool, perform, encryptionKey, paxos, now }: Parts): ReconciliationUseCases {
  return {
    requestReconciliation: async ({ idempotencyKey, ...asked }, actor) => {
      const id = idempotencyKey === undefined ? randomUUID() : uuidOfKey(idempotencyKey)
      const known = await findReconciliation(pool, id)
      if (known) return sameRequest(known, asked)
      const window = windowOf(asked, now())
      const data = { from: window.fromAt.toISOString(), to: window.toAt.toISOString() }
      const stored = await perform(
        actor,
        { action: 'reconcile.request', target: `reconciliation:${id}`, reason: null, data, entry: 'before' },
        () => requestReconciliation(pool, { id, ...window, requestedBy: actor.name }),
      )
      return sameRequest(stored, asked)
    },
    listReconciliations: (query) => listReconciliations(pool, query),
    getReconciliation: (id) => findReconciliation(pool, id),
    certifyReconciliation: async (id) => {
      const found = await findReconciliation(pool, id)
      if (!found) return null
      if (found.state === 'withheld') throw new CertificateWithheldError(found)
      if (found.state !== 'complete') throw new ReconciliationUnfinishedError(found)
      const key = await certificateKey(encryptionKey)
      const claims = claimsOf(found, paxos ?? 'unknown')
      return { certificate: await signCertificate(claims, key), claims, publicKey: key.publicJwk }
    },
    certificateKey: async () => (await certificateKey(encryptionKey)).publicJwk,
  }
}

/** @throws UsageError naming the field */
function windowOf({ from, to }: ReconciliationRequest, now: number): { fromAt: Date; toAt: Date } {
  const latest = new Date(now - LISTING_LAG_MS)
  const toAt = to ?? latest
  if (toAt > latest)
    throw new UsageError(
      `must be at least 30 s ago, because Paxos may not list younger events yet. The latest possible time is ${latest.toISOString()}`,
      {
        field: 'to',
      },
    )
  const fromAt = from ?? new Date(toAt.getTime() - DEFAULT_WINDOW_MS)
  if (fromAt >= toAt) throw new UsageError(`must be before to, which is ${toAt.toISOString()}`, { field: 'from' })
  if (toAt.getTime() - fromAt.getTime() > LONGEST_WINDOW_MS)
    throw new UsageError('must be at most 731 days before to. Use several windows', { field: 'from' })
  return { fromAt, toAt }
}

/** @throws IdempotencyKeyReusedError */
function sameRequest(known: Reconciliation, { from, to }: ReconciliationRequest): Reconciliation {
  const fields = [
    ...(from !== undefined && from.getTime() !== known.fromAt.getTime() ? ['from'] : []),
    ...(to !== undefined && to.getTime() !== known.toAt.getTime() ? ['to'] : []),
  ]
  if (fields.length > 0) throw new IdempotencyKeyReusedError(fields)
  return known
}

/** The key itself is not stored. */
function uuidOfKey(idempotencyKey: string): string {
  return hyphenate(createHash('sha256').update(`gatehouse/reconciliation/${idempotencyKey}`).digest('hex').slice(0, 32))
}
