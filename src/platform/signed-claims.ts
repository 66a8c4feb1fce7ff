import { createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from 'node:crypto'
import { CompactSign, calculateJwkThumbprint, compactVerify, exportJWK, importJWK, type JWK } from 'jose'
import { z } from 'zod'
import { AppError } from './app-error.ts'

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

/** A kind of certificate: the `typ` of its JWS, the form of its claims, and its name for a person. */
export interface CertificateKind<Claims> {
  readonly type: string
  readonly claims: z.ZodType<Claims>
  /** `a certificate of completeness`. */
  readonly called: string
}

/** DER head of a PKCS #8 Ed25519 key (RFC 8410): the 32 bytes of the seed follow. */
const ED25519_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex')
/** Longest accepted certificate: real ones have about 600 characters. */
const LONGEST = 10_000

/** Derives the key from the root key (HKDF-SHA256), so that there is no further secret to keep. */
export async function certificateKey(rootKey: Buffer): Promise<CertificateKey> {
  const seed = Buffer.from(hkdfSync('sha256', rootKey, Buffer.alloc(0), 'gatehouse/certificate', 32))
  const privateKey = createPrivateKey({ key: Buffer.concat([ED25519_HEAD, seed]), format: 'der', type: 'pkcs8' })
  const { x = '' } = await exportJWK(createPublicKey(privateKey))
  const jwk = { kty: 'OKP' as const, crv: 'Ed25519' as const, x }
  return { privateKey, publicJwk: { ...jwk, kid: await calculateJwkThumbprint(jwk) } }
}

/** Signs a compact JWS (RFC 7515). Ed25519 is deterministic: the same claims and key give the same text. */
export async function signClaims<Claims>(
  { type }: CertificateKind<Claims>,
  claims: Claims,
  { privateKey, publicJwk }: CertificateKey,
): Promise<string> {
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader({ alg: 'EdDSA', typ: type, kid: publicJwk.kid ?? '' })
    .sign(privateKey)
}

/** Reads a public key in JSON. @throws CertificateInvalidError */
export function readPublicJwk(text: string): PublicJwk {
  const parsed = PublicJwk.safeParse(parseJson(text))
  if (!parsed.success) throw new CertificateInvalidError('the key is not an Ed25519 public key in JWK form')
  return parsed.data
}

/** Checks the signature and the content, without any service. @throws CertificateInvalidError */
export async function verifyClaims<Claims>(
  { type, claims: schema, called }: CertificateKind<Claims>,
  certificate: string,
  publicJwk: PublicJwk,
): Promise<Claims> {
  const text = certificate.trim()
  if (text.length > LONGEST) throw new CertificateInvalidError(`the certificate is longer than ${LONGEST} characters`)
  const key = await importJWK(publicJwk as JWK, 'EdDSA')
  const verified = await compactVerify(text, key, { algorithms: ['EdDSA'] }).catch(() => null)
  if (!verified) throw new CertificateInvalidError('the signature does not hold: the certificate was changed, or another key signed it')
  const claims = schema.safeParse(parseJson(new TextDecoder().decode(verified.payload)))
  if (verified.protectedHeader.typ !== type || !claims.success)
    throw new CertificateInvalidError(`the signature holds, but this is not ${called} of a known version`)
  return claims.data
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
