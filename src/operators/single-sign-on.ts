import * as client from 'openid-client'
import { Agent, fetch } from 'undici'
import type { Role } from '../domain/roles.ts'
import type { AddressPolicy } from '../platform/address-policy.ts'
import { AppError } from '../platform/app-error.ts'
import { guardedConnect } from '../platform/guarded-connect.ts'

export interface SignOnSettings {
  issuer: string
  clientId: string
  clientSecret: string
  /** The address of the page `/login/oidc/callback`, as browsers reach it. */
  redirectUrl: string
  scopes: string
  /** The claim that holds the operator's groups, and the role for each group. */
  roleClaim: string
  roles: Readonly<Record<string, Role>>
  /** The claim that holds the operator's name. */
  nameClaim: string
  /** Addresses that may be called. */
  policy: AddressPolicy
}

/** What binds an answer of the provider to the browser that asked. The browser keeps it, sealed. */
export interface SignOnFlow {
  state: string
  nonce: string
  verifier: string
}

/** A person whom the provider vouches for. */
export interface SignedOn {
  /** Issuer and subject: the name may change, this does not. */
  subject: string
  name: unknown
  /** The values of the role claim. */
  groups: readonly string[]
}

export interface SignOn {
  /** The provider's address for the login. @throws SignOnFailedError */
  begin(): Promise<{ url: string; flow: SignOnFlow }>
  /** Checks the provider's answer and fetches the claims. `query`: of the address that the browser was sent to. @throws SignOnFailedError */
  finish(query: string, flow: SignOnFlow): Promise<SignedOn>
}

/** The provider does not answer, or its answer does not prove who logs in. */
export class SignOnFailedError extends AppError {
  readonly code = 'SIGN_ON_FAILED'
  readonly retry = 'never'
}

const TIMEOUT_SECONDS = 10
/** How long the provider's metadata is used before it is read again, milliseconds. */
const METADATA_MS = 3_600_000

/**
 * The client of an OpenID Connect provider: code flow with PKCE, state and nonce. The signature of the ID token is verified against the
 * provider's keys.
 */
export function createSignOn(settings: SignOnSettings, now: () => number): SignOn {
  const { redirectUrl, scopes } = settings
  let known: { config: client.Configuration; at: number } | null = null
  const configuration = async (): Promise<client.Configuration> => {
    if (known === null || now() - known.at > METADATA_MS) known = { config: await discover(settings), at: now() }
    return known.config
  }
  return {
    begin: () =>
      told(async () => {
        const flow = { state: client.randomState(), nonce: client.randomNonce(), verifier: client.randomPKCECodeVerifier() }
        const url = client.buildAuthorizationUrl(await configuration(), {
          ...{ redirect_uri: redirectUrl, scope: scopes, state: flow.state, nonce: flow.nonce },
          ...{ code_challenge: await client.calculatePKCECodeChallenge(flow.verifier), code_challenge_method: 'S256' },
        })
        return { url: url.href, flow }
      }),
    finish: (query, flow) =>
      told(async () => {
        const config = await configuration()
        const answered = new URL(redirectUrl)
        answered.search = query
        const checks = { expectedState: flow.state, expectedNonce: flow.nonce, pkceCodeVerifier: flow.verifier, idTokenExpected: true }
        const tokens = await client.authorizationCodeGrant(config, answered, checks)
        const proved = tokens.claims()
        if (!proved) throw new TypeError('no ID token')
        const { userinfo_endpoint: userInfo } = config.serverMetadata()
        const told = userInfo ? await client.fetchUserInfo(config, tokens.access_token, proved.sub) : {}
        return signedOn({ ...told, ...proved }, settings)
      }),
  }
}

function signedOn(claims: client.IDToken, { roleClaim, nameClaim }: SignOnSettings): SignedOn {
  const groups = [claims[roleClaim]].flat().filter((group) => typeof group === 'string')
  return { subject: `${claims.iss} ${claims.sub}`, name: claims[nameClaim], groups }
}

async function discover({ issuer, clientId, clientSecret, policy }: SignOnSettings): Promise<client.Configuration> {
  const dispatcher = new Agent({ connect: guardedConnect({ policy, timeoutMs: TIMEOUT_SECONDS * 1_000 }) })
  return client.discovery(new URL(issuer), clientId, clientSecret, undefined, {
    // Plain HTTP only where the configuration allows it: to this machine.
    execute: [client.enableNonRepudiationChecks, ...(issuer.startsWith('http:') ? [client.allowInsecureRequests] : [])],
    timeout: TIMEOUT_SECONDS,
    // undici's own fetch, so that the pool checks each address; its types differ from the global ones in name only
    [client.customFetch]: ((url: string, options: object) => fetch(url, { ...options, dispatcher })) as unknown as client.CustomFetch,
  })
}

/** @throws SignOnFailedError with the code of the library or of the provider, never with a text or a value of the answer */
async function told<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw new SignOnFailedError(`Single sign-on failed (${codeOf(error)}). Try again, or ask an admin: the log has the details.`, {
      cause: error,
    })
  }
}

function codeOf(error: unknown): string {
  const said = error instanceof client.AuthorizationResponseError || error instanceof client.ResponseBodyError ? error.error : null
  const code = said ?? (error instanceof Error && 'code' in error ? error.code : null)
  return typeof code === 'string' && /^[\w.-]{1,60}$/.test(code) ? code : 'no valid answer'
}
