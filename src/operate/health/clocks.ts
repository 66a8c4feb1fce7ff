import type { Pool } from 'pg'
import { LAST_SENT_AFTER_MS } from '../../domain/trade/ref-id-rule.ts'
import { refusedDeliveries } from '../../inbox/refused-deliveries.ts'
import { liveQuotes, runningRefreshes, unconfirmedOrders } from '../../ledger/read-clocks.ts'
import { readWatermark } from '../../reconcile/sweep-windows.ts'
import { counted } from '../say/counted.ts'

/** What runs out. */
export const CLOCK_KINDS = ['webhook-retries', 'order-ref-id', 'quote', 'kyc-refresh'] as const
export type ClockKind = (typeof CLOCK_KINDS)[number]

/** A time after which something is no longer possible. */
export interface Clock {
  readonly kind: ClockKind
  /** The order, the quote or the customer; null: several deliveries. */
  readonly id: string | null
  readonly sentence: string
  /** What holds after the end. */
  readonly afterwards: string
  readonly startedAt: Date | null
  readonly endsAt: Date
  /** Whether the end is on record. False: Paxos states the length as typical. */
  readonly exact: boolean
  readonly page: string
}

export interface ClockList {
  readonly at: Date
  /** The next to end first. */
  readonly items: readonly Clock[]
  /** A kind had more clocks than are listed. */
  readonly more: boolean
}

export interface ClockUseCases {
  /** Computed from rows. An end that cannot be known is not listed. Makes no call to Paxos. */
  listClocks(): Promise<ClockList>
}

/** Of each kind. */
const MOST_CLOCKS = 100
/** Paxos sends a webhook again for 24 h (paxos/api.md 3.4). */
const RETRIED_MS = 24 * 3_600_000
/** "Typically 30 days" (paxos/api.md 4.11). Paxos reports no end. */
const REFRESH_MS = 30 * 24 * 3_600_000

export function clockUseCases({ pool, now }: { pool: Pool; now: () => number }): ClockUseCases {
  return {
    listClocks: async () => {
      const at = new Date(now())
      const limit = MOST_CLOCKS + 1
      const [deliveries, orders, quotes, refreshes] = await Promise.all([
        deliveryClock(pool, at),
        unconfirmedOrders(pool, limit),
        liveQuotes(pool, { now: at, limit }),
        runningRefreshes(pool, limit),
      ])
      const kinds: readonly (readonly Clock[])[] = [
        deliveries,
        orders.map(({ id, startedAt }) => orderClock(id, startedAt)),
        quotes.map(({ id, market, expiresAt }) => quoteClock(id, market, expiresAt)),
        refreshes.map(({ id, startedAt }) => refreshClock(id, startedAt)),
      ]
      return {
        at,
        items: kinds.flatMap((clocks) => clocks.slice(0, MOST_CLOCKS)).toSorted((a, b) => a.endsAt.getTime() - b.endsAt.getTime()),
        more: kinds.some((clocks) => clocks.length > MOST_CLOCKS),
      }
    },
  }
}

/** Only deliveries that no sweep covers yet: the inbox holds the events of the others. */
async function deliveryClock(pool: Pool, at: Date): Promise<Clock[]> {
  const refused = await refusedDeliveries(pool, await readWatermark(pool))
  if (!refused) return []
  const endsAt = new Date(refused.firstAt.getTime() + RETRIED_MS)
  if (endsAt <= at) return []
  return [
    {
      ...{ kind: 'webhook-retries', id: null, startedAt: refused.firstAt, endsAt, exact: true, page: '/reconciliations' },
      sentence: `Gatehouse refused deliveries with 503 (${counted(refused.samples, 'sample')}), and no sweep covers that time yet. Paxos sends each again for 24 h.`,
      afterwards: 'Only a sweep or a reconciliation brings the events.',
    },
  ]
}

function orderClock(id: string, startedAt: Date): Clock {
  return {
    ...{ kind: 'order-ref-id', id, startedAt, endsAt: new Date(startedAt.getTime() + LAST_SENT_AFTER_MS), exact: true },
    sentence: `Order ${id} is not known to be at Paxos. Gatehouse may send it under its ref_id until then.`,
    afterwards:
      'Gatehouse only looks the order up, and rejects it if Paxos does not have it: Paxos may use the ref_id again 24 h after an order closed.',
    page: `/find?q=${encodeURIComponent(id)}`,
  }
}

function quoteClock(id: string, market: string, endsAt: Date): Clock {
  return {
    ...{ kind: 'quote', id, startedAt: null, endsAt, exact: true },
    sentence: `Quote ${id} for ${market} can be executed until then.`,
    afterwards: 'Your application must request another quote.',
    page: `/find?q=${encodeURIComponent(id)}`,
  }
}

function refreshClock(id: string, startedAt: Date): Clock {
  return {
    ...{ kind: 'kyc-refresh', id, startedAt, endsAt: new Date(startedAt.getTime() + REFRESH_MS), exact: false },
    sentence: `Customer ${id} must confirm their details. Paxos gives about 30 days and reports no end.`,
    afterwards: 'Paxos reports kyc_refresh.expired, and Gatehouse refuses purchases of the customer.',
    page: `/onboardings/${encodeURIComponent(id)}`,
  }
}
