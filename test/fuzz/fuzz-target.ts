import fc from 'fast-check'
import { anyValue, type Components, hostileText, type JsonSchema, valueFor } from './fuzz-value.ts'

/** A server with the routes that its document describes. */
export interface Target {
  name: string
  url: string
  /** Sent with each request: the proof of the sender. */
  headers: Readonly<Record<string, string>>
  operations: readonly Operation[]
  components: Components
}

interface Operation {
  method: string
  path: string
  query: readonly { name: string; schema: JsonSchema }[]
  /** Null: it takes no body. */
  body: JsonSchema | null
}

/** One request, and whether any 2xx would be a fault: its document forbids it. */
export interface FuzzRequest {
  target: string
  method: string
  url: string
  headers: Readonly<Record<string, string>>
  body: string | null
  mustRefuse: boolean
}

interface Document {
  paths: Record<string, Record<string, { parameters?: { in: string; name: string; schema: JsonSchema }[]; requestBody?: Body }>>
  components?: { schemas?: Components }
}
interface Body {
  content: Record<string, { schema: JsonSchema }>
}

/** The routes of an OpenAPI document. Uploads and pages have tests of their own. */
export function targetOf(document: Document, about: Omit<Target, 'operations' | 'components'>): Target {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody }]) => ({
      ...{ method: method.toUpperCase(), path, body: requestBody?.content['application/json']?.schema ?? null },
      query: parameters.filter((parameter) => parameter.in === 'query'),
    })),
  )
  return { ...about, operations, components: document.components?.schemas ?? {} }
}

type Turn = 'as-described' | 'unknown-field' | 'unknown-query' | 'no-proof' | 'broken-json' | 'any-body'
const TURNS: readonly Turn[] = [
  'as-described',
  'as-described',
  'as-described',
  'unknown-field',
  'unknown-query',
  'no-proof',
  'broken-json',
  'any-body',
]

/** Requests to one target, most of them as its document describes them, the others wrong in one known way. */
export function requestsTo(target: Target): fc.Arbitrary<FuzzRequest> {
  return fc.constantFrom(...target.operations).chain((operation) => requestTo(target, operation))
}

function requestTo(target: Target, { method, path, query, body }: Operation): fc.Arbitrary<FuzzRequest> {
  const { components, headers } = target
  const segment = fc
    .oneof(
      fc.uuid(),
      hostileText.filter((text) => text !== '' && !/^\.+$/.test(text)),
    )
    .map(encoded)
  const pairs = fc.record(Object.fromEntries(query.map(({ name, schema }) => [name, valueFor(schema, components)])), { requiredKeys: [] })
  const parts = {
    turn: fc.constantFrom(...TURNS),
    ids: fc.array(segment, { minLength: 4, maxLength: 4 }),
    pairs,
    body: body ? valueFor(body, components) : fc.constant(null),
    any: anyValue,
    key: fc.uuid(),
  }
  return fc.record(parts).map(({ turn, ids, pairs: given, body: described, any, key }) => {
    let at = 0
    const filled = path.replaceAll(/\{\w+\}/g, () => ids[at++ % ids.length] ?? '')
    const asked = Object.entries(given).map(([name, value]) => `${name}=${encoded(String(value))}`)
    if (turn === 'unknown-query') asked.push('zz_unknown=1')
    const text = bodyText(turn, turn === 'any-body' ? any : described)
    const proof = turn === 'no-proof' ? {} : headers
    return {
      ...{ target: target.name, method, url: `${target.url}${filled}${asked.length > 0 ? `?${asked.join('&')}` : ''}` },
      headers: { ...proof, 'idempotency-key': key, ...(body ? { 'content-type': 'application/json' } : {}) },
      body: body ? text : null,
      mustRefuse: refuses(turn, { takesBody: body !== null, target }),
    }
  })
}

function refuses(turn: Turn, { takesBody, target }: { takesBody: boolean; target: Target }): boolean {
  if (turn === 'no-proof') return target.name !== 'simulator'
  if (turn === 'broken-json') return takesBody
  return target.name === 'operator' && ((turn === 'unknown-field' && takesBody) || turn === 'unknown-query')
}

function bodyText(turn: Turn, value: unknown): string {
  if (turn === 'broken-json') return `${JSON.stringify(value) ?? ''}{`
  if (turn === 'unknown-field') return JSON.stringify({ ...(typeof value === 'object' ? value : {}), zz_unknown: 1 })
  return JSON.stringify(value) ?? 'null'
}

/** A lone surrogate has no encoding. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}
