import type { Actor } from '../../domain/actor.ts'
import type { KeyStore } from '../../vault/key-store.ts'
import type { Keyring } from '../../vault/keyring.ts'
import { type RotationReport, rotateKeys } from '../../vault/rotate-keys.ts'
import type { Perform } from '../audited.ts'

export type { RotationReport } from '../../vault/rotate-keys.ts'

/** Where the keys of personal data are, and which ENCRYPTION_KEY wraps them. */
export interface VaultStatus {
  /** `the directory /var/lib/gatehouse-keys`. */
  readonly place: string
  /** Whether a backup of the database leaves the keys out. */
  readonly apart: boolean
  readonly keys: number
  /** Keys that the current ENCRYPTION_KEY does not wrap: a rotation has work left. */
  readonly notRotated: number
}

export interface VaultUseCases {
  vaultStatus(): Promise<VaultStatus>
  /** Wraps every data key again by the current ENCRYPTION_KEY. Safe to stop and to repeat. */
  rotateVault(why: { reason: string }, actor: Actor): Promise<RotationReport>
}

const PAGE = 500

export function vaultUseCases({ keys, keyring, perform }: { keys: KeyStore; keyring: Keyring; perform: Perform }): VaultUseCases {
  return {
    vaultStatus: () => readStatus(keys, keyring),
    rotateVault: ({ reason }, actor) =>
      perform(
        actor,
        {
          ...{ action: 'vault.rotate', target: keyring.current, reason, entry: 'before' },
          result: ({ keys: seen, rewrapped, unreadableCount }) => ({ data: { keys: seen, rewrapped, unreadable: unreadableCount } }),
        },
        () => rotateKeys(keys, keyring),
      ),
  }
}

async function readStatus(keys: KeyStore, keyring: Keyring): Promise<VaultStatus> {
  const status = { place: keys.place, apart: keys.apart, keys: 0, notRotated: 0 }
  for (let after = ''; ; ) {
    const page = await keys.list({ after, limit: PAGE })
    status.keys += page.length
    status.notRotated += page.filter(({ wrappedBy }) => wrappedBy !== keyring.current).length
    const last = page.at(-1)
    if (!last || page.length < PAGE) return status
    after = last.id
  }
}
