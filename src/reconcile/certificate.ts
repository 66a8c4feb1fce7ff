import { z } from 'zod'
import { type CertificateKey, type CertificateKind, type PublicJwk, signClaims, verifyClaims } from '../platform/signed-claims.ts'
import type { Reconciliation } from './reconciliation.ts'

/** The claims of a certificate of completeness. Times are ISO 8601, UTC. */
const Claims = z.strictObject({
  kind: z.literal('gatehouse/completeness'),
  version: z.literal(1),
  reconciliation: z.guid(),
  /** Base URL of the API that listed the events. */
  paxos: z.string(),
  /** The window: from inclusive, to exclusive, by the time that Paxos gave each event. */
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  /** When the comparison ended. */
  comparedAt: z.iso.datetime(),
  listed: z.int().nonnegative(),
  byWebhook: z.int().nonnegative(),
  bySweep: z.int().nonnegative(),
  found: z.int().nonnegative(),
  missing: z.literal(0),
  /** SHA-256 over the sorted ids that Paxos listed, one to a line, hexadecimal. */
  eventsSha256: z.string().regex(/^[0-9a-f]{64}$/),
})
export type CertificateClaims = z.output<typeof Claims>

const COMPLETENESS: CertificateKind<CertificateClaims> = {
  type: 'gatehouse-completeness+jws',
  claims: Claims,
  called: 'a certificate of completeness',
}

/** The claims for a complete comparison. @throws TypeError for an incomplete one */
export function claimsOf(reconciliation: Reconciliation, paxos: string): CertificateClaims {
  const { id, state, fromAt, toAt, finishedAt, listed, byWebhook, bySweep, found, missing, eventsSha256 } = reconciliation
  if (state !== 'complete') throw new TypeError(`the reconciliation ${id} is ${state}: there is nothing to certify`)
  return Claims.parse({
    ...{ kind: 'gatehouse/completeness', version: 1, reconciliation: id, paxos, listed, byWebhook, bySweep, found, missing, eventsSha256 },
    ...{ from: fromAt.toISOString(), to: toAt.toISOString(), comparedAt: finishedAt?.toISOString() },
  })
}

/** The signed certificate: a compact JWS. The same claims and key give the same text. */
export function signCertificate(claims: CertificateClaims, key: CertificateKey): Promise<string> {
  return signClaims(COMPLETENESS, claims, key)
}

/** Checks the signature and the content, without any service. @throws CertificateInvalidError */
export function verifyCertificate(certificate: string, publicJwk: PublicJwk): Promise<CertificateClaims> {
  return verifyClaims(COMPLETENESS, certificate, publicJwk)
}
