import { CHANGE_RULES, type ChangeSnapshot } from '../domain/identity-change/identity-change.ts'
import type { ChangeEffectParts } from '../effects/change-parts.ts'
import { identityChangeEffects } from '../effects/identity-change-effects.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { OwnRoute } from './prepare-event.ts'
import type { StreamKind } from './stream-kind.ts'
import { streamWork } from './stream-work.ts'

export const CHANGE_IDENTITY = 'change-identity'

/** The command to change an identity moves the change that it names. */
export function identityChangeRoute({ ledger, ...parts }: ChangeEffectParts & { ledger: Ledger<ChangeSnapshot> }): OwnRoute {
  const kind: StreamKind<ChangeSnapshot, null> = { rules: CHANGE_RULES, ledger, effects: identityChangeEffects(parts) }
  return {
    type: CHANGE_IDENTITY,
    work: ({ row, streamId }) => streamWork(kind, { streamId, identityId: row.identityId ?? null, observe: async () => null }),
  }
}
