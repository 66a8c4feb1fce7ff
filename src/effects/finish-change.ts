import { type ChangeSnapshot, FINISH_CHANGE } from '../domain/identity-change/identity-change.ts'
import type { ChangeEffectParts } from './change-parts.ts'
import type { EffectKind } from './effect-kind.ts'

/** The last effect of a change: it removes the sealed data and has the identity read again. Both may be repeated. */
export function finishChangeEffect({ vault, readAgain }: Pick<ChangeEffectParts, 'vault' | 'readAgain'>): EffectKind<ChangeSnapshot> {
  return {
    kind: FINISH_CHANGE,
    asksPaxos: false,
    perform: async ({ streamId, snapshot: { change } }) => {
      await readAgain(change.identityId)
      await vault.remove(streamId)
      return { kind: 'change-finished' }
    },
    same: () => true,
    estimate: async ({ effect: { key } }) => ({
      verdict: 'would-change-identity',
      detail: 'the data of the change would be removed, and the identity read again',
      effects: [{ act: 'change', key }],
      receipt: { kind: 'change-finished' },
    }),
  }
}
