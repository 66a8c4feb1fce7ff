import { z } from 'zod'
import { type CertificateKey, type CertificateKind, type PublicJwk, signClaims, verifyClaims } from '../../platform/signed-claims.ts'

/** The claims of a certificate of erasure. Times are ISO 8601, UTC. */
const Claims = z.strictObject({
  kind: z.literal('gatehouse/erasure'),
  version: z.literal(1),
  /** The identity's id at Paxos, or the id of the request for one. */
  subject: z.string(),
  requestedAt: z.iso.datetime(),
  erasedAt: z.iso.datetime(),
  /** Whether this erasure was applied again, to a database that was restored from a backup. */
  afterRestore: z.boolean(),
  /** Where the data keys were kept. */
  keysIn: z.string(),
  /** Whether a backup of the database leaves the keys out. If not, backups from before the erasure still hold the data. */
  keysApart: z.boolean(),
  sealedPayloadsDestroyed: z.int().nonnegative(),
  /** Requests whose hashes of personal data were replaced. */
  requestsForgotten: z.int().nonnegative(),
  eventsEnded: z.int().nonnegative(),
  effectsEnded: z.int().nonnegative(),
  /** Entries of the person's ledger chain, which hold ids, states and codes and stay; the chain was verified after the erasure. */
  ledgerEntriesKept: z.int().nonnegative(),
})
export type ErasureClaims = z.output<typeof Claims>

const ERASURE: CertificateKind<ErasureClaims> = { type: 'gatehouse-erasure+jws', claims: Claims, called: 'a certificate of erasure' }

/** A compact JWS. */
export function signErasure(claims: ErasureClaims, key: CertificateKey): Promise<string> {
  return signClaims(ERASURE, claims, key)
}

/** Checks the signature and the content, without any service. @throws CertificateInvalidError */
export function verifyErasure(certificate: string, publicJwk: PublicJwk): Promise<ErasureClaims> {
  return verifyClaims(ERASURE, certificate, publicJwk)
}
