import type { Actor } from '../../domain/actor.ts'
import {
  CREATE_DEPOSIT_INSTRUCTIONS,
  type FiatNetwork,
  type InstructionsSnapshot,
  openInstructions,
  type RoutingNumberType,
} from '../../domain/transfer/deposit-instructions.ts'
import type { AccountRecord } from '../../ledger/read-accounts.ts'
import type { InstructionsRecord } from '../../ledger/read-deposit-instructions.ts'
import { idOfKey } from '../request/id-of-key.ts'
import { type OnceParts, requestOnce } from '../request/request-once.ts'

export interface InstructionsRequest {
  readonly accountId: string
  readonly idempotencyKey: string
  readonly network: FiatNetwork
  readonly routingNumberType: RoutingNumberType | null
}

export interface InstructionsParts extends OnceParts<InstructionsSnapshot, InstructionsRecord> {
  account: (accountId: string) => Promise<AccountRecord>
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
  const { found, created } = await requestOnce(parts, {
    ...{ id: instructionsId, idempotencyKey, actor },
    differing: (known) => (['accountId', 'network', 'routingNumberType'] as const).filter((field) => known[field] !== asked[field]),
    admit: () => parts.account(accountId),
    open: ({ identityId, profileId }, at) => {
      const draft = openInstructions({
        ...{ instructionsId, accountId, identityId, profileId, network, routingNumberType },
        ...{ state: 'submitting', reason: null, paxosInstructionsId: null, memoId: null },
        requestedAt: at.getTime(),
      })
      const input = { accountId, network, ...(routingNumberType === null ? {} : { routingNumberType }) }
      return { draft, identityId, kind: CREATE_DEPOSIT_INSTRUCTIONS, input }
    },
  })
  return { instructions: found, created }
}
