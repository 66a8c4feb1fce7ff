import { type AccountSnapshot, FORGET_INPUT } from '../domain/account/account.ts'
import type { Vault } from '../vault/vault.ts'
import type { EffectKind } from './effect-kind.ts'

/** Removes the sealed description and metadata of an account once Paxos has answered. It may be repeated. */
export function forgetAccountInputEffect(vault: Vault): EffectKind<AccountSnapshot> {
  return {
    kind: FORGET_INPUT,
    asksPaxos: false,
    perform: async ({ streamId }) => {
      await vault.remove(streamId)
      return { kind: 'input-forgotten' }
    },
    same: () => true,
    estimate: async () => ({
      verdict: 'no-op',
      detail: 'the sealed description and metadata would be removed',
      effects: [],
      receipt: { kind: 'input-forgotten' },
    }),
  }
}
