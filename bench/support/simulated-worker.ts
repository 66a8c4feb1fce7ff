import { createConfirmationReader } from '../../src/paxos/confirmation-reader.ts'
import { createLogger } from '../../src/platform/logger.ts'
import type { EventHandler } from '../../src/queue/event-worker.ts'
import { onboardingRoute } from '../../src/saga/onboarding-route.ts'
import { createEventProcessor } from '../../src/saga/process-event.ts'
import type { createMemoryStores } from './memory-stores.ts'
import { connectSimulatedPaxos, type SimulatedPaxosOptions } from './simulated-paxos.ts'

export interface SimulatedWorkerOptions extends SimulatedPaxosOptions {
  stores: ReturnType<typeof createMemoryStores>
  /** In [0, 1). */
  random: () => number
}

/**
 * The work of one worker on an event, on a simulated clock: the event processor and everything below it are the real code; Postgres, the
 * queue and the wire are replaced.
 */
export function createSimulatedWorker({ stores, random, ...line }: SimulatedWorkerOptions): EventHandler {
  const paxos = connectSimulatedPaxos(line)
  return createEventProcessor({
    inbox: stores.inbox,
    reader: createConfirmationReader(paxos, stores.backlog),
    routes: [
      onboardingRoute({
        ledger: stores.ledger,
        paxos,
        notices: { name: 'none', send: async () => ({ status: 204 }), close: async () => {} },
        unknownIdentities: 'adopt',
        inbox: null,
        now: Date.now,
      }),
    ],
    logger: createLogger({ level: 'silent' }),
    metrics: { ended: () => {}, willRetry: () => {} },
    now: Date.now,
    random,
  })
}
