import type { ChangeSnapshot } from '../domain/identity-change/identity-change.ts'
import type { ChangeEffectParts } from './change-parts.ts'
import type { EffectKind } from './effect-kind.ts'
import { finishChangeEffect } from './finish-change.ts'
import { liftControlEffect } from './lift-control.ts'
import { setControlEffect } from './set-control.ts'
import { updateIdentityEffect } from './update-identity.ts'

/** The kinds of effects that a change of an identity intends. */
export function identityChangeEffects(parts: ChangeEffectParts): readonly EffectKind<ChangeSnapshot>[] {
  return [updateIdentityEffect(parts), setControlEffect(parts), liftControlEffect(parts), finishChangeEffect(parts)]
}
