import { z } from 'zod'
import type { Permission } from '../../domain/roles.ts'
import type { Page } from '../../platform/page.ts'
import type { OperatorUseCases } from '../use-cases.ts'
import { LIST_FILTERS } from './list-filters.ts'

export const EXPORTED = ['events', 'onboardings', 'orders', 'transfers', 'issues', 'audit'] as const
export type ExportedList = (typeof EXPORTED)[number]

type Row = Readonly<Record<string, unknown>>

interface ExportOfList {
  readonly permission: Permission
  readonly filters: z.ZodObject
  /** What a row holds: ids, codes, states, amounts and times. No text that a person wrote, and nothing that names one. */
  readonly columns: readonly string[]
  /** The page after the cursor, at most `limit` rows. `query` was checked by `filters`. */
  read(useCases: OperatorUseCases, query: Row & { cursor?: string; limit: number }): Promise<Page<object>>
}

/** The use cases check the types of their queries; the filters are those of the same list. */
function listed<Query>(list: (query: Query) => Promise<Page<object>>, query: unknown): Promise<Page<object>> {
  return list(query as Query)
}

/** The lists that can be exported. */
export const EXPORTS: Readonly<Record<ExportedList, ExportOfList>> = {
  events: {
    permission: 'event.read',
    filters: z.strictObject(LIST_FILTERS.events),
    columns: [
      ...[
        'eventId',
        'type',
        'state',
        'identityId',
        'streamId',
        'occurredAt',
        'receivedAt',
        'completedAt',
        'origin',
        'trust',
        'isTest',
        'outcome',
      ],
      ...['errorCode', 'attempts', 'generation', 'deliveryCount', 'keySlot'],
    ],
    read: (useCases, query) => listed(useCases.listEvents, query),
  },
  onboardings: {
    permission: 'customer.read',
    filters: z.strictObject(LIST_FILTERS.onboardings),
    columns: [
      ...['identityId', 'refId', 'origin', 'state', 'identityStatus', 'accountId', 'profileId', 'heldReason', 'createdAt', 'updatedAt'],
      ...['approvedAt', 'readyAt'],
    ],
    read: (useCases, query) => listed(useCases.listOnboardings, query),
  },
  orders: {
    permission: 'trade.read',
    filters: z.strictObject(LIST_FILTERS.orders),
    columns: [
      ...[
        'orderId',
        'paxosOrderId',
        'accountId',
        'identityId',
        'side',
        'market',
        'type',
        'baseAmount',
        'quoteAmount',
        'price',
        'state',
        'reason',
      ],
      ...['amountFilled', 'averagePrice', 'createdAt', 'updatedAt'],
    ],
    read: (useCases, query) => listed(useCases.listOrders, query),
  },
  transfers: {
    permission: 'trade.read',
    filters: z.strictObject(LIST_FILTERS.transfers),
    columns: [
      ...[
        'transferId',
        'paxosTransferId',
        'accountId',
        'identityId',
        'direction',
        'type',
        'asset',
        'amount',
        'fee',
        'total',
        'state',
        'reason',
      ],
      ...['paxosStatus', 'createdAt', 'updatedAt'],
    ],
    read: (useCases, query) => listed(useCases.listTransfers, query),
  },
  issues: {
    permission: 'event.read',
    filters: z.strictObject(LIST_FILTERS.issues),
    columns: [
      ...[
        'id',
        'state',
        'effectKind',
        'operation',
        'status',
        'errorCode',
        'innerCode',
        'problemType',
        'parked',
        'dead',
        'unfinished',
        'customers',
      ],
      ...['atLeast', 'firstSeenAt', 'lastSeenAt', 'mutedUntil'],
    ],
    read: async (useCases, { cursor: _cursor, limit: _limit, ...query }) => ({ items: await useCases.listIssues(query), nextCursor: null }),
  },
  audit: {
    permission: 'audit.read',
    filters: z.strictObject(LIST_FILTERS.audit),
    columns: ['entryNo', 'at', 'operator', 'actorKind', 'action', 'target', 'hash'],
    read: (useCases, query) => listed(useCases.listAudit, query),
  },
}
