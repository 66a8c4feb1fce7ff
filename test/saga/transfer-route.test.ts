import type { Pool } from 'pg'
import { expect, it } from 'vitest'
import type { TransferSnapshot } from '../../src/domain/transfer/transfer-stream.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import type { NoticeChannel } from '../../src/notify/notice.ts'
import type { PaxosClient } from '../../src/paxos/paxos-client.ts'
import { PaxosNotFoundError } from '../../src/paxos/paxos-errors.ts'
import { transferRoutes } from '../../src/saga/transfer-route.ts'

it.each([
  [0, 'backoff'],
  [1, 'backoff'],
  [2, 'never'],
])(
  'A33: an event whose transfer Paxos does not know is looked at again, then parked: after %i failures the class is %s',
  async (attempts, retry) => {
    const get = async () => {
      throw new PaxosNotFoundError({ operation: 'transfers.get', status: 404 })
    }
    const { event } = transferRoutes({
      pool: {} as Pool, // Paxos refuses before anything is read
      ledger: { load: async () => null } as unknown as Ledger<TransferSnapshot>,
      paxos: { transfers: { get } } as unknown as PaxosClient,
      notices: {} as NoticeChannel,
    })
    const work = event.work({ transferId: 'missing', identityId: null } as Parameters<typeof event.work>[0], { priority: 'live' } as never)
    const terms = { seq: '1', generation: 0, actor: 'event:1', attempts, authority: 'machine', replayed: false, now: () => 0 } as const
    await expect(work.run(terms)).rejects.toMatchObject({ code: 'TRANSFER_UNKNOWN_TO_PAXOS', retry, message: /missing/ })
  },
)
