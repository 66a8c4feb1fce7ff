import type { KeyStore } from './key-store.ts'
import type { Keyring } from './keyring.ts'

/** What a rotation found and did. */
export interface RotationReport {
  /** Keys in the store. */
  readonly keys: number
  /** Wrapped again by the current ENCRYPTION_KEY. */
  readonly rewrapped: number
  /** Ids of keys that no accepted ENCRYPTION_KEY wrapped; the first 20. */
  readonly unreadable: readonly string[]
  readonly unreadableCount: number
}

const PAGE = 500
const SHOWN = 20

/**
 * Wraps every key again by the current ENCRYPTION_KEY. Each key is replaced in one step and stays readable throughout, so the rotation may
 * be stopped and repeated: it passes over the keys that are done.
 */
export async function rotateKeys(keys: KeyStore, keyring: Keyring): Promise<RotationReport> {
  let seen = 0
  let rewrapped = 0
  const unreadable: string[] = []
  for (let after = ''; ; ) {
    const page = await keys.list({ after, limit: PAGE })
    for (const key of page) {
      seen += 1
      if (key.wrappedBy === keyring.current) continue
      const plain = keyring.unwrap(key)
      if (!plain) unreadable.push(key.id)
      else {
        await keys.replace(keyring.wrap(key.id, plain))
        rewrapped += 1
      }
    }
    const last = page.at(-1)
    if (!last || page.length < PAGE) break
    after = last.id
  }
  return { keys: seen, rewrapped, unreadable: unreadable.slice(0, SHOWN), unreadableCount: unreadable.length }
}
