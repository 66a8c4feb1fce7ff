import { createHash } from 'node:crypto'
import type { Pool } from 'pg'
import type { SeenTransfer } from '../domain/transfer/observe-transfer.ts'
import { TRANSFER_RULES, type TransferSnapshot } from '../domain/transfer/transfer-stream.ts'
import { type TransferEffectParts, transferEffects } from '../effects/transfer-effects.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { placeTransfer } from '../ledger/read-transfers.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import { PaxosNotFoundError } from '../paxos/paxos-errors.ts'
import type { PaxosTransfer } from '../paxos/transfers.ts'
import type { EventRoute, OwnRoute } from './prepare-event.ts'
import { StatusNotSettledError, StreamMissingError, TransferUnknownError } from './saga-errors.ts'
import type { StreamKind } from './stream-kind.ts'
import { type StreamWork, streamWork } from './stream-work.ts'

export interface TransferParts extends TransferEffectParts {
  pool: Pool
  ledger: Ledger<TransferSnapshot>
  paxos: PaxosClient
}

export const READ_TRANSFER = 'read-transfer'

/** Outcome of a transfer event that names no transfer. It is kept. */
const WITHOUT_TRANSFER = 'names-no-transfer'
/** Look-ups of a profile's account before the transfer counts as foreign: the account's own event may come first (A53). */
const LOOKS_FOR_ACCOUNT = 2

/** Reads of a transfer that Paxos's own event names and Paxos answers 404 for, before a person must look. */
const LOOKS_FOR_TRANSFER = 3

/** The transfer belongs to no account of ours: an expected answer, thrown only to leave the run of the stream. */
class NotOursError extends Error {
  readonly because: 'profile-is-not-ours' | 'is-a-deposit-on-record'
  constructor(because: NotOursError['because']) {
    super(because)
    this.because = because
  }
}

/** Gatehouse's id for a transfer of Paxos: the same for every event and every database. */
export function transferIdOf(paxosTransferId: string): string {
  return `transfer-${createHash('sha256').update(`gatehouse/transfer/${paxosTransferId}`).digest('hex').slice(0, 32)}`
}

/** A transfer event moves the transfer that it names, after a read with our own credentials. The timer of a poll does the same. */
export function transferRoutes({ pool, ledger, paxos, notices }: TransferParts): { event: EventRoute; timer: OwnRoute } {
  const kind: StreamKind<TransferSnapshot, SeenTransfer> = { rules: TRANSFER_RULES, ledger, effects: transferEffects({ notices }) }
  const observe = async (paxosTransferId: string, priority: 'live' | 'replay'): Promise<SeenTransfer> => {
    const transfer = await paxos.transfers.get(paxosTransferId, { priority })
    const place = await placeTransfer(pool, { ...transfer, paxosTransferId, total: String(transfer.total) })
    if (!place) throw new NotOursError('profile-is-not-ours')
    if (place.isDeposit) throw new NotOursError('is-a-deposit-on-record')
    return seenTransfer(transfer, place)
  }
  return {
    event: {
      moves: (type) => type.startsWith('transfer.'),
      work: ({ transferId }, { priority }) => {
        if (transferId === null) return keptWork(WITHOUT_TRANSFER)
        const about = { streamId: transferIdOf(transferId), identityId: null, observe: () => observe(transferId, priority) }
        return boundedBy(unlessForeign(streamWork(kind, about)), transferId)
      },
    },
    timer: {
      type: READ_TRANSFER,
      work: ({ streamId, priority }) => {
        const read = async (): Promise<SeenTransfer> => {
          const stored = await ledger.load(streamId)
          if (!stored) throw new StreamMissingError('transfer', streamId)
          return observe(stored.transfer.paxosTransferId, priority)
        }
        return boundedBy(streamWork(kind, { streamId, identityId: null, observe: read }), streamId)
      },
    },
  }
}

/** A transfer that Paxos does not have is parked after a few reads: twelve attempts would take 20 min. */
function boundedBy(work: StreamWork, transferId: string): StreamWork {
  return {
    ...work,
    run: (terms) =>
      work.run(terms).catch((error: unknown) => {
        if (!(error instanceof PaxosNotFoundError)) throw error
        throw new TransferUnknownError(transferId, { last: terms.attempts + 1 >= LOOKS_FOR_TRANSFER })
      }),
  }
}

/** Keeps the event of a foreign transfer, like every event that moves nothing. */
function unlessForeign(work: StreamWork): StreamWork {
  return {
    ...work,
    run: async (terms) => {
      try {
        return await work.run(terms)
      } catch (error) {
        if (!(error instanceof NotOursError)) throw error
        if (error.because === 'profile-is-not-ours' && terms.attempts < LOOKS_FOR_ACCOUNT)
          throw new StatusNotSettledError('the transfer is of a profile that no onboarding has yet')
        return keptWork(error.because).run(terms)
      }
    },
    preview: async (terms) => {
      try {
        return await work.preview(terms)
      } catch (error) {
        if (error instanceof NotOursError) return keptWork(error.because).preview(terms)
        throw error
      }
    },
  }
}

function keptWork(because: string): StreamWork {
  return {
    identityId: null,
    run: async () => ({ outcome: { kind: 'kept', because }, completed: false }),
    preview: async () => ({ verdict: 'no-op', detail: because.replaceAll('-', ' '), effects: [] }),
  }
}

function seenTransfer(
  { id, profileId, direction, type, asset, amount, fee, total, status, createdAt }: PaxosTransfer,
  { accountId, identityId, instructionsId, returnOf }: Pick<SeenTransfer, 'accountId' | 'identityId' | 'instructionsId' | 'returnOf'>,
): SeenTransfer {
  return {
    ...{ paxosTransferId: id, accountId, identityId, profileId, direction, type, asset },
    ...{ amount: String(amount), fee: String(fee), total: String(total) },
    ...{ paxosStatus: status, instructionsId, returnOf, startedAt: createdAt },
  }
}
