import type { Pool } from 'pg'
import { takeReads } from '../inbox/take-reads.ts'
import { countLookups } from '../inbox/webhook-keys.ts'
import type { Logger } from '../platform/logger.ts'
import { createKeyGate, type KeyGate } from '../saga/key-gate.ts'

/** Where `PAXOS_BUDGET` sets no limit there is no quota either; a demoted key still gets no single read. */
const NO_QUOTA_PER_SECOND = 1_000_000

/** The gate of a worker. `unprovenPerSecond`: the limit of the budget class `unproven`, which the keys share; null: none. */
export function openKeyGate({
  pool,
  logger,
  unprovenPerSecond,
}: {
  pool: Pool
  logger: Logger
  unprovenPerSecond: number | null
}): KeyGate {
  const perSecond = unprovenPerSecond ?? NO_QUOTA_PER_SECOND
  return createKeyGate({
    store: {
      takeReads: (slot, wanted) => takeReads(pool, { slot, wanted, perSecond }),
      countLookups: (lookups) => countLookups(pool, lookups),
    },
    logger,
  })
}
