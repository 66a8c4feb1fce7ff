import type { Pool } from 'pg'
import { AppError } from '../platform/app-error.ts'
import { decrypt, encrypt } from './envelope.ts'
import type { KeyStore } from './key-store.ts'
import type { Keyring } from './keyring.ts'

/** A sealed payload cannot be opened: another ENCRYPTION_KEY wrapped its key, or it was changed. */
export class PayloadUnreadableError extends AppError {
  readonly code = 'PAYLOAD_UNREADABLE'
  readonly retry = 'never'
}

/** The person was erased: nothing is sealed for the request again. */
export class PersonErasedError extends AppError {
  readonly code = 'PERSON_ERASED'
  readonly retry = 'never'
  constructor(id: string) {
    super(`${id} was erased: Gatehouse takes no data for it again. Use a new Idempotency-Key for a new request`)
  }
}

/**
 * Keeps personal data for a while, each payload under its own data key. The keys are kept in a `KeyStore`, which may be outside the backup of
 * the payloads: removing a key destroys the payload in every copy of it. Rejects when the database or the key store does not answer.
 */
export interface Vault {
  /** Seals a value (JSON) under an id. An existing payload stays unchanged. @throws PersonErasedError */
  seal(id: string, value: unknown): Promise<void>
  /** Null for an unknown id, and for a payload without a key. @throws PayloadUnreadableError */
  open(id: string): Promise<unknown>
  remove(id: string): Promise<void>
  /** @throws PersonErasedError for an id that was erased */
  refuseErased(id: string): Promise<void>
}

export function createVault({ pool, keys, keyring }: { pool: Pool; keys: KeyStore; keyring: Keyring }): Vault {
  const unwrapped = async (id: string): Promise<Buffer | null> => {
    const stored = await keys.get(id)
    return stored && (keyring.unwrap(stored) ?? unreadable(id))
  }
  const refuseErased = async (id: string): Promise<void> => {
    if (await keys.isErased(id)) throw new PersonErasedError(id)
  }
  return {
    refuseErased,
    seal: async (id, value) => {
      await refuseErased(id)
      const { plain, wrapped } = keyring.newKey(id)
      const fresh = await keys.put(wrapped)
      const dataKey = fresh ? plain : await unwrapped(id)
      if (!dataKey) throw new PersonErasedError(id) // removed at this moment
      // A payload without a key comes from a restored backup: the new one replaces it.
      const conflict = fresh ? 'DO UPDATE SET sealed = excluded.sealed, sealed_at = now()' : 'DO NOTHING'
      await pool.query(`INSERT INTO sealed_payload (id, sealed) VALUES ($1, $2) ON CONFLICT (id) ${conflict}`, [
        id,
        encrypt(dataKey, Buffer.from(JSON.stringify(value)), id),
      ])
    },
    open: async (id) => {
      const { rows } = await pool.query<{ sealed: Buffer }>('SELECT sealed FROM sealed_payload WHERE id = $1', [id])
      const dataKey = rows[0] ? await unwrapped(id) : null
      if (!rows[0] || !dataKey) return null
      try {
        return JSON.parse(decrypt(dataKey, rows[0].sealed, id).toString())
      } catch {
        return unreadable(id) // the cipher's message says nothing useful, and JSON's message may quote personal data
      }
    },
    remove: async (id) => {
      await keys.remove(id) // first: without its key, the payload is destroyed
      await pool.query('DELETE FROM sealed_payload WHERE id = $1', [id])
    },
  }
}

function unreadable(id: string): never {
  throw new PayloadUnreadableError(
    `the sealed payload ${id} cannot be decrypted: check that ENCRYPTION_KEY is the key that wrapped its key`,
  )
}
