import { type IdentityRequestSnapshot, OPEN_ONBOARDING } from '../domain/identity-request/identity-request.ts'
import type { Vault } from '../vault/vault.ts'
import type { EffectKind } from './effect-kind.ts'

/** Opens the onboarding of a created identity, or adds its ref_id to the one that a webhook has adopted meanwhile. */
export type OpenOnboarding = (asked: { identityId: string; refId: string; requestedBy: string }) => Promise<void>

/** The last effect of a request: it opens the onboarding and removes the person's data from the vault. Both may be repeated. */
export function openOnboardingEffect({ open, vault }: { open: OpenOnboarding; vault: Vault }): EffectKind<IdentityRequestSnapshot> {
  return {
    kind: OPEN_ONBOARDING,
    asksPaxos: false,
    perform: async ({ streamId, snapshot }) => {
      const { identityId, refId, requestedBy } = snapshot.request
      if (identityId === null) throw new TypeError(`${streamId} has no identity`) // identity_request_created_has_identity
      await open({ identityId, refId, requestedBy })
      await vault.remove(streamId)
      return { kind: 'onboarding', identityId }
    },
    same: () => true,
    estimate: async ({ snapshot, effect }) => ({
      verdict: 'would-open-onboarding',
      detail: `the onboarding of ${snapshot.request.identityId} would be opened under ${snapshot.request.refId}`,
      effects: [{ act: 'open', key: effect.key }],
      receipt: { kind: 'onboarding', identityId: 'made-up' },
    }),
  }
}
