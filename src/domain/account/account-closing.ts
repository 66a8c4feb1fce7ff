import { type Draft, type Entry, isOpen, type Receipt, type Snapshot, suppressAll } from '../effect.ts'
import { draftOf } from '../stream.ts'

/**
 * Where the closing of an account stands.
 *
 * - `cancelling`: open orders are being cancelled, and movements of money awaited. In: a request to our API, or a later movement. Out: the
 *   worker, once every order and movement of the account has ended; or a person, who stops the closing.
 * - `selling`: sales of a round are under way. In: the worker. Out: the worker, once every sale has ended and settled.
 * - `waiting`: something is left that no sale removes now; `blocks` says what and who must act. In: the worker. Out: the worker, once it is gone;
 *   or a person, who stops the closing.
 * - `finishing`: the account is empty and is being disabled at Paxos. In: the worker. Out: the worker, when Paxos answers.
 * - `closed`: Paxos has disabled the account; final. In: the worker. Out: never.
 * - `stopped`: a person stopped it; final. In: a request to our API. Out: never.
 * - `held`: two answers of Paxos, or an order and its sale, contradict each other. In: the worker. Out: never; a person compares at Paxos.
 */
export const CLOSING_STATES = ['cancelling', 'selling', 'waiting', 'finishing', 'closed', 'stopped', 'held'] as const
export type ClosingState = (typeof CLOSING_STATES)[number]

/** The states in which a worker looks at the account again from time to time. */
export const CONTINUED_STATES = ['cancelling', 'selling', 'waiting'] as const satisfies readonly ClosingState[]
/** The states in which nothing irreversible is under way, so that a person may stop the closing. */
const STOPPABLE_STATES: readonly ClosingState[] = ['cancelling', 'waiting']

/** The command that begins a closing. */
export const CLOSE_ACCOUNT = 'close-account'
/** The timer that continues it. */
export const CONTINUE_CLOSING = 'continue-closing'
export const REQUEST_CANCELLATIONS = 'request-cancellations'
export const SELL_HOLDINGS = 'sell-holdings'
export const DISABLE_ACCOUNT = 'disable-account'

/** What blocks a closing, and so who must act. `src/operate/say/say-closing.ts` has a sentence for each. */
export const CLOSING_BLOCKS = [
  'unfinished',
  'foreign-order',
  'owner-stopped',
  'cash',
  'dust',
  'no-market',
  'market-closed',
  'not-sellable',
  'sale-refused',
  'owes',
] as const
type ClosingBlockKind = (typeof CLOSING_BLOCKS)[number]

/** One thing that blocks a closing. Ids, assets, amounts and codes only: it stands in the ledger. */
export interface ClosingBlock {
  readonly kind: ClosingBlockKind
  /** The asset that is left; null: it is not about an asset. */
  readonly asset: string | null
  /** A decimal string. */
  readonly amount: string | null
  /** The order or movement with its state, the smallest sale, or Paxos's reason. */
  readonly detail: string | null
}

/** One sale of a round. */
export interface ClosingSale {
  readonly asset: string
  readonly market: string
  readonly quoteAsset: string
  /** In the asset, at most what was available when the round was decided. */
  readonly amount: string
  /** The order's stream; null until the order is on record. */
  readonly orderId: string | null
}

/** The closing of an account as last committed. */
export interface AccountClosing {
  /** Ours: `closing-` and a hash of the Idempotency-Key. */
  readonly closingId: string
  readonly accountId: string
  /** The primary owner. */
  readonly identityId: string
  readonly profileId: string
  readonly state: ClosingState
  /** Why it is held. */
  readonly reason: string | null
  /** Rounds of sales so far. The keys of a round's orders are made from the closing's id and this number. */
  readonly round: number
  /** The sales of the last round. */
  readonly sales: readonly ClosingSale[]
  /** Rounds in a row in which a sale was refused: the wait before the next round grows with them. */
  readonly refusals: number
  /** When the last round began, milliseconds since 1970; null: none began. */
  readonly soldAt: number | null
  /** Orders whose cancellation was requested. */
  readonly cancels: readonly string[]
  readonly blocks: readonly ClosingBlock[]
  /** Milliseconds since 1970. */
  readonly requestedAt: number
}

export interface ClosingSnapshot extends Snapshot {
  readonly closing: AccountClosing
}

/** Cancellations of the listed orders are requested. */
interface CancelledReceipt extends Receipt {
  readonly kind: 'cancellations-requested'
}
/** The orders of a round are on record. `orders`: their ids as JSON, by asset. */
interface SoldReceipt extends Receipt {
  readonly kind: 'sales-placed'
  readonly orders: string
}
/** Paxos has disabled the account. `how`: by our call, or found so. */
interface DisabledReceipt extends Receipt {
  readonly kind: 'account-disabled'
  readonly how: 'sent' | 'found'
}
/** Money arrived after the decision. Nothing was sent. */
interface NotEmptyReceipt extends Receipt {
  readonly kind: 'account-not-empty'
}
export type ClosingReceipt = CancelledReceipt | SoldReceipt | DisabledReceipt | NotEmptyReceipt

/** Opens the closing of a request. It intends nothing yet: the first look at the account decides. */
export function openClosing(
  place: Pick<AccountClosing, 'closingId' | 'accountId' | 'identityId' | 'profileId'>,
  at: number,
): Draft<ClosingSnapshot> {
  const closing: AccountClosing = {
    ...place,
    ...{ state: 'cancelling', reason: null, round: 0, sales: [], refusals: 0, soldAt: null, cancels: [], blocks: [], requestedAt: at },
  }
  const requested: Entry = { kind: 'closing.requested', data: { accountId: place.accountId } }
  return draftOf<ClosingSnapshot>({ closing, effects: [] }, [requested])
}

/** Moves the closing. An entry says what changed: the state, the round or what blocks it. */
export function moveClosing(draft: Draft<ClosingSnapshot>, closing: AccountClosing): Draft<ClosingSnapshot> {
  const { closing: before } = draft
  const { accountId, state: to, reason, round } = closing
  const blocks = closing.blocks.map(({ kind, asset, amount, detail }) =>
    [kind, amount, asset, detail].filter((each) => each !== null).join(' '),
  )
  const entry: Entry = { kind: 'closing.moved', data: { accountId, from: before.state, to, round, reason, blocks } }
  const changed = before.state !== to || before.round !== round || JSON.stringify(before.blocks) !== JSON.stringify(closing.blocks)
  return { ...draft, closing, entries: changed ? [...draft.entries, entry] : draft.entries }
}

/** Stops a closing; null: something irreversible is under way, or it has ended. */
export function stopClosing(draft: Draft<ClosingSnapshot>): Draft<ClosingSnapshot> | null {
  if (!STOPPABLE_STATES.includes(draft.closing.state)) return null
  return moveClosing(suppressAll(draft, draft.effects.filter(isOpen)), { ...draft.closing, state: 'stopped', blocks: [] })
}
