/**
 * Where a transfer stands.
 *
 * - `pending`: Paxos has it, and it has not ended. In: the worker, from an event or a poll. Out: the worker, when a read shows its end.
 * - `completed`: the money has moved. In: the worker. Out: the worker, only to `returned`, however late.
 * - `failed`: nothing has moved, or what had was given back; final. In: the worker. Out: only to `held`.
 * - `returned`: it was completed, and Paxos took it back; final. In: the worker. Out: only to `held`.
 * - `held`: what Paxos says contradicts what is on record. In: the worker. Out: an operator's replay that releases holds.
 */
export const TRANSFER_STATES = ['pending', 'completed', 'failed', 'returned', 'held'] as const
export type TransferState = (typeof TRANSFER_STATES)[number]

export const TRANSFER_DIRECTIONS = ['CREDIT', 'DEBIT'] as const

/** Money that came into an account or left it, as last committed. Amounts are decimal strings. */
export interface Transfer {
  /** Gatehouse's id: `transfer-` and a hash of Paxos's id. */
  readonly transferId: string
  readonly paxosTransferId: string
  readonly accountId: string
  readonly identityId: string
  readonly profileId: string
  /** Paxos's CREDIT or DEBIT. */
  readonly direction: string
  /** Paxos's WIRE_DEPOSIT and others. An open set. */
  readonly type: string
  readonly asset: string
  /** The amount that was sent. */
  readonly amount: string
  readonly fee: string
  /** The change of the balance: for a deposit the amount less the fee, for a withdrawal the amount and the fee. */
  readonly total: string
  readonly state: TransferState
  /** Why it is held. */
  readonly reason: string | null
  /** Paxos's status as last read; an open set. */
  readonly paxosStatus: string
  /** The sum of this transfer's recorded flows, signed. */
  readonly moved: string
  /** Our deposit instructions that the sender followed; null: none of ours. */
  readonly instructionsId: string | null
  /** The deposit of ours that it takes back; null: none. */
  readonly returnOf: string | null
  /** Paxos's time, RFC 3339. */
  readonly startedAt: string
}
