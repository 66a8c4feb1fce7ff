import type { Snapshot } from '../domain/effect.ts'
import type { Vault } from '../vault/vault.ts'
import type { EffectKind } from './effect-kind.ts'

/** Removes what the vault keeps for a stream that no longer needs it. It may be repeated. `kind`: the name of the effect in the stream. */
export function forgetInputEffect<S extends Snapshot>(kind: string, vault: Vault): EffectKind<S> {
  return {
    kind,
    asksPaxos: false,
    perform: async ({ streamId }) => {
      await vault.remove(streamId)
      return { kind: 'input-forgotten' }
    },
    same: () => true,
    estimate: async () => ({
      verdict: 'no-op',
      detail: 'the sealed data would be removed',
      effects: [],
      receipt: { kind: 'input-forgotten' },
    }),
  }
}
