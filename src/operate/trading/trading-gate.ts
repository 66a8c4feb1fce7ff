import { isRefreshOverdue, refreshOf } from '../../domain/onboarding/refresh-notice.ts'
import type { StatusDetails } from '../../domain/onboarding/status-details.ts'
import type { OrderSide } from '../../domain/trade/order.ts'
import type { AccountRecord } from '../../ledger/read-accounts.ts'
import type { PaxosIdentity } from '../../paxos/identities.ts'
import type { PaxosClient } from '../../paxos/paxos-client.ts'
import { AppError } from '../../platform/app-error.ts'

/** No account of this installation has this id. Foreign accounts get the same answer, so that ids cannot be probed. */
export class AccountUnknownError extends AppError {
  readonly code = 'ACCOUNT_UNKNOWN'
  readonly retry = 'never'
  constructor(accountId: string) {
    super(`Unknown account ${accountId}. Gatehouse opens an account when Paxos approves its onboarding; GET /v1/onboardings lists them.`)
  }
}

/** The customer may not trade now: the onboarding is not ready, or the identity's status or a control forbids it (paxos/api.md 4.8). */
export class AccountNotTradableError extends AppError {
  readonly code = 'ACCOUNT_NOT_TRADABLE'
  readonly retry = 'never'
  constructor(why: string) {
    super(why)
  }
}

/** The order sides that an identity's status permits (paxos/api.md 4.8). An unknown status permits none. */
const PERMITS: Readonly<Record<string, readonly OrderSide[]>> = { APPROVED: ['BUY', 'SELL'], DISABLED: ['SELL'] }
/** The order sides that a control permits. Under `SELL_ONLY` and an off-boarding the customer may still sell. */
const UNDER_CONTROL: Readonly<Record<string, readonly OrderSide[]>> = {
  SELL_ONLY: ['SELL'],
  CLOSED: ['SELL'],
  DORMANT: ['SELL'],
  FROZEN: [],
}

/**
 * Refuses a trade that the state or the live status of any owner forbids: a joint account trades as its owner who may do least (A44).
 * @throws AccountNotTradableError, PaxosError
 */
export async function requireTradable(paxos: PaxosClient, account: AccountRecord, side: OrderSide, now = Date.now()): Promise<void> {
  const { owners, accountId } = account
  requireOpen(account, side)
  for (const { identityId, state } of owners) {
    if (state !== 'ready' && state !== 'disabled')
      throw new AccountNotTradableError(
        `Account ${accountId} cannot trade: ${ownersText(account, identityId, 'onboarding')} is ${state ?? 'missing'}, not ready.`,
      )
  }
  const identities = await Promise.all(owners.map(({ identityId }) => paxos.identities.get(identityId)))
  for (const identity of identities) requirePermitted(account, identity, side, now)
}

/** While an account is being closed the customer may sell and not buy; once it is empty, neither. @throws AccountNotTradableError */
function requireOpen({ accountId, closing }: AccountRecord, side: OrderSide): void {
  if (!closing) return
  const { closingId, state } = closing
  if (state === 'closed') throw new AccountNotTradableError(`Account ${accountId} cannot trade: it is closed (${closingId}).`)
  if (side === 'SELL' && state !== 'finishing') return
  throw new AccountNotTradableError(
    `Account ${accountId} cannot ${side === 'BUY' ? 'buy' : 'sell'}: it is being closed (${closingId}, ${state}). A person can stop that: POST /v1/accounts/{id}/closing/stop.`,
  )
}

/** @throws AccountNotTradableError when this owner's live status or a control forbids the trade */
function requirePermitted(account: AccountRecord, { id, status, statusDetails }: PaxosIdentity, side: OrderSide, now: number): void {
  const cannot = `Account ${account.accountId} cannot ${side === 'BUY' ? 'buy' : 'sell'}:`
  if (!(PERMITS[status] ?? []).includes(side))
    throw new AccountNotTradableError(`${cannot} ${ownersText(account, id, 'identity')} is ${status} at Paxos.`)
  if (side === 'BUY') requireRefreshed(account, id, { details: statusDetails ?? null, cannot, now })
  const control = statusDetails?.controls.find(({ type }) => !(UNDER_CONTROL[type] ?? []).includes(side))
  if (control) throw new AccountNotTradableError(`${cannot} a control ${control.type} is active${ofOwner(account, id)}.`)
}

/** A refresh is overdue when Paxos says so, and from its end on, which may be before Paxos says it. A completed one is not in the live details. */
function requireRefreshed(
  account: AccountRecord,
  identityId: string,
  { details, cannot, now }: { details: StatusDetails | null; cannot: string; now: number },
): void {
  const endsAt = account.owners.find((owner) => owner.identityId === identityId)?.refreshEndsAt ?? null
  const isOver = endsAt !== null && Date.parse(endsAt) <= now && refreshOf(details) !== 'none'
  if (!isOver && !isRefreshOverdue(details)) return
  const since = endsAt === null ? '' : ` since ${endsAt.slice(0, 10)}`
  throw new AccountNotTradableError(
    `${cannot} ${ownersText(account, identityId, 'KYC refresh')} is overdue${since}. The customer must confirm or correct their details first (POST /v1/onboardings/{id}/kyc-refresh); a sale is possible.`,
  )
}

function ownersText(account: AccountRecord, identityId: string, noun: string): string {
  return `its ${noun}${ofOwner(account, identityId)}`
}

/** Names the owner of a joint account; of a single owner there is nothing to tell apart. */
function ofOwner({ owners }: AccountRecord, identityId: string): string {
  return owners.length > 1 ? ` of owner ${identityId}` : ''
}
