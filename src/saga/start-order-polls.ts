import type { Pool } from 'pg'
import { Gauge, Histogram, type Registry } from 'prom-client'
import { OPEN_ACCOUNT } from '../domain/account/account.ts'
import { CHANGE_ACCOUNT_MEMBERS } from '../domain/account/account-member-change.ts'
import { CHANGE_MEMBERS } from '../domain/institution/member-change.ts'
import { CREATE_DEPOSIT_INSTRUCTIONS } from '../domain/transfer/deposit-instructions.ts'
import { SEND_WIRE } from '../domain/transfer/wire.ts'
import type { Inbox } from '../inbox/inbox.ts'
import { ACCOUNT_MEMBER_CHANGE_READS } from '../ledger/read-account-member-changes.ts'
import { ACCOUNT_READS } from '../ledger/read-accounts.ts'
import { CHANGE_READS } from '../ledger/read-changes.ts'
import { INSTRUCTIONS_READS } from '../ledger/read-deposit-instructions.ts'
import { DEPOSIT_READS } from '../ledger/read-deposits.ts'
import { DOCUMENT_READS } from '../ledger/read-documents.ts'
import { MEMBER_CHANGE_READS } from '../ledger/read-member-changes.ts'
import type { OrderReads } from '../ledger/read-orders.ts'
import { QUOTE_EXECUTION_READS } from '../ledger/read-quote-executions.ts'
import { listPendingTransfers } from '../ledger/read-transfers.ts'
import { WIRE_READS } from '../ledger/read-wires.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import { errorMessage } from '../platform/app-error.ts'
import type { Logger } from '../platform/logger.ts'
import { withClient } from '../platform/postgres/postgres.ts'
import type { EventQueue } from '../queue/event-queue.ts'
import { continueClosings } from './continue-closings.ts'
import { SETTLE_DOCUMENT } from './document-route.ts'
import { CHANGE_IDENTITY } from './identity-change-route.ts'
import { createOrderPoll, type PollReport } from './poll-orders.ts'
import { pollTransfers } from './poll-transfers.ts'

export interface OrderPollParts {
  pool: Pool
  inbox: Pick<Inbox, 'setTimers'>
  queue: Pick<EventQueue, 'add'>
  paxos: PaxosClient
  orders: OrderReads
  /** Pause between two polls of transfers, milliseconds; null: transfers are not polled. */
  transfersEveryMs?: number | null
  logger: Logger
  metrics: Registry
}

/** Shortest pause between two rounds, milliseconds: a fill becomes known about that much later. */
const REST_MS = 500
/** What polls may use of Paxos's 50 calls/s. With many open orders the pause grows, so that placing orders keeps the rest. */
const CALLS_PER_SECOND = 15
/** Transfers take minutes or days, and an event reports their end: a poll finds those of lost events. */
const TRANSFERS_EVERY_MS = 15_000
/** A command that has not moved its order after this time is given again: its event may never have been committed. */
const LOST_AFTER_MS = 60_000
/** The longest upload of a document, with its lease, is over by then. */
const STUCK_AFTER_MS = 420_000
/** Advisory lock for one poll at a time over all machines. The numbers spell `gate` and `poll`. */
const POLL_LOCK = [0x67617465, 0x706f6c6c] as const

/**
 * Polls unfinished orders in one worker at a time and repeats lost commands. Returns a function that stops it and waits for the current
 * round.
 */
export function startOrderPolls(parts: OrderPollParts): () => Promise<void> {
  const { logger, metrics, transfersEveryMs = TRANSFERS_EVERY_MS } = parts
  let transfersDueAtMs = transfersEveryMs === null ? Number.POSITIVE_INFINITY : 0
  const open = new Gauge({ name: 'gatehouse_orders_open', help: 'Unfinished orders that the poll reads', registers: [metrics] })
  const seconds = new Histogram({
    name: 'gatehouse_order_poll_seconds',
    help: 'Time of one poll over all unfinished orders; plus the pause between two polls, the greatest age of a known order state',
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers: [metrics],
  })
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  const pollOrders = createOrderPoll({ ...parts, openOrders: parts.orders.listOpen, mostAreOpen: true, now: Date.now })
  const round = async (): Promise<void> => {
    const startedMs = performance.now()
    let restMs = REST_MS
    try {
      const report = await pollAlone({ ...parts, pollOrders }, { transfers: startedMs >= transfersDueAtMs })
      if (startedMs >= transfersDueAtMs) transfersDueAtMs = startedMs + (transfersEveryMs ?? 0)
      if (report) {
        open.set(report.open)
        seconds.observe((performance.now() - startedMs) / 1_000)
        restMs = Math.max(REST_MS, (report.calls / CALLS_PER_SECOND) * 1_000 - (performance.now() - startedMs))
      }
    } catch (error) {
      logger.warn({ reason: errorMessage(error) }, 'orders could not be polled; retrying')
    }
    if (!stopped) timer = setTimeout(next, restMs)
  }
  let running: Promise<void> = Promise.resolve()
  const next = (): void => {
    running = round()
  }
  next()
  return async () => {
    stopped = true
    clearTimeout(timer)
    await running
  }
}

/** Null: another worker polls. */
async function pollAlone(
  { pool, inbox, paxos, orders, pollOrders }: OrderPollParts & { pollOrders: () => Promise<PollReport> },
  { transfers }: { transfers: boolean },
): Promise<PollReport | null> {
  return withClient(pool, async (client) => {
    const { rows } = await client.query<{ mine: boolean }>('SELECT pg_try_advisory_lock($1, $2) AS mine', [...POLL_LOCK])
    if (!rows[0]?.mine) return null
    try {
      await giveLostCommands({ pool, inbox, orders })
      await continueClosings({ pool, inbox })
      if (transfers) await pollTransfers({ inbox, paxos, pending: () => listPendingTransfers(pool), now: Date.now })
      return await pollOrders()
    } finally {
      await client.query('SELECT pg_advisory_unlock($1, $2)', [...POLL_LOCK])
    }
  })
}

/**
 * Sets a timer that does the work of a lost command. It is set once: if it fails for good, it is parked for a person. Setting it again in
 * each round would repeat the refused call for ever.
 */
async function giveLostCommands({ pool, inbox, orders }: Pick<OrderPollParts, 'pool' | 'inbox' | 'orders'>): Promise<void> {
  const at = new Date()
  const before = new Date(at.getTime() - LOST_AFTER_MS)
  const waiting: Readonly<Record<string, Promise<string[]>>> = {
    'place-order': orders.listWaiting(before),
    'fund-account': DEPOSIT_READS.listWaiting(pool, before),
    'execute-quote': QUOTE_EXECUTION_READS.listWaiting(pool, before),
    [CREATE_DEPOSIT_INSTRUCTIONS]: INSTRUCTIONS_READS.listWaiting(pool, before),
    [SEND_WIRE]: WIRE_READS.listWaiting(pool, before),
    [CHANGE_ACCOUNT_MEMBERS]: ACCOUNT_MEMBER_CHANGE_READS.listWaiting(pool, before),
    [OPEN_ACCOUNT]: ACCOUNT_READS.listWaiting(pool, before),
    [CHANGE_IDENTITY]: CHANGE_READS.listWaiting(pool, before),
    [CHANGE_MEMBERS]: MEMBER_CHANGE_READS.listWaiting(pool, before),
    [SETTLE_DOCUMENT]: DOCUMENT_READS.listWaiting(pool, new Date(at.getTime() - STUCK_AFTER_MS)),
  }
  const lost = Object.entries(waiting).map(async ([name, ids]) => (await ids).map((streamId) => ({ streamId, name, dueAt: at })))
  await inbox.setTimers((await Promise.all(lost)).flat(), { reopen: false })
}
