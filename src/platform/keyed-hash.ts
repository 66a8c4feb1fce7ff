import { createHmac } from 'node:crypto'
import { canonicalJson } from './hash-chain.ts'

/** Hashes that stand for a request, so that neither its key nor its data is stored. */
export interface InputHashes {
  /** Hash of the caller's Idempotency-Key within its purpose. */
  readonly key: Buffer
  /** Hash of the whole input. */
  readonly input: Buffer
  /** Hash of each field by its path (`person_details.first_name`), in hexadecimal. Eight bytes tell two values apart and reveal neither. */
  readonly fields: Readonly<Record<string, string>>
}

/** HMAC-SHA-256 with one key per purpose, all derived from one secret of 32 bytes. */
export function keyedHash(secret: Buffer, purpose: string, value: string): Buffer {
  const key = createHmac('sha256', secret).update(`gatehouse/${purpose}`).digest()
  return createHmac('sha256', key).update(value).digest()
}

/** Hashes a request, to compare it with a later one under the same key. `purpose`: the kind of command. */
export function hashInput(
  secret: Buffer,
  { purpose, idempotencyKey, input }: { purpose: string; idempotencyKey: string; input: unknown },
): InputHashes {
  const fields = leaves(input).map(([path, value]) => {
    const hash = keyedHash(secret, `${purpose}/field`, canonicalJson([path, value]))
    return [path, hash.subarray(0, 8).toString('hex')]
  })
  return {
    key: keyedHash(secret, `${purpose}/idempotency-key`, idempotencyKey),
    input: keyedHash(secret, purpose, canonicalJson(input)),
    fields: Object.fromEntries(fields),
  }
}

/** Each value that is no object, with its path. An array is one value. */
function leaves(value: unknown, path = ''): [string, unknown][] {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [[path || '(body)', value]]
  return Object.entries(value).flatMap(([name, each]) => (each === undefined ? [] : leaves(each, path ? `${path}.${name}` : name)))
}
