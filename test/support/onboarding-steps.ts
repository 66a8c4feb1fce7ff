import type { Draft, Receipt } from '../../src/domain/effect.ts'
import type { Snapshot } from '../../src/domain/onboarding/onboarding.ts'
import { onboardingRules } from '../../src/domain/onboarding/onboarding-rules.ts'
import { applyReceipt as applyTo, type Claim, type ClaimTerms, claimNext as claimOf } from '../../src/domain/stream.ts'
import { createAccountEffect } from '../../src/effects/create-account.ts'
import type { PaxosClient } from '../../src/paxos/paxos-client.ts'

const RULES = onboardingRules({ unknownIdentities: 'adopt' })
const { same } = createAccountEffect({} as PaxosClient) // comparing two receipts makes no call of Paxos

/** Claims the next effect of an onboarding, as the runner does. `by`: the seq of the event. */
export function claimNext(draft: Draft<Snapshot>, { by, ...terms }: Omit<ClaimTerms, 'by'> & { by: string }): Claim<Snapshot> {
  return claimOf(RULES, draft, { by: { seq: by, generation: 0 }, ...terms })
}

/** Records the receipt of an onboarding's effect, as the runner does. */
export function applyReceipt(draft: Draft<Snapshot>, step: string, receipt: Receipt): Draft<Snapshot> {
  return applyTo(RULES, draft, { step, receipt, same: receipt.kind === 'account' ? same : (known) => known.kind === receipt.kind })
}
