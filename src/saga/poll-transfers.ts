import type { Inbox } from '../inbox/inbox.ts'
import type { PendingTransfer } from '../ledger/read-transfers.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import { READ_TRANSFER } from './transfer-route.ts'

export interface TransferPollParts {
  inbox: Pick<Inbox, 'setTimers'>
  paxos: PaxosClient
  /** Reads the unfinished transfers. */
  pending: () => Promise<PendingTransfer[]>
  /** Milliseconds since 1970. */
  now: () => number
}

/** Ids in one call (documented: at most 100 values of a filter). */
const IDS_PER_CALL = 100

/**
 * Reads unfinished transfers, 100 to a call, since an event may be lost or late. A status that differs from the record only sets a timer in
 * the inbox, which a worker handles like any event: the worker reads the transfer again.
 */
export async function pollTransfers({ inbox, paxos, pending, now }: TransferPollParts): Promise<{ pending: number; changed: number }> {
  const open = await pending()
  let changed = 0
  for (let from = 0; from < open.length; from += IDS_PER_CALL) {
    const part = open.slice(from, from + IDS_PER_CALL)
    const ids = part.map(({ paxosTransferId }) => paxosTransferId)
    const { transfers } = await paxos.transfers.list({ ids, limit: IDS_PER_CALL, priority: 'live' })
    const status = new Map(transfers.map(({ id, status: now }) => [id, now]))
    const moved = part.filter(({ paxosTransferId, paxosStatus }) => (status.get(paxosTransferId) ?? paxosStatus) !== paxosStatus)
    const dueAt = new Date(now())
    await inbox.setTimers(moved.map(({ transferId, identityId }) => ({ streamId: transferId, name: READ_TRANSFER, dueAt, identityId })))
    changed += moved.length
  }
  return { pending: open.length, changed }
}
