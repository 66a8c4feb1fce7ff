import type { FastifyInstance } from 'fastify'
import type { Registry } from 'prom-client'
import type { AcceptStatus, ReceivedEvent } from '../inbox/accept-events.ts'
import { createAccessTokens } from './access-tokens.ts'
import { type AuthenticatorOptions, createWebhookAuthenticator } from './authenticate-webhook.ts'
import { createFailureLimiter } from './failure-limiter.ts'
import { registerTokenEndpoint } from './token-endpoint.ts'
import { registerWebhookRoute } from './webhook-route.ts'

export interface ReceiverOptions {
  authenticators: AuthenticatorOptions
  /** Resolves once the event is committed; rejects with an error to `snooze` when that is not known. */
  accept: (event: ReceivedEvent) => Promise<AcceptStatus>
  metrics: Registry
  /** Milliseconds since 1970. */
  now?: () => number
}

/** The receiver's routes: `POST /webhooks/paxos` and, when OAuth is on, `POST /oauth/token`. */
export async function registerReceiver(
  app: FastifyInstance,
  { authenticators, accept, metrics, now = Date.now }: ReceiverOptions,
): Promise<void> {
  const clients = authenticators.enabled.includes('oauth') ? authenticators.oauthClients : []
  const tokens = createAccessTokens(clients, now)
  const limiter = await createFailureLimiter(app)
  const authenticator = createWebhookAuthenticator(authenticators, { tokens, now })
  await registerWebhookRoute(app, { authenticator, accept, limiter, metrics })
  if (clients.length > 0) await registerTokenEndpoint(app, { clients, tokens, limiter, metrics })
}
