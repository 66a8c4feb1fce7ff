import type { Pool } from 'pg'
import { ConfigError } from '../platform/app-error.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { keyedHash } from '../platform/keyed-hash.ts'
import type { KeyStore } from './key-store.ts'
import type { Keyring } from './keyring.ts'

/** The id of the root key among the data keys. No payload has it. */
export const ROOT_KEY = 'installation-root'

/**
 * The root key: 32 bytes that key the hashes of requests, the derived ref_ids and the signature of certificates. It is the first
 * ENCRYPTION_KEY of the installation, wrapped like a data key, so it stays the same when ENCRYPTION_KEY is rotated.
 * @throws ConfigError when ENCRYPTION_KEY did not wrap it, or when the key store is not that of this database
 */
export async function openRootKey({
  pool,
  keys,
  keyring,
  encryptionKeys,
  acceptEmpty = false,
}: {
  /** The database of the data. */
  pool: Pool
  keys: KeyStore
  keyring: Keyring
  /** The current ENCRYPTION_KEY first. */
  encryptionKeys: readonly Buffer[]
  /** Starts with an empty key store after the keys were lost. */
  acceptEmpty?: boolean
}): Promise<Buffer> {
  const mark = await readMark(pool)
  const stored = await keys.get(ROOT_KEY)
  if (stored) {
    const root = keyring.unwrap(stored)
    if (!root)
      throw new ConfigError([
        `ENCRYPTION_KEY is not the key of this installation: the keys in ${keys.place} were wrapped by another one. Set that one, or name it in ENCRYPTION_KEYS_ACCEPTED and run vault rotate.`,
      ])
    if (mark && !mark.equals(markOf(root)))
      throw new ConfigError([`${keys.place} holds the keys of another installation: check VAULT_KEYS_URL.`])
    if (!mark) await writeMark(pool, markOf(root))
    return root
  }
  // The mark and the root key are made together: a mark alone means that the keys are elsewhere, or lost.
  const first = mark && !acceptEmpty ? undefined : encryptionKeys.find((key) => !mark || mark.equals(markOf(key)))
  if (!first) throw new ConfigError([sayEmpty(keys.place, acceptEmpty)])
  await keys.put(keyring.wrap(ROOT_KEY, first))
  await writeMark(pool, markOf(first))
  return openRootKey({ pool, keys, keyring, encryptionKeys }) // another process may have been first, with another key
}

function sayEmpty(place: string, accepted: boolean): string {
  return accepted
    ? `ENCRYPTION_KEY is not the first key of this database: set the first one, or name it in ENCRYPTION_KEYS_ACCEPTED.`
    : `${place} does not hold the keys of this database: check VAULT_KEYS_URL, or restore the backup of the keys. If they are lost: ${GATEHOUSE} vault start-empty.`
}

const markOf = (root: Buffer): Buffer => keyedHash(root, 'vault-root', 'mark')

async function readMark(pool: Pool): Promise<Buffer | null> {
  const { rows } = await pool.query<{ root_mark: Buffer }>('SELECT root_mark FROM vault_root')
  return rows[0]?.root_mark ?? null
}

async function writeMark(pool: Pool, mark: Buffer): Promise<void> {
  await pool.query('INSERT INTO vault_root (root_mark) VALUES ($1) ON CONFLICT (id) DO NOTHING', [mark])
}
