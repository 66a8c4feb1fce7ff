import { type ChangeSnapshot, type IdentityChange, SET_CONTROL } from '../domain/identity-change/identity-change.ts'
import type { NewControl } from '../paxos/controls.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import { type ChangeEffectParts, foundChange, madeChange, openPayload, refusalOf, refusedChange, requireTurn } from './change-parts.ts'
import type { EffectKind } from './effect-kind.ts'

/**
 * Restricts the identity. Paxos takes no ref_id here, so the active controls tell whether it acted: one of this type that a client has set
 * is taken over, and no second one is created.
 */
export function setControlEffect(parts: ChangeEffectParts): EffectKind<ChangeSnapshot> {
  const { paxos, vault } = parts
  const find = async ({ identityId, control }: IdentityChange, priority: 'live' | 'replay') => {
    const listed = await paxos.controls.list(identityId, { priority })
    const found = listed.find(({ type, setBy }) => type === control && setBy === 'CLIENT')
    return found ? foundChange(found.id) : null
  }
  return {
    kind: SET_CONTROL,
    asksPaxos: true,
    room: (priority) => paxos.room('controls.create', { priority }),
    perform: async ({ streamId, snapshot: { change }, priority }) => {
      await requireTurn(parts, change)
      const payload = await openPayload(vault, streamId)
      if (payload === null) return refusedChange('data-missing')
      try {
        return (await find(change, priority)) ?? madeChange((await create(paxos, change, payload.reason, priority)).id)
      } catch (error) {
        return refusalOf(error)
      }
    },
    find: ({ snapshot: { change }, priority }) => find(change, priority),
    same: (known, late) => known.kind === late.kind && known.controlId === late.controlId,
    estimate: async ({ snapshot: { change }, effect: { key } }) => ({
      verdict: 'would-change-identity',
      detail: `the control ${change.control} would be set at Paxos, unless it is active`,
      effects: [{ act: 'change', key }],
      receipt: madeChange('made up'),
    }),
  }
}

function create(
  paxos: PaxosClient,
  { identityId, control, reasonCode }: IdentityChange,
  reason: string | null,
  priority: 'live' | 'replay',
) {
  const asked: NewControl = { identity_id: identityId, type: String(control), reason_code: String(reasonCode) }
  return paxos.controls.create(reason === null ? asked : { ...asked, reason }, { priority })
}
