import type { Registry } from 'prom-client'
import { createPaxosClient, type PaxosClient } from '../paxos/paxos-client.ts'
import type { Logger } from '../platform/logger.ts'
import type { Foundation } from './open-foundation.ts'

export function connectPaxos({ config, budget }: Foundation, { logger, metrics }: { logger: Logger; metrics: Registry }): PaxosClient {
  const simulator = `http://127.0.0.1:${config.sandbox.port}`
  const endpoint = config.paxos ?? {
    apiUrl: `${simulator}/v2`,
    tokenUrl: `${simulator}/oauth2/token`,
    clientId: 'sandbox',
    clientSecret: 'sandbox',
  }
  return createPaxosClient({
    ...endpoint,
    timeoutMs: config.paxosTimeoutMs,
    budget,
    accountsClass: config.accountsClass,
    logger,
    metrics,
    connections: config.worker.concurrency,
  })
}
