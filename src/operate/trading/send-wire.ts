import type { Actor } from '../../domain/actor.ts'
import { Amount } from '../../domain/money.ts'
import { openWire, SEND_WIRE, type Wire, type WireSnapshot } from '../../domain/transfer/wire.ts'
import type { InstructionsRecord } from '../../ledger/read-deposit-instructions.ts'
import type { StreamRecord } from '../../ledger/stream-reads.ts'
import type { PaxosClient } from '../../paxos/paxos-client.ts'
import { idOfKey } from '../request/id-of-key.ts'
import { type OnceParts, requestOnce } from '../request/request-once.ts'
import { InstructionsNotPayableError, InstructionsUnknownError } from './trading-errors.ts'

export interface WireRequest {
  readonly instructionsId: string
  readonly idempotencyKey: string
  readonly asset: string
  /** A decimal string with at most two places. */
  readonly amount: string
}

export interface WireParts extends OnceParts<WireSnapshot, StreamRecord<Wire>> {
  paxos: Pick<PaxosClient, 'requireFeature'>
  instructions: (instructionsId: string) => Promise<InstructionsRecord | null>
}

/**
 * Sends a wire of invented money by deposit instructions of the Sandbox: commits the wire, stores the command, waits up to 5 s for the
 * answer. Safe to repeat with the same key.
 */
export async function sendWire(
  parts: WireParts,
  asked: WireRequest,
  actor: Actor,
): Promise<{ wire: StreamRecord<Wire>; created: boolean }> {
  const { instructionsId, idempotencyKey, asset, amount } = asked
  const wireId = idOfKey('wire', idempotencyKey)
  const { found, created } = await requestOnce(parts, {
    ...{ id: wireId, idempotencyKey, actor },
    differing: (known) => differing(known, asked),
    admit: () => payable(parts, instructionsId),
    open: ({ accountId, identityId, profileId, memoId }, at) => {
      const place = { wireId, instructionsId, accountId, identityId, profileId, memoId, asset, amount }
      const draft = openWire({ ...place, state: 'submitting', reason: null, requestedAt: at.getTime() })
      return { draft, identityId, kind: SEND_WIRE, input: asked }
    },
  })
  return { wire: found, created }
}

/** The instructions with their memo. @throws InstructionsUnknownError, InstructionsNotPayableError */
async function payable({ paxos, instructions }: WireParts, instructionsId: string): Promise<InstructionsRecord & { memoId: string }> {
  paxos.requireFeature('sandbox-wires')
  const found = await instructions(instructionsId)
  if (!found) throw new InstructionsUnknownError(instructionsId)
  const { network, state, memoId } = found
  if (network !== 'WIRE')
    throw new InstructionsNotPayableError(
      `Deposit instructions ${instructionsId} are for ${network}, not for WIRE. Request others for WIRE.`,
    )
  if (memoId === null)
    throw new InstructionsNotPayableError(
      `Deposit instructions ${instructionsId} are ${state}, not created: Paxos has not named their memo.`,
    )
  return { ...found, memoId }
}

function differing(known: Wire, asked: WireRequest): string[] {
  const fields: string[] = (['instructionsId', 'asset'] as const).filter((field) => known[field] !== asked[field])
  return Amount.of(known.amount).equals(Amount.of(asked.amount)) ? fields : [...fields, 'amount']
}
