import { createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from 'node:crypto'
import { CompactSign, calculateJwkThumbprint, compactVerify, exportJWK, importJWK, type JWK } from 'jose'
import { z } from 'zod'
import { AppError } from '../platform/app-error.ts'
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

/** The key pair that signs certificates. */
export interface CertificateKey {
  readonly privateKey: KeyObject
  /** An Ed25519 JWK (RFC 8037); `kid` is its thumbprint (RFC 7638). */
  readonly publicJwk: PublicJwk
}

const PublicJwk = z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string().min(1).max(100), kid: z.string().optional() })
export type PublicJwk = z.output<typeof PublicJwk>

/** This key did not sign the certificate: it was changed, cut, or signed by another key. */
export class CertificateInvalidError extends AppError {
  readonly code = 'CERTIFICATE_INVALID'
  readonly retry = 'never'
}

/** DER head of a PKCS #8 Ed25519 key (RFC 8410): the 32 bytes of the seed follow. */
const ED25519_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex')
const TYPE = 'gatehouse-completeness+jws'
/** Longest accepted certificate: real ones have about 600 characters. */
const LONGEST = 10_000

/** Derives the key from ENCRYPTION_KEY (HKDF-SHA256), so that there is no further secret to keep. Another ENCRYPTION_KEY gives another key. */
export async function certificateKey(encryptionKey: Buffer): Promise<CertificateKey> {
  const seed = Buffer.from(hkdfSync('sha256', encryptionKey, Buffer.alloc(0), 'gatehouse/certificate', 32))
  const privateKey = createPrivateKey({ key: Buffer.concat([ED25519_HEAD, seed]), format: 'der', type: 'pkcs8' })
  const { x = '' } = await exportJWK(createPublicKey(privateKey))
  const jwk = { kty: 'OKP' as const, crv: 'Ed25519' as const, x }
  return { privateKey, publicJwk: { ...jwk, kid: await calculateJwkThumbprint(jwk) } }
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

/** Signs a compact JWS (RFC 7515). Ed25519 is deterministic: the same claims and key give the same text. */
export async function signCertificate(claims: CertificateClaims, { privateKey, publicJwk }: CertificateKey): Promise<string> {
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader({ alg: 'EdDSA', typ: TYPE, kid: publicJwk.kid ?? '' })
    .sign(privateKey)
}

/** Reads a public key in JSON. @throws CertificateInvalidError */
export function readPublicJwk(text: string): PublicJwk {
  const parsed = PublicJwk.safeParse(parseJson(text))
  if (!parsed.success) throw new CertificateInvalidError('the key is not an Ed25519 public key in JWK form')
  return parsed.data
}

/** Checks the signature and the content, without any service. @throws CertificateInvalidError */
export async function verifyCertificate(certificate: string, publicJwk: PublicJwk): Promise<CertificateClaims> {
  const text = certificate.trim()
  if (text.length > LONGEST) throw new CertificateInvalidError(`the certificate is longer than ${LONGEST} characters`)
  const key = await importJWK(publicJwk as JWK, 'EdDSA')
  const verified = await compactVerify(text, key, { algorithms: ['EdDSA'] }).catch(() => null)
  if (!verified) throw new CertificateInvalidError('the signature does not hold: the certificate was changed, or another key signed it')
  const claims = Claims.safeParse(parseJson(new TextDecoder().decode(verified.payload)))
  if (verified.protectedHeader.typ !== TYPE || !claims.success)
    throw new CertificateInvalidError('the signature holds, but this is not a certificate of completeness of a known version')
  return claims.data
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
