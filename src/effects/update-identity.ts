import { type ChangePayload, type ChangeSnapshot, UPDATE_IDENTITY } from '../domain/identity-change/identity-change.ts'
import { isApplied } from '../domain/identity-change/is-applied.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import { type ChangeEffectParts, foundChange, madeChange, openPayload, refusalOf, refusedChange, requireTurn } from './change-parts.ts'
import type { EffectKind } from './effect-kind.ts'

/**
 * Updates the identity's data as a delta, for a correction or a KYC refresh. After a lost answer the identity is read back: a delta that it
 * shows was applied, and one that it lacks is sent again, which changes nothing a second time.
 */
export function updateIdentityEffect(parts: ChangeEffectParts): EffectKind<ChangeSnapshot> {
  const { paxos, vault } = parts
  return {
    kind: UPDATE_IDENTITY,
    asksPaxos: true,
    room: (priority) => paxos.room('identities.update', { priority }),
    perform: async ({ streamId, snapshot: { change }, priority }) => {
      await requireTurn(parts, change)
      const payload = await openPayload(vault, streamId)
      if (payload === null) return refusedChange('data-missing')
      try {
        await paxos.identities.update(change.identityId, deltaOf(change, payload), { priority })
        return madeChange(null)
      } catch (error) {
        return refusalOf(error)
      }
    },
    find: async ({ streamId, snapshot: { change }, priority }) => {
      const payload = await openPayload(vault, streamId)
      if (payload === null) return null
      return isApplied(deltaOf(change, payload), await paxos.identities.getWithDetails(change.identityId, { priority }))
        ? foundChange(null)
        : null
    },
    same: (known, late) => known.kind === late.kind,
    estimate: async ({ snapshot: { change }, effect: { key } }) => ({
      verdict: 'would-change-identity',
      detail: `the ${change.kind} would be sent to Paxos, unless the identity already shows it`,
      effects: [{ act: 'change', key }],
      receipt: madeChange(null),
    }),
  }
}

/** The date is the time of the request, so that a repeated call sends the same one. */
function deltaOf(
  { kind, requestedAt }: ChangeSnapshot['change'],
  { changes }: ChangePayload,
): Parameters<PaxosClient['identities']['update']>[1] {
  return kind === 'kyc-refresh' ? { ...changes, last_kyc_refresh_date: new Date(requestedAt).toISOString() } : changes
}
