/**
 * Where the execution of a held-rate quote stands.
 *
 * - `submitting`: committed here; the worker is sending it. In: a request to our API. Out: the worker, when Paxos answers.
 * - `unknown`: it was sent and the answer was lost. In: the worker, after a timeout, a 504, a reset or a crash. Out: the worker, by a look-up of
 *   its ref_id, or by the 409 of Paxos.
 * - `created`: Paxos has it and has debited what is paid. In: the worker. Out: the worker, when Paxos has credited what is bought.
 * - `settled`: both amounts have moved; final. In: the worker. Out: never.
 * - `rejected`: Paxos refused it, or the quote ended before it could be sent; final. In: the worker. Out: never.
 * - `held`: what Paxos says contradicts what is on record. In: the worker. Out: an operator.
 */
export const QUOTE_EXECUTION_STATES = ['submitting', 'unknown', 'created', 'settled', 'rejected', 'held'] as const
export type QuoteExecutionState = (typeof QUOTE_EXECUTION_STATES)[number]

/** A rate that Paxos holds until `expiresAt`. */
export interface HeldQuote {
  readonly quoteId: string
  readonly market: string
  readonly side: string
  /** A decimal string. */
  readonly price: string
  readonly baseAsset: string
  readonly quoteAsset: string
  /** Milliseconds since 1970, from Paxos's own `expires_at`: the only clock that counts (A25). */
  readonly expiresAt: number
}

/** The amounts of a request: exactly one is not null. Decimal strings, as sent. */
export interface QuoteAmounts {
  readonly baseAmount: string | null
  readonly quoteAmount: string | null
}

/** One execution of a quote as last committed. */
export interface QuoteExecution extends HeldQuote, QuoteAmounts {
  /** Gatehouse's id: `quote-execution-` and a hash of the Idempotency-Key. */
  readonly executionId: string
  readonly accountId: string
  readonly identityId: string
  readonly profileId: string
  readonly state: QuoteExecutionState
  /** Why it was rejected or is held: a word of ours, or the slug of Paxos's problem type. */
  readonly reason: string | null
  readonly paxosExecutionId: string | null
  /** What Paxos executed; null until it answers. */
  readonly executedBase: string | null
  readonly executedQuote: string | null
  /** Milliseconds since 1970. */
  readonly requestedAt: number
}

/** A quote with less time left is not sent, milliseconds: it could expire on the way (A25). */
const SHORTEST_LEFT_MS = 2_000
/** How long after the quote's end a lost execution may still appear at Paxos, milliseconds: clocks differ and lists lag. */
const LATE_MS = 10_000

/** Whether an execution of the quote may be sent now. `now`: milliseconds since 1970. */
export function mayBeExecuted({ expiresAt }: Pick<HeldQuote, 'expiresAt'>, now: number): boolean {
  return expiresAt - now >= SHORTEST_LEFT_MS
}

/** From when on an execution that Paxos lacks cannot appear any more, milliseconds since 1970: Paxos itself refuses an expired quote. */
export function overAt({ expiresAt }: Pick<HeldQuote, 'expiresAt'>): number {
  return expiresAt + LATE_MS
}
