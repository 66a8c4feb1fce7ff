import { attemptedAtMs, type Receipt } from '../domain/effect.ts'
import { Amount } from '../domain/money.ts'
import { isSent, SEND_WIRE, type Wire, type WireSnapshot } from '../domain/transfer/wire.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import { PaxosRefusedError, PaxosRejectedError } from '../paxos/paxos-errors.ts'
import type { PaxosTransfer } from '../paxos/transfers.ts'
import { AppError } from '../platform/app-error.ts'
import type { EffectKind, EffectTask } from './effect-kind.ts'

/** The list of transfers does not tell whether Paxos has this wire. It is read again. If that stays, a person must look. */
export class WireUnclearError extends AppError {
  readonly code = 'WIRE_UNCLEAR'
  readonly retry = 'backoff'
  constructor(wireId: string, because: string) {
    super(`wire ${wireId}: ${because}`)
  }
}

/** The answer to this wire, or to an older one of the same instructions and amount, is still open, so the list tells nothing yet. */
export class WireOutcomeOpenError extends AppError {
  readonly code = 'WIRE_OUTCOME_OPEN'
  readonly retry = 'snooze'
  readonly retryAfterMs: number
  constructor(wireId: string, because: string, retryAfterMs: number) {
    super(`wire ${wireId}: ${because}`)
    this.retryAfterMs = retryAfterMs
  }
}

/** Time after an attempt with a lost answer from which a missing transfer counts, milliseconds. Paxos: a wire takes about a minute. */
const ABSENCE_TRUSTED_AFTER_MS = 120_000
/** Pause between two checks whether the earlier wire has ended, milliseconds. */
const CHECK_AGAIN_MS = 1_000
/** How far the clock of Paxos may be behind ours, milliseconds. */
const CLOCK_DIFFERENCE_MS = 300_000
/** Attempts with an unclear list before the wire is held. */
const UNCLEAR_ATTEMPTS = 6

/** The other wires of the same instructions, asset and amount. */
export interface WiresAlike {
  /** Paxos has them. */
  readonly sent: number
  /** Only an operator can say whether Paxos has them. */
  readonly held: number
}

export interface WireEffectParts {
  wiresAlike: (wire: Wire) => Promise<WiresAlike>
  /** Whether an older wire of the same instructions, asset and amount has no answer yet. */
  waitsForOlder: (wire: Wire) => Promise<boolean>
  /** Milliseconds since 1970. */
  now: () => number
  /** Set by tests; 120,000 ms by default. */
  absenceTrustedAfterMs?: number | undefined
}

/**
 * Sends a wire by deposit instructions of the Sandbox. Paxos takes no ref_id for that and answers without an id. So after a lost answer
 * Gatehouse counts: the transfers with the memo, asset and amount at Paxos against the wires of ours that Paxos has. One more transfer is
 * this wire. As many transfers mean that Paxos does not have it, from 2 min after the attempt on, and it is sent again. Anything else is
 * held for an operator and never sent again by the machine. Wires that count together run one after the other.
 */
export function sendWireEffect(paxos: PaxosClient, parts: WireEffectParts): EffectKind<WireSnapshot> {
  const { wiresAlike, waitsForOlder, now, absenceTrustedAfterMs = ABSENCE_TRUSTED_AFTER_MS } = parts
  const requireTurn = async ({ snapshot: { wire } }: EffectTask<WireSnapshot>): Promise<void> => {
    if (!(await waitsForOlder(wire))) return
    throw new WireOutcomeOpenError(wire.wireId, 'an older wire of the same instructions and amount has no answer yet', CHECK_AGAIN_MS)
  }
  return {
    kind: SEND_WIRE,
    asksPaxos: true,
    room: (priority) => paxos.room('deposits.send-wire', { priority }),
    perform: async (task) => {
      await requireTurn(task)
      const { memoId, asset, amount } = task.snapshot.wire
      try {
        await paxos.deposits.sendWire({ memoId, asset, amount }, { priority: task.priority })
        return { kind: 'wire-sent', how: 'answered' }
      } catch (error) {
        if (error instanceof PaxosRefusedError) return refused(error.problem)
        if (error instanceof PaxosRejectedError) return refused('rejected-by-paxos')
        throw error
      }
    },
    find: async (task) => {
      await requireTurn(task)
      const { wire } = task.snapshot
      const [transfers, alike] = await Promise.all([
        paxos.transfers.listOfProfile(wire.profileId, { priority: task.priority }),
        wiresAlike(wire),
      ])
      // The lease began with the previous attempt, which may have been a look-up too: the wait starts again after each.
      const waited = now() - (attemptedAtMs(task.effect) ?? 0) >= absenceTrustedAfterMs
      const found = isAmong(transfers, wire, { alike, waited })
      if (found) return { kind: 'wire-sent', how: 'found' }
      if (waited) return null
      throw new WireOutcomeOpenError(wire.wireId, 'its answer was lost, and its transfer may still appear', absenceTrustedAfterMs)
    },
    same: (known, late) => isSent(known) === isSent(late),
    holdFor: (error, attempts) => (error instanceof WireUnclearError && attempts + 1 >= UNCLEAR_ATTEMPTS ? 'wire-unclear' : null),
    estimate: async ({ snapshot: { wire }, effect: { key } }) => ({
      verdict: 'would-send-wire',
      detail: `${wire.amount} ${wire.asset} would be wired by ${wire.instructionsId}, unless Paxos lists the transfer`,
      effects: [{ act: 'wire', key }],
      receipt: { kind: 'wire-sent', how: 'answered' },
    }),
  }
}

const refused = (reason: string): Receipt => ({ kind: 'wire-refused', reason })

/**
 * Whether Paxos has the wire: it lists one transfer more than the other wires explain, and the newest began after the request. False: it
 * lists as many, or fewer while they may still appear. @throws WireUnclearError
 */
function isAmong(transfers: readonly PaxosTransfer[], wire: Wire, { alike, waited }: { alike: WiresAlike; waited: boolean }): boolean {
  const unclear = (because: string): WireUnclearError => new WireUnclearError(wire.wireId, because)
  const of = transfers.filter(({ direction, asset, amount }) => {
    return direction === 'CREDIT' && asset === wire.asset && amount.equals(Amount.of(wire.amount))
  })
  const isNew = ({ createdAt }: PaxosTransfer): boolean => Date.parse(createdAt) >= wire.requestedAt - CLOCK_DIFFERENCE_MS
  if (of.some((transfer) => transfer.memo === null && isNew(transfer)))
    throw unclear('Paxos lists a transfer of this amount without a memo, which may be this wire')
  if (alike.held > 0) throw unclear('another wire of the same instructions and amount is held; an operator must release that one first')
  const listed = of.filter(({ memo }) => memo === wire.memoId)
  const more = listed.length - alike.sent
  if (more === 1 && listed.some(isNew)) return true
  if (more === 0 || (more < 0 && !waited)) return false
  throw unclear(`Paxos lists ${listed.length} transfers with its memo and amount, and ${alike.sent} other wires explain them`)
}
