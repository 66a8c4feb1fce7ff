import { createHash } from 'node:crypto'

/**
 * The key of the hash that stands for a sender's address. It is made from what receivers share and only they know, their webhook secrets: a receiver
 * has no encryption key. After a key was exchanged, an address has another hash.
 */
export function sourceSecret(webhookSecrets: readonly string[]): Buffer {
  return createHash('sha256')
    .update(JSON.stringify(['gatehouse-source', ...webhookSecrets.toSorted()]))
    .digest()
}
