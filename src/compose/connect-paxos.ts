import type { Pool } from 'pg'
import type { Registry } from 'prom-client'
import { createPaxosClient, type PaxosClient } from '../paxos/paxos-client.ts'
import { createContactLog } from '../paxos/upstream-contact.ts'
import type { Logger } from '../platform/logger.ts'
import type { Foundation } from './open-foundation.ts'
import { simulatorEndpoint } from './simulator-endpoint.ts'

export function connectPaxos(
  { config, budget, simulatorUrl }: Foundation,
  { logger, metrics, pool }: { logger: Logger; metrics: Registry; pool: Pool },
): PaxosClient {
  const endpoint = config.paxos ?? simulatorEndpoint(simulatorUrl)
  return createPaxosClient({
    ...endpoint,
    timeoutMs: config.paxosTimeoutMs,
    budget,
    accountsClass: config.accountsClass,
    features: config.paxosFeatures,
    onCircuit: createContactLog({ pool, logger }),
    logger,
    metrics,
    connections: config.worker.concurrency,
    outgoing: config.outgoing,
  })
}
