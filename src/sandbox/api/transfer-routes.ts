import { z } from 'zod'
import { AMOUNT_PATTERN } from '../money/decimal.ts'
import { TRANSFER_STATUSES, type Transfer } from '../money/transfer-store.ts'
import type { SandboxState } from '../sandbox-state.ts'
import { toRfc3339 } from '../world/nano-clock.ts'
import { requireAsset } from './balance-routes.ts'
import { RECORD_DIGITS } from './identity-view.ts'
import { positiveDecimal, TradeMetadata } from './order-request.ts'
import { page, pageRequest } from './page.ts'
import { alreadyExists, problem } from './paxos-problem.ts'
import { type Query, queryList, queryText } from './query.ts'
import { readBody } from './read-body.ts'
import { requireFunds } from './require-funds.ts'
import type { SimulateOperation } from './simulated-operation.ts'
import { isWithin, timeRange } from './time-range.ts'

/** Documented. */
const MAX_LIMIT = 1000
const DEFAULT_LIMIT = 100
const MAX_FILTER_VALUES = 100

/** Documented values of the filters, those that the simulator never makes included. */
const RAILS = ['CRYPTO', 'WIRE', 'SEN', 'BANK', 'SIGNET', 'CBIT', 'CUBIX'] as const
const TRANSFER_TYPES: readonly string[] = [
  ...['INTERNAL_TRANSFER_DEBIT', 'INTERNAL_TRANSFER_CREDIT', 'PAXOS_TRANSFER_DEBIT', 'PAXOS_TRANSFER_CREDIT', 'RTP_DEPOSIT'],
  ...RAILS.flatMap((rail) => [`${rail}_DEPOSIT`, `${rail}_WITHDRAWAL`]),
]
const SECONDARY_STATUSES = ['TRAVEL_RULE_INFO_REQUESTED', 'TRAVEL_RULE_REJECTED', 'CUSTOMER_REJECTED', 'PENDING_CUSTOMER_APPROVAL']
/** What `type` cannot be combined with. */
const LIST_FILTERS: readonly string[] = [
  ...['ids', 'ref_ids', 'profile_ids', 'identity_ids', 'account_ids', 'group_ids', 'statuses', 'secondary_statuses', 'crypto_tx_hashes'],
]

const reference = z.string().min(1, 'must not be empty')
const InternalRequest = z.strictObject({
  ref_id: reference.optional(),
  from_profile_id: reference,
  to_profile_id: reference,
  amount: z.string().regex(AMOUNT_PATTERN, 'must be a decimal without sign or exponent'),
  asset: reference,
  metadata: TradeMetadata.optional(),
  recipient_metadata: TradeMetadata.optional(),
  from_identity_id: reference.optional(),
  from_account_id: reference.optional(),
  to_identity_id: reference.optional(),
  to_account_id: reference.optional(),
})

/** Get and list transfers, and move money between profiles (paxos/api.md 7). */
export function transferRoutes(simulate: SimulateOperation, state: SandboxState): void {
  const { transfers, transferDesk, accounts } = state

  simulate('GET /transfer/transfers/{id}', ({ id }) => {
    const transfer = transfers.get(id)
    if (!transfer) throw problem(404, `transfer not found: ${id}`)
    return transferView(transfer, state)
  })

  simulate('GET /transfer/transfers', ({ query }) => {
    refuseConflicts(query)
    const orderBy = queryText(query, 'order_by', ['CREATED_AT', 'UPDATED_AT']) ?? 'CREATED_AT'
    const byUpdate = orderBy === 'UPDATED_AT'
    const { items, nextCursor } = page(byUpdate ? inOrderOfUpdates(transfers.all) : transfers.all.map(asRecord), {
      request: pageRequest(query, { order: byUpdate ? 'ASC' : 'DESC', maxLimit: MAX_LIMIT, defaultLimit: DEFAULT_LIMIT }),
      created: timeRange(query, byUpdate ? 'updated_at' : 'created_at'),
      keep: transferFilter(query, byUpdate),
    })
    return { items: items.map(({ transfer }) => transferView(transfer, state)), next_page_cursor: nextCursor }
  })

  simulate('POST /transfer/internal', ({ body, subject }) => {
    const request = readBody(InternalRequest, body)
    if (request.ref_id !== undefined) subject.refId = request.ref_id
    requireAsset(request.asset)
    const amount = positiveDecimal('amount', request.amount, { asset: request.asset, decimals: 18 })
    const known = request.ref_id === undefined ? undefined : transfers.byRefId(request.ref_id)
    if (known) throw alreadyExists(`transfer already exists with ref_id '${request.ref_id}'`, transferView(known, state))
    for (const id of [request.from_profile_id, request.to_profile_id]) {
      if (!accounts.profile(id)) throw problem(404, `profile not found: ${id}`)
    }
    if (request.from_profile_id === request.to_profile_id) throw problem(400, 'to_profile_id: must differ from from_profile_id')
    requireFunds(state, { profileId: request.from_profile_id, asset: request.asset, needed: amount })
    const debit = transferDesk.moveInternally({
      from: {
        profileId: request.from_profile_id,
        identityId: request.from_identity_id ?? null,
        accountId: request.from_account_id ?? null,
      },
      to: { profileId: request.to_profile_id, identityId: request.to_identity_id ?? null, accountId: request.to_account_id ?? null },
      asset: request.asset,
      amount,
      refId: request.ref_id ?? null,
      metadata: request.metadata ?? null,
      recipientMetadata: request.recipient_metadata ?? null,
    })
    return transferView(debit, state)
  })
}

interface TransferRecord {
  readonly createdAtNs: bigint
  readonly transfer: Transfer
}

function asRecord(transfer: Transfer): TransferRecord {
  return { createdAtNs: transfer.createdAtNs, transfer }
}

function inOrderOfUpdates(transfers: readonly Transfer[]): TransferRecord[] {
  return transfers
    .map((transfer) => ({ createdAtNs: transfer.updatedAtNs, transfer }))
    .sort((one, other) => (one.createdAtNs < other.createdAtNs ? -1 : 1))
}

/** Documented: the time of `order_by` is that of the time filter, and `type` goes with time filters only. @throws 400 naming both parameters */
function refuseConflicts(query: Query): void {
  const given = Object.keys(query)
  const orderBy = query.order_by
  const other = orderBy === 'CREATED_AT' ? 'updated_at.' : orderBy === 'UPDATED_AT' ? 'created_at.' : null
  const wrongTime = other === null ? undefined : given.find((name) => name.startsWith(other))
  if (wrongTime) throw problem(400, `order_by ${orderBy} cannot be combined with ${wrongTime}`)
  const beside = given.includes('type') ? given.find((name) => LIST_FILTERS.includes(name)) : undefined
  if (beside) throw problem(400, `type cannot be combined with ${beside}`)
}

function refuseUnknown(query: Query, name: string, allowed: readonly string[]): void {
  if (queryList(query, name).some((value) => !allowed.includes(value))) throw problem(400, `${name} must be one of ${allowed.join(', ')}`)
}

function transferFilter(query: Query, byUpdate: boolean): (record: TransferRecord) => boolean {
  const oneOf = (name: string): ((value: string | null) => boolean) => {
    const values = queryList(query, name)
    if (values.length > MAX_FILTER_VALUES) throw problem(400, `${name} may name at most ${MAX_FILTER_VALUES} values`)
    return (value) => values.length === 0 || (value !== null && values.includes(value))
  }
  refuseUnknown(query, 'statuses', TRANSFER_STATUSES)
  refuseUnknown(query, 'type', TRANSFER_TYPES)
  refuseUnknown(query, 'secondary_statuses', SECONDARY_STATUSES)
  const filters: readonly [(value: string | null) => boolean, (transfer: Transfer) => string | null][] = [
    [oneOf('ids'), ({ id }) => id],
    [oneOf('ref_ids'), ({ refId }) => refId],
    [oneOf('profile_ids'), ({ profileId }) => profileId],
    [oneOf('identity_ids'), ({ identityId }) => identityId],
    [oneOf('account_ids'), ({ accountId }) => accountId],
    [oneOf('group_ids'), ({ groupId }) => groupId],
    [oneOf('statuses'), ({ status }) => status],
    [oneOf('type'), ({ type }) => type],
    [oneOf('secondary_statuses'), () => null],
    [oneOf('crypto_tx_hashes'), () => null],
  ]
  const other = timeRange(query, byUpdate ? 'created_at' : 'updated_at')
  return ({ transfer }) =>
    filters.every(([matches, field]) => matches(field(transfer))) && isWithin(byUpdate ? transfer.createdAtNs : transfer.updatedAtNs, other)
}

function transferView(transfer: Transfer, { random }: Pick<SandboxState, 'random'>): object {
  const { identityId, accountId, refId, groupId, memo, metadata } = transfer
  return {
    id: transfer.id,
    customer_id: random.uuid('customer'),
    profile_id: transfer.profileId,
    ...(identityId === null ? {} : { identity_id: identityId }),
    ...(accountId === null ? {} : { account_id: accountId }),
    ...(refId === null ? {} : { ref_id: refId }),
    amount: transfer.amount.toFixed(),
    total: transfer.total.lt('0') ? '0' : transfer.total.toFixed(),
    fee: transfer.fee.toFixed(),
    asset: transfer.asset,
    balance_asset: transfer.asset,
    direction: transfer.direction,
    type: transfer.type,
    status: transfer.status,
    created_at: toRfc3339(transfer.createdAtNs, RECORD_DIGITS),
    updated_at: toRfc3339(transfer.updatedAtNs, RECORD_DIGITS),
    ...(metadata ? { metadata } : {}),
    auto_conversion: {},
    ...(groupId === null ? {} : { group_id: groupId }),
    ...(memo === null ? {} : { memo }),
  }
}
