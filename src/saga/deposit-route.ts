import { DEPOSIT_RULES, type DepositSnapshot } from '../domain/transfer/deposit.ts'
import { type DepositEffectParts, depositEffects } from '../effects/deposit-effects.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { OwnRoute } from './prepare-event.ts'
import type { StreamKind } from './stream-kind.ts'
import { streamWork } from './stream-work.ts'

export interface DepositParts extends DepositEffectParts {
  ledger: Ledger<DepositSnapshot>
}

/** The command to fund an account of the Sandbox moves the deposit that it names. */
export function depositRoute({ ledger, ...parts }: DepositParts): OwnRoute {
  const kind: StreamKind<DepositSnapshot, null> = { rules: DEPOSIT_RULES, ledger, effects: depositEffects(parts) }
  return {
    type: 'fund-account',
    work: ({ streamId }) => streamWork(kind, { streamId, identityId: null, observe: async () => null }),
  }
}
