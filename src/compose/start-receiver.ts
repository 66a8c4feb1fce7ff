import { createEventAcceptor } from '../inbox/accept-events.ts'
import { forgetSamples, insertSamples } from '../inbox/delivery-samples.ts'
import { noteKeys } from '../inbox/webhook-keys.ts'
import { createHttpServer, listen } from '../platform/http-server.ts'
import { createPool } from '../platform/postgres/postgres.ts'
import { keySlotsOf } from '../receive/authenticate-webhook.ts'
import { keepEvidence } from '../receive/delivery-evidence.ts'
import { keepKeyUse } from '../receive/key-use.ts'
import { registerReceiver } from '../receive/register-receiver.ts'
import { sourceSecret } from '../receive/source-secret.ts'
import type { Foundation } from './open-foundation.ts'
import { openQueue } from './open-queue.ts'
import { closeInTurn, type RunningRole, roleMetrics, STATEMENT_TIMEOUT_MS } from './running-role.ts'

/** Largest body, bytes: a webhook has a few hundred bytes. */
const WEBHOOK_BODY_LIMIT = 16 * 1024

/** Starts the receiver: it authenticates, commits and answers webhooks, and knows nothing of Paxos's API. */
export async function startReceiver(foundation: Foundation): Promise<RunningRole> {
  const { config, secrets, databaseUrl } = foundation
  const logger = foundation.logger.child({ role: 'receiver' })
  const metrics = roleMetrics('receiver')
  const queue = await openQueue(foundation, logger)
  const acceptor = createEventAcceptor({
    connectionString: databaseUrl,
    logger,
    metrics,
    onAccepted: queue.add,
  })
  const app = await createHttpServer({
    logger,
    bodyLimitBytes: WEBHOOK_BODY_LIMIT,
    metrics,
    metricsAccess: config.metricsAccess,
    trustedProxies: config.trustedProxies,
    limits: config.http,
    readiness: [{ name: 'postgres', check: acceptor.checkAccepting }],
  })
  const evidencePool = createPool({
    connectionString: databaseUrl,
    max: 1,
    applicationName: 'gatehouse-evidence',
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  })
  const evidence = keepEvidence(
    {
      insert: (samples) => insertSamples(evidencePool, samples),
      forget: () => forgetSamples(evidencePool, new Date()),
    },
    (error, lost) => logger.warn({ err: error, lost }, 'samples of deliveries could not be stored'),
  )
  const authenticators = {
    enabled: config.webhook.authenticators,
    apiKeyHeader: config.webhook.apiKeyHeader,
    apiKeys: secrets.webhookApiKeys,
    oauthClients: config.webhook.oauthClients,
    signingSecrets: config.webhook.signingSecrets,
  }
  const keyUse = keepKeyUse((keys) => noteKeys(evidencePool, keys), {
    slots: Object.values(keySlotsOf(authenticators)).flat(),
    failed: (error) => logger.warn({ err: error }, 'the last use of the webhook keys could not be stored'),
  })
  await registerReceiver(app, {
    evidence,
    keyUsed: keyUse.used,
    accept: acceptor.accept,
    metrics,
    allowedAddresses: config.webhook.allowedAddresses,
    sourceSecret: sourceSecret([
      ...secrets.webhookApiKeys,
      ...config.webhook.oauthClients.map(({ secret }) => secret),
      ...config.webhook.signingSecrets,
    ]),
    authenticators,
  })
  const url = await listen(app, { host: config.host, ...config.receiver, variable: 'PORT' })
  return {
    name: 'receiver',
    url,
    close: () =>
      closeInTurn([
        () => app.close(),
        () => evidence.close(),
        () => keyUse.close(),
        () => evidencePool.end(),
        () => acceptor.close(),
        () => queue.close(),
      ]),
  }
}
