import type { Pool } from 'pg'
import { Counter, Histogram, type Registry } from 'prom-client'
import type { Inbox } from '../inbox/inbox.ts'
import { listFrozen, readStatuses } from '../ledger/read-statuses.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import { errorMessage } from '../platform/app-error.ts'
import type { Logger } from '../platform/logger.ts'
import { pollIdentities } from './poll-identities.ts'
import { savePosition, takeRound } from './poll-position.ts'

export interface IdentityPollsParts {
  pool: Pool
  inbox: Pick<Inbox, 'setTimer' | 'waiting'>
  paxos: PaxosClient
  everySeconds: number
  logger: Logger
  metrics: Registry
}

/** Checks per period for a due round, so that a round that another worker missed begins soon. */
const CHECKS_PER_PERIOD = 5

/** Polls identities in one worker at a time. Returns a function that stops it and waits for the current round. */
export function startIdentityPolls(parts: IdentityPollsParts): () => Promise<void> {
  const { logger, metrics, everySeconds } = parts
  const seconds = new Histogram({
    name: 'gatehouse_identity_poll_seconds',
    help: 'Time of one poll over identities',
    buckets: [0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300],
    registers: [metrics],
  })
  const differing = new Counter({
    name: 'gatehouse_identity_poll_differing_total',
    help: 'Identities whose state at Paxos differed from the record without an event in time',
    registers: [metrics],
  })
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  const look = async (): Promise<void> => {
    const startedMs = performance.now()
    try {
      const report = await pollIfDue(parts)
      if (report) {
        seconds.observe((performance.now() - startedMs) / 1_000)
        differing.inc(report.differing)
      }
    } catch (error) {
      logger.warn({ reason: errorMessage(error) }, 'identities could not be polled; retrying')
    }
    if (!stopped) timer = setTimeout(next, (everySeconds * 1_000) / CHECKS_PER_PERIOD)
  }
  let running: Promise<void> = Promise.resolve()
  const next = (): void => {
    running = look()
  }
  next()
  return async () => {
    stopped = true
    clearTimeout(timer)
    await running
  }
}

/** Null: no round is due. */
async function pollIfDue({ pool, inbox, paxos, everySeconds }: IdentityPollsParts) {
  const position = await takeRound(pool, everySeconds)
  if (!position) return null
  const record = {
    knownStatuses: (ids: readonly string[]) => readStatuses(pool, ids),
    frozen: () => listFrozen(pool),
    save: (reached: Parameters<typeof savePosition>[1]) => savePosition(pool, reached),
  }
  return pollIdentities({ inbox, paxos, ...record, now: Date.now }, position)
}
