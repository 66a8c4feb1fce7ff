import { createHash } from 'node:crypto'

/**
 * The key of the hash that stands for a sender's address. It is derived from the webhook secrets, which only receivers share: a receiver
 * has no encryption key. After a key rotation an address has another hash.
 */
export function sourceSecret(webhookSecrets: readonly string[]): Buffer {
  return createHash('sha256')
    .update(JSON.stringify(['gatehouse-source', ...webhookSecrets.toSorted()]))
    .digest()
}
