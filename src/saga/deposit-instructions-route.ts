import { CREATE_DEPOSIT_INSTRUCTIONS, INSTRUCTIONS_RULES, type InstructionsSnapshot } from '../domain/transfer/deposit-instructions.ts'
import { createDepositInstructionsEffect } from '../effects/create-deposit-instructions.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import type { OwnRoute } from './prepare-event.ts'
import type { StreamKind } from './stream-kind.ts'
import { streamWork } from './stream-work.ts'

/** The command to create deposit instructions moves the request that it names. */
export function depositInstructionsRoute({ ledger, paxos }: { ledger: Ledger<InstructionsSnapshot>; paxos: PaxosClient }): OwnRoute {
  const effects = [createDepositInstructionsEffect(paxos)]
  const kind: StreamKind<InstructionsSnapshot, null> = { rules: INSTRUCTIONS_RULES, ledger, effects }
  return {
    type: CREATE_DEPOSIT_INSTRUCTIONS,
    work: ({ streamId }) => streamWork(kind, { streamId, identityId: null, observe: async () => null }),
  }
}
