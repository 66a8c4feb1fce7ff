import { FORGET_PERSON, type IdentityRequestSnapshot } from '../domain/identity-request/identity-request.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import type { Vault } from '../vault/vault.ts'
import { createIdentityEffect } from './create-identity.ts'
import type { EffectKind } from './effect-kind.ts'
import { forgetInputEffect } from './forget-input.ts'
import { type OpenOnboarding, openOnboardingEffect } from './open-onboarding.ts'

export interface IdentityRequestEffectParts {
  paxos: PaxosClient
  vault: Vault
}

/** The kinds of effects that a request for an identity intends. */
export function identityRequestEffects({
  open,
  ...parts
}: IdentityRequestEffectParts & { open: OpenOnboarding }): readonly EffectKind<IdentityRequestSnapshot>[] {
  return [createIdentityEffect(parts), openOnboardingEffect({ open, vault: parts.vault }), forgetInputEffect(FORGET_PERSON, parts.vault)]
}
