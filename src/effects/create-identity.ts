import {
  CREATE_IDENTITY,
  type DuplicateReceipt,
  type IdentityReceipt,
  type IdentityRequestSnapshot,
} from '../domain/identity-request/identity-request.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import { PaxosOutcomeUnknownError } from '../paxos/paxos-errors.ts'
import { AppError } from '../platform/app-error.ts'
import type { Vault } from '../vault/vault.ts'
import type { EffectKind } from './effect-kind.ts'
import { PayloadMissingError } from './payload-missing.ts'

/** Paxos has this person (the cip_id triple) under another identity. A person must decide (paxos/api.md 4.6). */
export class PersonAlreadyKnownError extends AppError {
  readonly code = 'PERSON_ALREADY_KNOWN'
  readonly retry = 'never'
}

/**
 * Creates the person's identity at Paxos under the request's ref_id. After a lost answer the call is repeated: Paxos answers 409 with the
 * existing identity (paxos/api.md 4.6), which is adopted if it has the ref_id. Another ref_id means that Paxos knows the person already: the
 * request is refused, or held for an operator if it asks for a review.
 */
export function createIdentityEffect({ paxos, vault }: { paxos: PaxosClient; vault: Vault }): EffectKind<IdentityRequestSnapshot> {
  return {
    kind: CREATE_IDENTITY,
    asksPaxos: true,
    room: (priority) => paxos.room('identities.create', { priority }),
    perform: async ({ streamId, snapshot, priority }): Promise<IdentityReceipt> => {
      const person = await vault.open(streamId)
      if (person === null) throw new PayloadMissingError(streamId)
      const { refId } = snapshot.request
      const identity = await paxos.identities.create({ ...(person as Record<string, unknown>), ref_id: refId }, { priority }) // sealed by createOnboarding
      // Accepts only an answer with our ref_id: a cache or a proxy may answer with another customer's.
      if (identity.refId !== refId) throw new PaxosOutcomeUnknownError({ operation: 'identities.create' })
      return { kind: 'identity', identityId: identity.id, how: 'created' }
    },
    find: async ({ snapshot, priority }, conflict): Promise<IdentityReceipt | DuplicateReceipt | null> => {
      if (!conflict) return null // Paxos has no filter by ref_id; the repeated call leads to the 409
      const existing = conflict.existingId === null ? null : await paxos.identities.get(conflict.existingId, { priority })
      if (existing?.refId === snapshot.request.refId) return { kind: 'identity', identityId: existing.id, how: 'adopted' }
      if (existing && snapshot.request.onDuplicate === 'review') return { kind: 'duplicate', identityId: existing.id }
      throw new PersonAlreadyKnownError(
        `Paxos already knows this person${existing ? ` as identity ${existing.id}` : ''}; decide whether it is the same customer`,
        { cause: conflict },
      )
    },
    same: (known, late) => known.kind === late.kind && known.identityId === late.identityId,
    estimate: async ({ snapshot, effect }) => ({
      verdict: 'would-create-identity',
      detail: `the identity would be created under ${snapshot.request.refId}, or the existing one adopted`,
      effects: [{ act: 'open', key: effect.key }],
      receipt: { kind: 'identity', identityId: 'made-up', how: 'created' },
    }),
  }
}
