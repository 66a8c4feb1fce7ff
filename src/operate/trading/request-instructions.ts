import type { Actor } from '../../domain/actor.ts'
import {
  CREATE_DEPOSIT_INSTRUCTIONS,
  type FiatNetwork,
  type InstructionsSnapshot,
  openInstructions,
  type RoutingNumberType,
} from '../../domain/transfer/deposit-instructions.ts'
import { IdempotencyKeyReusedError } from '../../inbox/commands.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { AccountRecord } from '../../ledger/read-accounts.ts'
import type { InstructionsRecord } from '../../ledger/read-deposit-instructions.ts'
import { type Answered, awaitAnswer } from './await-answer.ts'
import { type CommandParts, giveCommand } from './give-command.ts'
import { idOfKey } from './id-of-key.ts'

export interface InstructionsRequest {
  readonly accountId: string
  readonly idempotencyKey: string
  readonly network: FiatNetwork
  readonly routingNumberType: RoutingNumberType | null
}

export interface InstructionsParts extends CommandParts {
  ledger: Ledger<InstructionsSnapshot>
  account: (accountId: string) => Promise<AccountRecord>
  find: (instructionsId: string) => Promise<InstructionsRecord | null>
  /** Resolves once Paxos has answered, or after 5 s. */
  answered: Answered
  /** Milliseconds since 1970. */
  now: () => number
}

/**
 * Commits the request with its intent, stores the command that calls Paxos, and waits up to 5 s for the answer. Safe to repeat with the
 * same key.
 */
export async function requestInstructions(
  parts: InstructionsParts,
  asked: InstructionsRequest,
  actor: Actor,
): Promise<{ instructions: InstructionsRecord; created: boolean }> {
  const { accountId, idempotencyKey, network, routingNumberType } = asked
  const instructionsId = idOfKey('instructions', idempotencyKey)
  const known = await parts.find(instructionsId)
  if (known) {
    refuseOther(known, asked)
    return { instructions: known, created: false }
  }
  const { identityId, profileId } = await parts.account(accountId)
  const at = new Date(parts.now())
  const draft = openInstructions({
    ...{ instructionsId, accountId, identityId, profileId, network, routingNumberType },
    ...{ state: 'submitting', reason: null, paxosInstructionsId: null, memoId: null },
    requestedAt: at.getTime(),
  })
  const committed = await parts.ledger.commit({ before: null, draft, actor: `${actor.kind}:${actor.name}`, at })
  if (!committed) return requestInstructions(parts, asked, actor) // another request with the same key was faster
  const what = { kind: CREATE_DEPOSIT_INSTRUCTIONS, streamId: instructionsId, identityId }
  const input = { accountId, network, ...(routingNumberType === null ? {} : { routingNumberType }) }
  await giveCommand(parts, what, { ...input, idempotencyKey, actor })
  return { instructions: await awaitAnswer(instructionsId, parts), created: true }
}

/** The same key with any field changed is an error that names the field (A7). */
function refuseOther(known: InstructionsRecord, asked: InstructionsRequest): void {
  const fields = (['accountId', 'network', 'routingNumberType'] as const).filter((field) => known[field] !== asked[field])
  if (fields.length > 0) throw new IdempotencyKeyReusedError(fields)
}
