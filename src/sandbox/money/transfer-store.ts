import type { Decimal } from './decimal.ts'

/** The types of transfers (paxos/api.md 7), as far as the simulator makes them. */
export type TransferType =
  | 'WIRE_DEPOSIT'
  | 'WIRE_WITHDRAWAL'
  | 'CUBIX_DEPOSIT'
  | 'RTP_DEPOSIT'
  | 'INTERNAL_TRANSFER_DEBIT'
  | 'INTERNAL_TRANSFER_CREDIT'

export const TRANSFER_STATUSES = ['PENDING', 'COMPLETED', 'FAILED'] as const
export type TransferStatus = (typeof TRANSFER_STATUSES)[number]

/** Where to send fiat, and the memo that attributes it (paxos/api.md 7). */
export interface DepositInstructions {
  readonly id: string
  readonly createdAtNs: bigint
  readonly profileId: string
  readonly identityId: string | null
  readonly accountId: string | null
  readonly refId: string | null
  readonly network: FiatNetwork
  readonly routingNumberType: 'ABA' | 'SWIFT'
  readonly memoId: string
  readonly metadata: Readonly<Record<string, string>> | null
}

export const FIAT_NETWORKS = ['WIRE', 'DBS_ACT', 'CUBIX', 'SCB', 'RTP'] as const
export type FiatNetwork = (typeof FIAT_NETWORKS)[number]

export interface Transfer {
  readonly id: string
  readonly createdAtNs: bigint
  updatedAtNs: bigint
  readonly profileId: string
  readonly identityId: string | null
  readonly accountId: string | null
  readonly refId: string | null
  readonly groupId: string | null
  readonly asset: string
  readonly amount: Decimal
  readonly fee: Decimal
  /** The change of the balance: for a deposit the amount less the fee. */
  readonly total: Decimal
  readonly direction: 'CREDIT' | 'DEBIT'
  readonly type: TransferType
  readonly memo: string | null
  readonly metadata: Readonly<Record<string, string>> | null
  status: TransferStatus
}

/** All transfers and deposit instructions, oldest first. */
export class TransferStore {
  #all: Transfer[] = []
  #byId = new Map<string, Transfer>()
  #byRefId = new Map<string, Transfer>()
  #instructions: DepositInstructions[] = []
  #byMemo = new Map<string, DepositInstructions>()

  get all(): readonly Transfer[] {
    return this.#all
  }

  get instructions(): readonly DepositInstructions[] {
    return this.#instructions
  }

  get(id: string): Transfer | undefined {
    return this.#byId.get(id)
  }

  byRefId(refId: string): Transfer | undefined {
    return this.#byRefId.get(refId)
  }

  byMemo(memoId: string): DepositInstructions | undefined {
    return this.#byMemo.get(memoId)
  }

  add(transfer: Transfer): void {
    this.#all.push(transfer)
    this.#byId.set(transfer.id, transfer)
    if (transfer.refId !== null && !this.#byRefId.has(transfer.refId)) this.#byRefId.set(transfer.refId, transfer)
  }

  addInstructions(instructions: DepositInstructions): void {
    this.#instructions.push(instructions)
    this.#byMemo.set(instructions.memoId, instructions)
  }

  clear(): void {
    this.#all = []
    this.#instructions = []
    this.#byId.clear()
    this.#byRefId.clear()
    this.#byMemo.clear()
  }
}
