import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import { jwtVerify, SignJWT } from 'jose'

export interface OAuthClient {
  id: string
  secret: string
}

/** Lifetime of a token, seconds. Removing a client's secret ends its tokens at once. */
export const TOKEN_LIFETIME_SECONDS = 3_600

const ISSUER = 'gatehouse'
const AUDIENCE = 'gatehouse/webhooks'

export interface AccessTokens {
  /** A bearer token for this client, valid at every receiver that has the client's secret. */
  mint(client: OAuthClient): Promise<string>
  /** The id of the token's client; null for an unknown client or an expired token. Never throws. */
  verify(token: string): Promise<string | null>
}

/**
 * Tokens without a shared store: JWTs signed with a key that is derived from the client's secret, so any number of receivers agree. `now`:
 * milliseconds since 1970.
 */
export function createAccessTokens(clients: readonly OAuthClient[], now: () => number): AccessTokens {
  const keys = clients.map((client) => ({ client, key: deriveKey(client) }))
  return {
    mint: (client) => {
      const issuedAt = Math.floor(now() / 1_000)
      return new SignJWT()
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setSubject(client.id)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + TOKEN_LIFETIME_SECONDS)
        .sign(deriveKey(client))
    },
    verify: async (token) => {
      const verdicts = await Promise.all(keys.map(({ client, key }) => isTokenOf(token, { client, key, at: new Date(now()) })))
      return keys[verdicts.indexOf(true)]?.client.id ?? null
    },
  }
}

async function isTokenOf(token: string, { client, key, at }: { client: OAuthClient; key: KeyObject; at: Date }): Promise<boolean> {
  try {
    await jwtVerify(token, key, {
      algorithms: ['HS256'],
      issuer: ISSUER,
      audience: AUDIENCE,
      subject: client.id,
      requiredClaims: ['exp'],
      currentDate: at,
    })
    return true
  } catch {
    return false
  }
}

function deriveKey({ id, secret }: OAuthClient): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', secret, id, 'gatehouse/webhook-access-token', 32)))
}
