import type { Effect } from '../effect.ts'
import { DEPOSIT_RETURNED, type TransferSnapshot } from './transfer-stream.ts'

/** The notification of a transfer: ids and amounts. `depositId`: the deposit that it is, or that it takes back. */
export interface TransferNotification {
  kind: 'deposit.completed' | 'deposit.returned'
  data: {
    identityId: string
    accountId: string
    depositId: string
    transferId: string
    asset: string
    amount: string
    fee: string
    total: string
  }
}

export function transferNotification({ transfer }: TransferSnapshot, effect: Effect): TransferNotification {
  const { identityId, accountId, transferId, returnOf, asset, amount, fee, total } = transfer
  const kind = effect.name === DEPOSIT_RETURNED ? 'deposit.returned' : 'deposit.completed'
  return { kind, data: { identityId, accountId, depositId: returnOf ?? transferId, transferId, asset, amount, fee, total } }
}
