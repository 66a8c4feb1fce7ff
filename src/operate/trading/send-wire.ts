import type { Actor } from '../../domain/actor.ts'
import { Amount } from '../../domain/money.ts'
import { openWire, SEND_WIRE, type Wire, type WireSnapshot } from '../../domain/transfer/wire.ts'
import { IdempotencyKeyReusedError } from '../../inbox/commands.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { InstructionsRecord } from '../../ledger/read-deposit-instructions.ts'
import type { StreamRecord } from '../../ledger/stream-reads.ts'
import type { PaxosClient } from '../../paxos/paxos-client.ts'
import { type Answered, awaitAnswer } from './await-answer.ts'
import { type CommandParts, giveCommand } from './give-command.ts'
import { idOfKey } from './id-of-key.ts'
import { InstructionsNotPayableError, InstructionsUnknownError } from './trading-errors.ts'

export interface WireRequest {
  readonly instructionsId: string
  readonly idempotencyKey: string
  readonly asset: string
  /** A decimal string with at most two places. */
  readonly amount: string
}

export interface WireParts extends CommandParts {
  paxos: Pick<PaxosClient, 'requireFeature'>
  ledger: Ledger<WireSnapshot>
  instructions: (instructionsId: string) => Promise<InstructionsRecord | null>
  find: (wireId: string) => Promise<StreamRecord<Wire> | null>
  /** Resolves once Paxos has answered, or after 5 s. */
  answered: Answered
  /** Milliseconds since 1970. */
  now: () => number
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
  const known = await parts.find(wireId)
  if (known) {
    refuseOther(known, asked)
    return { wire: known, created: false }
  }
  parts.paxos.requireFeature('sandbox-wires')
  const { accountId, identityId, profileId, memoId } = await payable(parts, instructionsId)
  const at = new Date(parts.now())
  const place = { wireId, instructionsId, accountId, identityId, profileId, memoId, asset, amount }
  const draft = openWire({ ...place, state: 'submitting', reason: null, requestedAt: at.getTime() })
  const committed = await parts.ledger.commit({ before: null, draft, actor: `${actor.kind}:${actor.name}`, at })
  if (!committed) return sendWire(parts, asked, actor) // another request with the same key was faster
  await giveCommand(parts, { kind: SEND_WIRE, streamId: wireId, identityId }, { ...asked, actor })
  return { wire: await awaitAnswer(wireId, parts), created: true }
}

/** The instructions with their memo. @throws InstructionsUnknownError, InstructionsNotPayableError */
async function payable({ instructions }: WireParts, instructionsId: string): Promise<InstructionsRecord & { memoId: string }> {
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

/** The same key with any field changed is an error that names the fields (A7). */
function refuseOther(known: Wire, asked: WireRequest): void {
  const fields: string[] = (['instructionsId', 'asset'] as const).filter((field) => known[field] !== asked[field])
  if (!Amount.of(known.amount).equals(Amount.of(asked.amount))) fields.push('amount')
  if (fields.length > 0) throw new IdempotencyKeyReusedError(fields)
}
