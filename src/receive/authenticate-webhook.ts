import { hash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { HttpProblem } from '../platform/problem.ts'
import type { AccessTokens, OAuthClient } from './access-tokens.ts'
import { createSecretMatcher } from './match-secret.ts'
import { createSignatureVerifier } from './verify-signature.ts'

/** The active authenticators and their live secrets: several each, so that a secret can be rotated without a gap. */
export interface AuthenticatorOptions {
  /** One of these is enough. */
  enabled: readonly ('api-key' | 'oauth' | 'signature')[]
  /** In lower case. */
  apiKeyHeader: string
  apiKeys: readonly string[]
  oauthClients: readonly OAuthClient[]
  /** Standard Webhooks: `whsec_` and base64. */
  signingSecrets: readonly string[]
}

/** No active authenticator accepts the sender. Names the active ones, and never what was wrong with a secret. */
export class WebhookUnauthenticatedError extends HttpProblem {
  constructor(remedies: readonly string[]) {
    super(401, 'WEBHOOK_UNAUTHENTICATED', `The request does not prove its sender. This receiver accepts ${remedies.join(', or ')}.`)
  }
}

/** `ask-body`: the headers have a signature, which can only be checked over the body. */
export type HeaderVerdict = 'authenticated' | 'ask-body' | 'refused'

export interface WebhookAuthenticator {
  /** Decides before the body is read, if possible. */
  byHeaders(headers: IncomingHttpHeaders, tell?: KeySlotTold): HeaderVerdict | Promise<HeaderVerdict>
  /** Only after `ask-body`. */
  byBody(headers: IncomingHttpHeaders, body: Buffer, tell?: KeySlotTold): boolean
  /** The refusal for the answer. */
  refusal(): WebhookUnauthenticatedError
}

/**
 * Called for each authenticated request, with the authenticator, the key (the client's id, or the secret's place in the list) and the key's slot.
 */
export type SenderSeen = (authenticator: 'api-key' | 'oauth' | 'signature', key: string, keySlot: string) => void

/** Receives the key slot that authenticated a request. */
export type KeySlotTold = (keySlot: string) => void

/**
 * Names a key without revealing it: 32 bits of its hash, the same on every receiver and independent of its place in the list. Keys have at
 * least 16 characters, so the fingerprint helps no attacker to guess one.
 */
function slotOf(authenticator: string, secret: string): string {
  return `${authenticator}-${hash('sha256', secret, 'hex').slice(0, 8)}`
}

/** The slots of all live keys, by authenticator; one that is off has none. */
export function keySlotsOf({
  enabled,
  apiKeys,
  oauthClients,
  signingSecrets,
}: AuthenticatorOptions): Record<'apiKey' | 'oauth' | 'signature', string[]> {
  return {
    apiKey: enabled.includes('api-key') ? apiKeys.map((key) => slotOf('api-key', key)) : [],
    oauth: enabled.includes('oauth') ? oauthClients.map(({ id }) => `oauth-${id}`) : [],
    signature: enabled.includes('signature') ? signingSecrets.map((secret) => slotOf('signature', secret)) : [],
  }
}

/** `now` is milliseconds since 1970. */
export function createWebhookAuthenticator(
  options: AuthenticatorOptions,
  { tokens, now, seen = () => {} }: { tokens: AccessTokens; now: () => number; seen?: SenderSeen },
): WebhookAuthenticator {
  const { enabled, apiKeyHeader } = options
  const on = { apiKey: enabled.includes('api-key'), oauth: enabled.includes('oauth'), signature: enabled.includes('signature') }
  const matchKey = createSecretMatcher(on.apiKey ? options.apiKeys : [])
  const verifySignature = createSignatureVerifier(on.signature ? options.signingSecrets : [], now)
  const slots = keySlotsOf(options)
  const remedies = [
    ...(on.apiKey ? [`an API key in the header ${apiKeyHeader}`] : []),
    ...(on.oauth ? ['a bearer token from POST /oauth/token'] : []),
    ...(on.signature ? ['a Standard Webhooks signature (webhook-id, webhook-timestamp, webhook-signature)'] : []),
  ]

  function withoutToken(headers: IncomingHttpHeaders): HeaderVerdict {
    return on.signature && headers['webhook-signature'] !== undefined ? 'ask-body' : 'refused'
  }

  return {
    byHeaders: (headers, tell) => {
      const key = headers[apiKeyHeader]
      const place = typeof key === 'string' ? matchKey(key) : -1
      if (place >= 0) {
        const keySlot = slots.apiKey[place] ?? 'api-key'
        seen('api-key', String(place + 1), keySlot)
        tell?.(keySlot)
        return 'authenticated'
      }
      const token = on.oauth ? bearerToken(headers) : null
      if (token === null) return withoutToken(headers)
      return tokens.verify(token).then((client) => {
        if (client === null) return withoutToken(headers)
        seen('oauth', client, `oauth-${client}`)
        tell?.(`oauth-${client}`)
        return 'authenticated'
      })
    },
    byBody: (headers, body, tell) => {
      const place = verifySignature(headers, body)
      if (place < 0) return false
      const keySlot = slots.signature[place] ?? 'signature'
      seen('signature', String(place + 1), keySlot)
      tell?.(keySlot)
      return true
    },
    refusal: () => new WebhookUnauthenticatedError(remedies),
  }
}

function bearerToken({ authorization }: IncomingHttpHeaders): string | null {
  return /^bearer +([^ ]+)$/i.exec(authorization ?? '')?.[1] ?? null
}
