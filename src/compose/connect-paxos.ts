import type { Registry } from 'prom-client'
import { createPaxosClient, type PaxosClient } from '../paxos/paxos-client.ts'
import type { Logger } from '../platform/logger.ts'
import type { Foundation } from './open-foundation.ts'
import { simulatorEndpoint } from './simulator-endpoint.ts'

export function connectPaxos(
  { config, budget, simulatorUrl }: Foundation,
  { logger, metrics }: { logger: Logger; metrics: Registry },
): PaxosClient {
  const endpoint = config.paxos ?? simulatorEndpoint(simulatorUrl)
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
