import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { Gauge, type Registry } from 'prom-client'
import type { AcceptStatus, ReceivedEvent } from '../inbox/received-event.ts'
import { createAccessTokens } from './access-tokens.ts'
import { type AuthenticatorOptions, createWebhookAuthenticator, type SenderSeen } from './authenticate-webhook.ts'
import type { DeliveryEvidence } from './delivery-evidence.ts'
import { createFailureLimiter } from './failure-limiter.ts'
import { createSourceHash } from './hash-source.ts'
import { receiverDocument } from './receiver-document.ts'
import { registerTokenEndpoint } from './token-endpoint.ts'
import { registerWebhookRoute } from './webhook-route.ts'

export interface ReceiverOptions {
  authenticators: AuthenticatorOptions
  /** Resolves once the event is committed. Rejects with a `snooze` error when it may not be. */
  accept: (event: ReceivedEvent) => Promise<AcceptStatus>
  metrics: Registry
  /** Addresses that webhooks may come from, in CIDR notation; null: any. */
  allowedAddresses?: readonly string[] | null
  /** Keeps samples of deliveries. Without it none are kept. */
  evidence?: DeliveryEvidence
  /** Receives the slot of each key that authenticated a request. */
  keyUsed?: (keySlot: string) => void
  /** Key of the hashes of senders' addresses, the same for all receivers of an installation. */
  sourceSecret?: Buffer
  /** Milliseconds since 1970. */
  now?: () => number
}

/**
 * Registers the receiver's routes: `POST /webhooks/paxos`, with OAuth also `POST /oauth/token`, and `GET /openapi.json`, which describes
 * them.
 */
export async function registerReceiver(
  app: FastifyInstance,
  {
    authenticators,
    accept,
    metrics,
    allowedAddresses = null,
    evidence = NO_EVIDENCE,
    keyUsed = () => {},
    sourceSecret = randomBytes(32),
    now = Date.now,
  }: ReceiverOptions,
): Promise<void> {
  const clients = authenticators.enabled.includes('oauth') ? authenticators.oauthClients : []
  const document = receiverDocument(authenticators.apiKeyHeader)
  app.get('/openapi.json', () => document)
  const tokens = createAccessTokens(clients, now)
  const limiter = await createFailureLimiter(app)
  const watched = watchSenders(metrics, now)
  const seen: SenderSeen = (authenticator, key, keySlot) => {
    watched(authenticator, key, keySlot)
    keyUsed(keySlot)
  }
  const authenticator = createWebhookAuthenticator(authenticators, { tokens, now, seen })
  await registerWebhookRoute(app, {
    ...{ authenticator, accept, limiter, evidence, metrics, allowedAddresses },
    hashSource: createSourceHash(sourceSecret),
    apiKeyHeader: authenticators.apiKeyHeader,
  })
  if (clients.length > 0) await registerTokenEndpoint(app, { clients, tokens, limiter, metrics, allowedAddresses })
}

const NO_EVIDENCE: DeliveryEvidence = { keep: () => undefined, close: async () => undefined }

/**
 * Reports when each key was last used: it shows whether webhooks arrive and whether an old key can be removed. Kept until the process ends.
 */
function watchSenders(metrics: Registry, now: () => number): SenderSeen {
  const lastSeen = new Map<string, { authenticator: string; key: string; at: number }>()
  new Gauge({
    name: 'gatehouse_webhook_last_seen_timestamp_seconds',
    help: 'Time of the last request that proved its sender, by authenticator and key (the id of an OAuth client, the place of a secret in its list).',
    labelNames: ['authenticator', 'key'],
    registers: [metrics],
    collect() {
      for (const { authenticator, key, at } of lastSeen.values()) this.set({ authenticator, key }, at / 1_000)
    },
  })
  return (authenticator, key) => void lastSeen.set(`${authenticator} ${key}`, { authenticator, key, at: now() })
}
