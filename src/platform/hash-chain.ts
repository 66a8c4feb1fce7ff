import { hash } from 'node:crypto'

/** What stands before the first entry of a chain: 32 zero bytes. */
export const GENESIS: Buffer = Buffer.alloc(32)

/** One link: everything that the hash covers. Times are whole milliseconds, so that they survive the database unchanged. */
export interface Link {
  /** The identity for the ledger, `audit` for the operators' audit: an entry cannot be moved to another chain. */
  chain: string
  entryNo: number
  at: Date
  kind: string
  actor: string
  data: unknown
}

/** SHA-256 over the hash before and the link in canonical form (keys sorted, no blanks). 32 bytes. */
export function hashLink(previous: Uint8Array, link: Link): Buffer {
  const content = canonicalJson([link.chain, link.entryNo, link.at.toISOString(), link.kind, link.actor, link.data])
  // A Hash and a buffer of its own would be two things more to collect for each entry.
  return Buffer.from(hash('sha256', Buffer.concat([previous, Buffer.from(content)]), 'hex'), 'hex')
}

/**
 * JSON with sorted keys: the same value has one text, whatever order the database hands its keys back in. (Keys that are whole numbers come first,
 * in any object.)
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(inOrder(value))
}

function inOrder(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(inOrder)
  const keys = Object.keys(value).sort()
  // By its definition, not by assignment: a key named __proto__ must not get lost, since what is not hashed can be changed.
  return Object.fromEntries(keys.map((key) => [key, inOrder(value[key as keyof typeof value])]))
}
