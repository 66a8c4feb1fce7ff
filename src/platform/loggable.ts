import { printable } from './printable.ts'

/** Keys that hold personal data or a secret in any logged object. Code should not log such objects at all; this is the second defence. */
const REDACTED_KEYS = new Set([
  'authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
  'password',
  'secret',
  'client_secret',
  'access_token',
  'token',
  'person_details',
  'institution_details',
  'customer_due_diligence',
  'tax_details',
  'first_name',
  'last_name',
  'middle_name',
  'date_of_birth',
  'address',
  'cip_id',
  'tax_payer_id',
  'email',
  'phone_number',
])

const MOST_DEPTH = 8
const MOST_ITEMS = 100
/** Most values of one log line, all levels together. */
const MOST_VALUES = 1_000
const MOST_CHARACTERS = 16_000

interface Walk {
  /** The objects on the way to this one. One that appears again closes a circle. */
  path: object[]
  left: number
}

/**
 * A copy of `value` that can always be written as JSON. Throwing getters, circles, buffers, proxies and endless values become short texts.
 * Keys of `REDACTED_KEYS` become `[redacted]` at any depth. Never throws.
 */
export function loggable(value: unknown): unknown {
  return copy(value, { path: [], left: MOST_VALUES })
}

function copy(value: unknown, walk: Walk): unknown {
  try {
    walk.left -= 1
    if (walk.left < 0) return '[too much to log]'
    return typeof value === 'object' && value !== null ? copyObject(value, walk) : copyPlain(value)
  } catch {
    return '[unreadable]'
  }
}

function copyPlain(value: unknown): unknown {
  if (typeof value === 'string') return printable(value.length > MOST_CHARACTERS ? `${value.slice(0, MOST_CHARACTERS)}…` : value)
  if (typeof value === 'bigint' || typeof value === 'symbol') return String(value)
  return typeof value === 'function' ? undefined : value
}

function copyObject(value: object, walk: Walk): unknown {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`
  if (value instanceof Date) return value.toJSON()
  if (walk.path.includes(value)) return '[circular]'
  if (walk.path.length >= MOST_DEPTH) return '[too deep to log]'
  walk.path.push(value)
  try {
    if (Array.isArray(value)) return copyItems(value, walk)
    if (value instanceof Error) return { ...copyError(value, walk), ...copyFields(value, walk) }
    if ('toJSON' in value && typeof value.toJSON === 'function') return copy(value.toJSON(), walk)
    return copyFields(value, walk)
  } finally {
    walk.path.pop()
  }
}

function copyItems(items: readonly unknown[], walk: Walk): unknown[] {
  const copies = items.slice(0, MOST_ITEMS).map((item) => copy(item, walk))
  return items.length > MOST_ITEMS ? [...copies, `[${items.length - MOST_ITEMS} more]`] : copies
}

function copyFields(value: object, walk: Walk): Record<string, unknown> {
  const keys = Object.keys(value)
  const entries = keys.slice(0, MOST_ITEMS).map((key) => [printable(key), copyField(value, key, walk)] as const)
  return Object.fromEntries(keys.length > MOST_ITEMS ? [...entries, ['[more]', keys.length - MOST_ITEMS]] : entries)
}

function copyField(value: object, key: string, walk: Walk): unknown {
  if (REDACTED_KEYS.has(key.toLowerCase())) return '[redacted]'
  try {
    return copy(Reflect.get(value, key), walk)
  } catch {
    return '[unreadable]'
  }
}

/** Copies an Error's own properties too, which are not enumerable. */
function copyError(error: Error, walk: Walk): Record<string, unknown> {
  return {
    type: copyField(error, 'name', walk),
    message: copyField(error, 'message', walk),
    stack: copyField(error, 'stack', walk),
    ...(Object.hasOwn(error, 'cause') ? { cause: copyField(error, 'cause', walk) } : {}),
  }
}
