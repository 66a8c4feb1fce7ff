import { hkdfSync, randomBytes } from 'node:crypto'
import { decrypt, encrypt, KEY_BYTES } from './envelope.ts'
import type { WrappedKey } from './key-store.ts'

/** The values of ENCRYPTION_KEY that this process accepts. New keys are wrapped by the current one. */
export interface Keyring {
  /** Fingerprint of the current key: it names the key and does not reveal it. */
  readonly current: string
  /** A new data key and its wrapped form. */
  newKey(id: string): { plain: Buffer; wrapped: WrappedKey }
  wrap(id: string, plain: Buffer): WrappedKey
  /** Null: none of the keys wrapped it, or it was changed. */
  unwrap(key: WrappedKey): Buffer | null
}

/** `accepted`: further keys that may have wrapped a data key, the old one during a rotation. All have 32 bytes. */
export function createKeyring(encryptionKey: Buffer, accepted: readonly Buffer[] = []): Keyring {
  const keys = [encryptionKey, ...accepted].map((key) => ({ mark: fingerprint(key), wrapping: derive(key, 'gatehouse/vault') }))
  const [first] = keys
  if (!first) throw new TypeError('a keyring has at least one key') // its first argument
  const wrap = (id: string, plain: Buffer): WrappedKey => ({ id, wrapped: encrypt(first.wrapping, plain, id), wrappedBy: first.mark })
  return {
    current: first.mark,
    newKey: (id) => {
      const plain = randomBytes(KEY_BYTES)
      return { plain, wrapped: wrap(id, plain) }
    },
    wrap,
    unwrap: ({ id, wrapped, wrappedBy }) => {
      for (const { mark, wrapping } of keys) {
        if (wrappedBy !== null && wrappedBy !== mark) continue
        try {
          return decrypt(wrapping, wrapped, id)
        } catch {} // the next key may have wrapped it
      }
      return null
    },
  }
}

function derive(key: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', purpose, KEY_BYTES))
}

function fingerprint(key: Buffer): string {
  return derive(key, 'gatehouse/vault-fingerprint').subarray(0, 8).toString('hex')
}
