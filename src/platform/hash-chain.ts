import { hash } from 'node:crypto'

/** The hash before the first entry of a chain: 32 zero bytes. */
export const GENESIS: Buffer = Buffer.alloc(32)

/** One link: all that the hash covers. Times are whole milliseconds, so that the database returns them unchanged. */
export interface Link {
  /** The stream's id for the ledger, `audit` for the operators' audit. It keeps an entry from being moved to another chain. */
  chain: string
  entryNo: number
  at: Date
  kind: string
  actor: string
  data: unknown
}

/** SHA-256 over the previous hash and the link in canonical form (keys sorted, no blanks). 32 bytes. */
export function hashLink(previous: Uint8Array, link: Link): Buffer {
  const content = canonicalJson([link.chain, link.entryNo, link.at.toISOString(), link.kind, link.actor, link.data])
  // The one-shot `hash` spares a Hash object and a buffer per entry, which would have to be collected.
  return Buffer.from(hash('sha256', Buffer.concat([previous, Buffer.from(content)]), 'hex'), 'hex')
}

/**
 * JSON with sorted keys: equal values have one text, in any order in which the database returns their keys. Keys that are whole numbers come
 * first, as in any object.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(inOrder(value))
}

function inOrder(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(inOrder)
  const keys = Object.keys(value).sort()
  // Not by assignment: a key named __proto__ would get lost, and a value that is not hashed could be changed.
  return Object.fromEntries(keys.map((key) => [key, inOrder(value[key as keyof typeof value])]))
}
