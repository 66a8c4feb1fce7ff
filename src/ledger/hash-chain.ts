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
  const most = previous.length + content.length * UTF8_BYTES
  if (most > scratch.length) scratch = Buffer.allocUnsafe(most)
  scratch.set(previous)
  const hashed = scratch.subarray(0, previous.length + scratch.write(content, previous.length))
  return Buffer.from(hash('sha256', hashed, 'hex'), 'hex') // a Hash and a buffer of its own would be two things more to collect for each entry
}

const UTF8_BYTES = 3
/** What is hashed, one after the other. */
let scratch = Buffer.allocUnsafe(4_096)

/** JSON with sorted keys: the same value has one text, whatever order the database hands its keys back in. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(inOrder(value))
}

function inOrder(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(inOrder)
  const ordered: Record<string, unknown> = {}
  for (const key of sortFew(Object.keys(value))) ordered[key] = inOrder(value[key as keyof typeof value])
  return ordered
}

/** In place, by insertion: objects here have a handful of keys, for which `sort` takes longer than all the rest. */
function sortFew(keys: string[]): string[] {
  for (let next = 1; next < keys.length; next += 1) {
    const key = keys[next]!
    let place = next
    for (; place > 0 && keys[place - 1]! > key; place -= 1) keys[place] = keys[place - 1]!
    keys[place] = key
  }
  return keys
}
