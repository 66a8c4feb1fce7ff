import type { Receipt } from '../domain/effect.ts'
import {
  CREATE_DEPOSIT_INSTRUCTIONS,
  type DepositInstructions,
  type InstructionsSnapshot,
  isCreated,
} from '../domain/transfer/deposit-instructions.ts'
import type { NewDepositInstructions, PaxosDepositInstructions } from '../paxos/deposits.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import { PaxosConflictError, PaxosRefusedError, PaxosRejectedError } from '../paxos/paxos-errors.ts'
import { AppError } from '../platform/app-error.ts'
import type { EffectKind } from './effect-kind.ts'

/** Paxos's instructions under our ref_id are not the requested ones. */
export class InstructionsMismatchError extends AppError {
  readonly code = 'INSTRUCTIONS_MISMATCH'
  readonly retry = 'never'
  constructor(instructionsId: string) {
    super(`deposit instructions ${instructionsId} at Paxos have our ref_id but are not the requested ones`)
  }
}

/**
 * Creates fiat deposit instructions under their ref_id, which is the effect's key. A refusal by Paxos is an answer. After a lost answer
 * they are looked up by the ref_id (paxos/api.md 7).
 */
export function createDepositInstructionsEffect(paxos: PaxosClient): EffectKind<InstructionsSnapshot> {
  return {
    kind: CREATE_DEPOSIT_INSTRUCTIONS,
    asksPaxos: true,
    room: (priority) => paxos.room('deposit-instructions.create', { priority }),
    perform: async ({ snapshot: { instructions }, effect: { key }, priority }) => {
      try {
        const made = await paxos.deposits.createInstructions(bodyOf(instructions, key), { priority })
        return receiptFor(instructions, key, made, 'created')
      } catch (error) {
        if (error instanceof PaxosRefusedError) return refused(error.problem)
        if (error instanceof PaxosRejectedError) return refused('rejected-by-paxos')
        throw error
      }
    },
    find: async ({ snapshot: { instructions }, effect: { key }, priority }, conflict) => {
      const listed = await paxos.deposits.listInstructions({ refIds: [key], priority })
      const found = listed.find(({ refId }) => refId === key) ?? null
      if (!found && conflict) throw new InstructionsMismatchError(conflict.existingId ?? 'without an id')
      return found && receiptFor(instructions, key, found, 'adopted')
    },
    same: (known, late) =>
      isCreated(known) && isCreated(late) ? known.paxosInstructionsId === late.paxosInstructionsId : known.kind === late.kind,
    holdFor: (error) => (error instanceof InstructionsMismatchError || error instanceof PaxosConflictError ? 'another-instructions' : null),
    estimate: async ({ effect: { key } }) => ({
      verdict: 'would-create-instructions',
      detail: `deposit instructions would be created under ${key}, or the existing ones adopted`,
      effects: [{ act: 'instruct', key }],
      receipt: { kind: 'instructions-created', paxosInstructionsId: 'made up', memoId: 'made up', how: 'created' },
    }),
  }
}

const refused = (reason: string): Receipt => ({ kind: 'instructions-refused', reason })

/** Accepts an answer only for the requested instructions. */
function receiptFor(asked: DepositInstructions, key: string, found: PaxosDepositInstructions, how: 'created' | 'adopted'): Receipt {
  const { id, refId, profileId, accountId, memoId } = found
  const another =
    (refId !== null && refId !== key) || profileId !== asked.profileId || (accountId !== null && accountId !== asked.accountId)
  if (another) throw new InstructionsMismatchError(id)
  return { kind: 'instructions-created', paxosInstructionsId: id, memoId, how }
}

function bodyOf(
  { profileId, identityId, accountId, network, routingNumberType }: DepositInstructions,
  key: string,
): NewDepositInstructions {
  return {
    ref_id: key,
    profile_id: profileId,
    identity_id: identityId,
    account_id: accountId,
    fiat_network: network,
    ...(routingNumberType === null ? {} : { routing_number_type: routingNumberType }),
  }
}
