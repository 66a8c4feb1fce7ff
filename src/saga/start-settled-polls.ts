import type { Pool } from 'pg'
import type { Inbox } from '../inbox/inbox.ts'
import type { OrderReads } from '../ledger/read-orders.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import { errorMessage } from '../platform/app-error.ts'
import type { Logger } from '../platform/logger.ts'
import { withClient } from '../platform/postgres/postgres.ts'
import type { EventQueue } from '../queue/event-queue.ts'
import { createOrderPoll } from './poll-orders.ts'

export interface SettledPollParts {
  pool: Pool
  inbox: Pick<Inbox, 'setTimers'>
  queue: Pick<EventQueue, 'add'>
  paxos: PaxosClient
  orders: Pick<OrderReads, 'listSettled'>
  logger: Logger
  /** Set by tests; 10 min by default. */
  everyMs?: number
}

const EVERY_MS = 600_000
/** Advisory lock for one poll at a time over all machines. The numbers spell `gate` and `sett`. */
const POLL_LOCK = [0x67617465, 0x73657474] as const

/**
 * Reads orders again that were settled within the last day, 100 to a call: Paxos may annul an execution later and has no event for it
 * (A19). A worker reads an order that differs and reverses the flows. Returns a function that stops it and waits for the current round.
 */
export function startSettledPolls({ pool, orders, logger, everyMs = EVERY_MS, ...parts }: SettledPollParts): () => Promise<void> {
  const poll = createOrderPoll({ ...parts, openOrders: orders.listSettled, mostAreOpen: false, now: Date.now })
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  const round = async (): Promise<void> => {
    try {
      await withClient(pool, async (client) => {
        const { rows } = await client.query<{ mine: boolean }>('SELECT pg_try_advisory_lock($1, $2) AS mine', [...POLL_LOCK])
        if (!rows[0]?.mine) return
        try {
          await poll()
        } finally {
          await client.query('SELECT pg_advisory_unlock($1, $2)', [...POLL_LOCK])
        }
      })
    } catch (error) {
      logger.warn({ reason: errorMessage(error) }, 'settled orders could not be read again; retrying')
    }
    if (!stopped) schedule()
  }
  const schedule = (): void => {
    timer = setTimeout(() => {
      running = round()
    }, everyMs)
  }
  schedule()
  return async () => {
    stopped = true
    clearTimeout(timer)
    await running
  }
}
