import type { SandboxSettings } from '../control/sandbox-settings.ts'
import type { StoryLog } from '../control/story-log.ts'
import type { EventStore } from '../world/event-store.ts'
import type { NanoClock } from '../world/nano-clock.ts'
import type { SeededRandom } from '../world/seeded-random.ts'
import type { BalanceBook } from './balance-book.ts'
import { type Decimal, decimal, ZERO } from './decimal.ts'
import type { DepositInstructions, Transfer, TransferStatus, TransferStore, TransferType } from './transfer-store.ts'

/**
 * The behaviour of sandbox wires with exact amounts, which overrides other settings. It belongs to the simulator and needs `magicAmounts`.
 */
export const MAGIC_WIRES: Readonly<Record<string, { name: 'fails' | 'stays-pending' | 'returned'; does: string }>> = {
  '666.11': { name: 'fails', does: 'the transfer ends FAILED; no credit' },
  '666.12': { name: 'stays-pending', does: 'the transfer stays PENDING' },
  '666.19': { name: 'returned', does: 'credited, then returned by the bank a moment later' },
}

const DEPOSIT_TYPES: Readonly<Record<DepositInstructions['network'], TransferType>> = {
  WIRE: 'WIRE_DEPOSIT',
  CUBIX: 'CUBIX_DEPOSIT',
  RTP: 'RTP_DEPOSIT',
  DBS_ACT: 'WIRE_DEPOSIT', // the document's list of types has neither of these two rails (paxos/api.md 3.3)
  SCB: 'WIRE_DEPOSIT',
}

interface DeskParts {
  settings: SandboxSettings
  random: SeededRandom
  clock: NanoClock
  story: StoryLog
  events: EventStore
  balances: BalanceBook
  transfers: TransferStore
}

/** Moves fiat in, and money between profiles, and emits the `transfer.*` event of each status (paxos/api.md 7). */
export class TransferDesk {
  #parts: DeskParts
  #timers = new Set<NodeJS.Timeout>()

  constructor(parts: DeskParts) {
    this.#parts = parts
  }

  /** Receives a wire with the memo of these instructions: PENDING, then COMPLETED less its fee. */
  receiveWire(instructions: DepositInstructions, amount: Decimal, asset: string): Transfer {
    const { settings } = this.#parts
    const { profileId, identityId, accountId, memoId, metadata, network } = instructions
    const fee = network === 'WIRE' ? decimal(settings.wireFee) : ZERO
    const transfer = this.#open({
      ...{ profileId, identityId, accountId, refId: null, groupId: null, asset, amount, fee, total: amount.minus(fee) },
      ...{ direction: 'CREDIT', type: DEPOSIT_TYPES[network], memo: memoId, metadata },
    })
    this.#await(transfer)
    return transfer
  }

  /** Debits one profile at once and credits the other when the transfer completes. @returns the debit */
  moveInternally(wanted: {
    from: { profileId: string; identityId: string | null; accountId: string | null }
    to: { profileId: string; identityId: string | null; accountId: string | null }
    asset: string
    amount: Decimal
    refId: string | null
    metadata: Readonly<Record<string, string>> | null
    recipientMetadata: Readonly<Record<string, string>> | null
  }): Transfer {
    const { balances, random, transfers, settings } = this.#parts
    const { from, to, asset, amount, refId, metadata, recipientMetadata } = wanted
    const groupId = random.uuid('transfer group', refId ?? 'without ref_id', transfers.all.length)
    const common = { asset, amount, fee: ZERO, total: amount, groupId, memo: null }
    const debit = this.#open({ ...common, ...from, refId, direction: 'DEBIT', type: 'INTERNAL_TRANSFER_DEBIT', metadata })
    const credit = this.#open({
      ...{ ...common, ...to, refId: null, direction: 'CREDIT', type: 'INTERNAL_TRANSFER_CREDIT', metadata: recipientMetadata },
    })
    balances.post({ asset, amount, from: `available ${from.profileId}`, to: 'outside', cause: `transfer ${debit.id}` })
    this.#later(settings.transferDelayMs, () => {
      this.#move(debit, 'COMPLETED')
      this.#credit(credit)
    })
    return debit
  }

  /**
   * The bank takes a completed deposit back, at any later time. Paxos does not document how that appears: as a further transfer that debits
   * the credited amount, or, with the setting `lateReturnAs`, as the deposit turned FAILED. The balance may go below zero.
   */
  returnDeposit(deposit: Transfer): void {
    const { balances, settings } = this.#parts
    const { profileId, identityId, accountId, asset, total: amount, memo } = deposit
    const cause = `return of transfer ${deposit.id}`
    balances.post({ asset, amount, from: `available ${profileId}`, to: 'outside', cause }, { overdraw: true })
    if (settings.lateReturnAs === 'failed') {
      this.#move(deposit, 'FAILED')
      return
    }
    const back = this.#open({
      ...{ profileId, identityId, accountId, refId: null, groupId: null, asset, amount, fee: ZERO, total: amount },
      ...{ direction: 'DEBIT', type: 'WIRE_WITHDRAWAL', memo, metadata: { returned_transfer_id: deposit.id } },
    })
    this.#move(back, 'COMPLETED')
  }

  /** Resumes the pending transfers of an earlier run. */
  resume(): void {
    for (const transfer of this.#parts.transfers.all) {
      if (transfer.status !== 'PENDING') continue
      if (transfer.type === 'INTERNAL_TRANSFER_DEBIT') this.#later(0, () => this.#move(transfer, 'COMPLETED'))
      else if (transfer.type === 'INTERNAL_TRANSFER_CREDIT') this.#later(0, () => this.#credit(transfer))
      else this.#await(transfer)
    }
  }

  clear(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
  }

  #open(fields: Omit<Transfer, 'id' | 'createdAtNs' | 'updatedAtNs' | 'status'>): Transfer {
    const { transfers, random, clock } = this.#parts
    const id = random.uuid('transfer', fields.refId ?? fields.memo ?? 'internal', fields.type, transfers.all.length)
    const createdAtNs = clock.next(1000n)
    const transfer: Transfer = { ...fields, id, createdAtNs, updatedAtNs: createdAtNs, status: 'PENDING' }
    transfers.add(transfer)
    this.#announce(transfer)
    return transfer
  }

  /** Credits or fails a wire after its delay. */
  #await(transfer: Transfer): void {
    const { settings } = this.#parts
    const magic = settings.magicAmounts ? MAGIC_WIRES[transfer.amount.toFixed(2)]?.name : undefined
    if (magic === 'stays-pending') return
    this.#later(settings.wireDelayMs, () => {
      if (magic === 'fails' || transfer.total.lte(ZERO)) this.#move(transfer, 'FAILED')
      else this.#credit(transfer)
      if (magic === 'returned') this.#later(settings.wireDelayMs, () => this.returnDeposit(transfer))
    })
  }

  #credit(transfer: Transfer): void {
    const { balances } = this.#parts
    const { asset, total, fee, profileId } = transfer
    const cause = `transfer ${transfer.id}`
    balances.post({ asset, amount: total, from: 'outside', to: `available ${profileId}`, cause })
    balances.post({ asset, amount: fee, from: 'outside', to: 'transfer-fees', cause })
    this.#move(transfer, 'COMPLETED')
  }

  #move(transfer: Transfer, status: TransferStatus): void {
    transfer.status = status
    transfer.updatedAtNs = this.#parts.clock.next(1000n)
    this.#announce(transfer)
  }

  /** Internal transfers emit an event only for COMPLETED (paxos/api.md 2.7). */
  #announce({ id, type, status, profileId, refId, memo }: Transfer): void {
    const { events, story } = this.#parts
    story.tell({ kind: 'transfer', transferId: id, profileId, type, status })
    if (type.startsWith('INTERNAL') && status !== 'COMPLETED') return
    events.emit({
      type: `transfer.${type.toLowerCase()}.${status.toLowerCase()}`,
      object: { id, type, status, profile_id: profileId, ...(refId === null ? {} : { ref_id: refId }), ...(memo === null ? {} : { memo }) },
      identityId: null,
      subject: id,
    })
  }

  #later(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      act()
    }, ms)
    this.#timers.add(timer)
  }
}
