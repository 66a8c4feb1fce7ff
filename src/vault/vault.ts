import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import type { Pool } from 'pg'
import { AppError } from '../platform/app-error.ts'

/** A sealed payload cannot be opened: another ENCRYPTION_KEY sealed it, or it was changed. */
export class PayloadUnreadableError extends AppError {
  readonly code = 'PAYLOAD_UNREADABLE'
  readonly retry = 'never'
}

/**
 * Keeps personal data for a while, each payload under its own data key. Removing a row destroys the payload. Rejects when Postgres does not
 * answer.
 */
export interface Vault {
  /** Seals a value (JSON) under an id. An existing payload stays unchanged. */
  seal(id: string, value: unknown): Promise<void>
  /** Null for an unknown id. @throws PayloadUnreadableError */
  open(id: string): Promise<unknown>
  remove(id: string): Promise<void>
}

const CIPHER = 'aes-256-gcm'
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** `encryptionKey`: 32 bytes. It wraps the data keys and encrypts nothing itself. */
export function createVault({ pool, encryptionKey }: { pool: Pool; encryptionKey: Buffer }): Vault {
  const wrappingKey = Buffer.from(hkdfSync('sha256', encryptionKey, '', 'gatehouse/vault', KEY_BYTES))
  return {
    seal: async (id, value) => {
      const dataKey = randomBytes(KEY_BYTES)
      await pool.query('INSERT INTO sealed_payload (id, wrapped_key, sealed) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING', [
        id,
        encrypt(wrappingKey, dataKey, id),
        encrypt(dataKey, Buffer.from(JSON.stringify(value)), id),
      ])
    },
    open: async (id) => {
      const { rows } = await pool.query<{ wrapped_key: Buffer; sealed: Buffer }>(
        'SELECT wrapped_key, sealed FROM sealed_payload WHERE id = $1',
        [id],
      )
      const row = rows[0]
      if (!row) return null
      try {
        return JSON.parse(decrypt(decrypt(wrappingKey, row.wrapped_key, id), row.sealed, id).toString())
      } catch {
        // The cipher's message says nothing useful, and JSON's message may quote personal data.
        throw new PayloadUnreadableError(
          `the sealed payload ${id} cannot be decrypted: check that ENCRYPTION_KEY is the key that sealed it`,
        )
      }
    },
    remove: async (id) => void (await pool.query('DELETE FROM sealed_payload WHERE id = $1', [id])),
  }
}

/** Returns nonce, tag and ciphertext. The id is authenticated, so a payload cannot be moved to another id. */
function encrypt(key: Buffer, plain: Buffer, id: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(id))
  const text = Buffer.concat([cipher.update(plain), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), text])
}

function decrypt(key: Buffer, sealed: Buffer, id: string): Buffer {
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE_BYTES))
  decipher.setAAD(Buffer.from(id)).setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
  return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()])
}
