import { type ChangeSnapshot, LIFT_CONTROL } from '../domain/identity-change/identity-change.ts'
import { PaxosNotFoundError } from '../paxos/paxos-errors.ts'
import { type ChangeEffectParts, foundChange, madeChange, openPayload, refusalOf, requireTurn } from './change-parts.ts'
import type { EffectKind } from './effect-kind.ts'

/** Deletes a restriction that we set. A control that is deleted already is an answer: the identity is free of it. */
export function liftControlEffect(parts: ChangeEffectParts): EffectKind<ChangeSnapshot> {
  const { paxos, vault } = parts
  return {
    kind: LIFT_CONTROL,
    asksPaxos: true,
    room: (priority) => paxos.room('controls.delete', { priority }),
    perform: async ({ streamId, snapshot: { change }, priority }) => {
      await requireTurn(parts, change)
      const reason = (await openPayload(vault, streamId))?.reason ?? null
      try {
        await paxos.controls.remove(String(change.controlId), reason, { priority })
        return madeChange(null)
      } catch (error) {
        return error instanceof PaxosNotFoundError ? foundChange(null) : refusalOf(error)
      }
    },
    find: async ({ snapshot: { change }, priority }) => {
      const active = await paxos.controls.list(change.identityId, { priority })
      return active.some(({ id }) => id === change.controlId) ? null : foundChange(null)
    },
    same: (known, late) => known.kind === late.kind,
    estimate: async ({ snapshot: { change }, effect: { key } }) => ({
      verdict: 'would-change-identity',
      detail: `the control ${change.controlId} would be deleted at Paxos, unless it is deleted already`,
      effects: [{ act: 'change', key }],
      receipt: madeChange(null),
    }),
  }
}
