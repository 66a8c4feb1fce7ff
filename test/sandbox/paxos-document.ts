import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'

/** What the tests do when the document is missing. */
const REMEDY = 'Put it at shared/paxos/openapi.json in a folder above the checkout, or name it in PAXOS_OPENAPI_DOCUMENT.'

/**
 * Paxos's own OpenAPI document, which we may not publish. It is read from `shared/paxos/openapi.json` in a folder above the checkout, or
 * from the path in PAXOS_OPENAPI_DOCUMENT. The validator is ajv, which knows nothing of the simulator.
 */
const DOCUMENT_PATH = findDocument({ env: process.env, from: dirname(import.meta.dirname) })

/** Whether the document was found. Without it, the tests that compare answers with it are skipped. */
export const hasDocument: boolean = DOCUMENT_PATH !== null
if (!hasDocument) console.warn(`SKIPPED: no answer of the simulator is held against Paxos's OpenAPI document, which is missing. ${REMEDY}`)

type Schema = Readonly<Record<string, unknown>> & {
  $ref?: string
  type?: string
  properties?: Readonly<Record<string, Schema>>
  required?: readonly string[]
  items?: Schema
  allOf?: readonly Schema[]
  additionalProperties?: unknown
}

interface Parameter {
  name: string
  in: string
  required?: boolean
  schema?: Schema
}

interface Operation {
  parameters?: readonly Parameter[]
  requestBody?: { content: Readonly<Record<string, { schema: Schema }>> }
  responses: Readonly<Record<string, { content?: Readonly<Record<string, { schema?: Schema }>> }>>
  security?: readonly Readonly<Record<string, readonly string[]>>[]
}

interface Document {
  paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  components: { schemas: Readonly<Record<string, Schema>> }
}

export interface DocumentedOperation {
  /** `GET /orders` */
  readonly name: string
  readonly scope: string | null
  readonly operation: Operation
  readonly pointer: string
  readonly pattern: RegExp
}

interface Loaded {
  document: Document
  ajv: Ajv
  operations: readonly DocumentedOperation[]
}

let loaded: Loaded | null = null
const validators = new Map<string, ValidateFunction>()

/** Every operation of the document. @throws Error when the document is missing */
export function documentedOperations(): readonly DocumentedOperation[] {
  return load().operations
}

/** The schema behind `$ref`s. */
export function resolved(schema: Schema): Schema {
  let found = schema
  while (found.$ref !== undefined) {
    const name = found.$ref.split('/').at(-1) ?? ''
    found = load().document.components.schemas[name] ?? {}
  }
  if (found.allOf?.length === 1 && found.allOf[0] && !found.properties) return resolved(found.allOf[0])
  return found
}

/**
 * What contradicts the document in one call: always the answer, and the request when it was accepted. Empty when nothing does, when the
 * document does not have the call, and when the document is missing.
 */
export function violationsOf(call: { method: string; path: string; body: unknown; status: number; answer: unknown }): string[] {
  if (!hasDocument) return []
  const { pathname, searchParams } = new URL(call.path, 'http://paxos')
  const found = load().operations.find(({ name, pattern }) => name.startsWith(`${call.method} `) && pattern.test(pathname))
  if (!found) return []
  const { operation, pointer, name } = found
  const accepted = call.status < 300
  if (!accepted) return invalid('/components/schemas/Problem', call.answer).map((error) => `${name} ${call.status}: ${error}`)
  const response = `${pointer}/responses/200/content/application~1json/schema`
  const schema = operation.responses['200']?.content?.['application/json']?.schema
  return [
    ...(schema ? [...invalid(response, call.answer), ...undocumented(schema, call.answer, '')] : []).map((error) => `answer${error}`),
    ...requestViolations(found, call.body).map((error) => `body${error}`),
    ...queryViolations(operation, searchParams),
  ].map((error) => `${name}: ${error}`)
}

/** What the document forbids in a request body. */
export function requestViolations({ operation, pointer }: DocumentedOperation, body: unknown): string[] {
  const schema = operation.requestBody?.content['application/json']?.schema
  if (!schema) return body === undefined ? [] : [': the operation takes no body']
  return [...invalid(`${pointer}/requestBody/content/application~1json/schema`, body), ...undocumented(schema, body, '')]
}

function queryViolations({ parameters = [] }: Operation, given: URLSearchParams): string[] {
  const known = parameters.filter((parameter) => parameter.in === 'query')
  const strangers = [...given.keys()].filter((name) => !known.some((parameter) => parameter.name === name))
  const missing = known.filter(({ name, required }) => required && !given.has(name))
  return [...strangers.map((name) => `query ${name}: not documented`), ...missing.map(({ name }) => `query ${name}: required`)]
}

/** Fields that are not in the document. */
function undocumented(schema: Schema, value: unknown, path: string): string[] {
  const { properties, items, additionalProperties } = resolved(schema)
  if (Array.isArray(value)) return items ? value.flatMap((item, index) => undocumented(items, item, `${path}/${index}`)) : []
  if (typeof value !== 'object' || value === null || !properties) return []
  return Object.entries(value).flatMap(([field, inner]) => {
    const known = properties[field]
    if (known) return undocumented(known, inner, `${path}/${field}`)
    return additionalProperties ? [] : [`${path}/${field} is not documented`]
  })
}

function invalid(pointer: string, value: unknown): string[] {
  let validate = validators.get(pointer)
  if (!validate) {
    validate = load().ajv.compile({ $ref: `paxos#${pointer}` })
    validators.set(pointer, validate)
  }
  if (validate(value)) return []
  return (validate.errors ?? []).map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`)
}

function load(): Loaded {
  if (loaded) return loaded
  if (DOCUMENT_PATH === null) throw new Error('shared/paxos/openapi.json is in no folder above')
  const document = JSON.parse(readFileSync(DOCUMENT_PATH, 'utf8'), withNumericBounds) as Document // checked by the tests that use it
  const ajv = new Ajv({ strict: false, allErrors: true })
  formats.default(ajv)
  ajv.addFormat('decimal', /^(-?[0-9]*\.?[0-9]+)?$/) // the document's own samples have "" where an amount does not apply
  ajv.addFormat('uint64', /^[0-9]{1,20}$/)
  ajv.addFormat('int64', true)
  ajv.addSchema(document, 'paxos')
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => method !== 'parameters')
      .map(([method, operation]) => ({
        name: `${method.toUpperCase()} ${path}`,
        scope: operation.security?.[0]?.OAuth2?.[0] ?? null,
        operation,
        pointer: `/paths/${path.replaceAll('~', '~0').replaceAll('/', '~1')}/${method}`.replaceAll('{', '%7B').replaceAll('}', '%7D'),
        pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
      })),
  )
  loaded = { document, ajv, operations }
  return loaded
}

/** OpenAPI 3.0 writes `maximum: 600, exclusiveMaximum: true`; ajv reads the later `exclusiveMaximum: 600`. */
function withNumericBounds(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('exclusiveMaximum' in value) || value.exclusiveMaximum !== true) return value
  const { maximum, ...schema } = value as { maximum?: number }
  return { ...schema, exclusiveMaximum: maximum }
}

/**
 * Null when the document is missing. @throws Error in CI, where a check that does not run must fail, and when the variable names no file
 */
export function findDocument({ env, from }: { env: NodeJS.ProcessEnv; from: string }): string | null {
  const named = env.PAXOS_OPENAPI_DOCUMENT
  if (named) {
    if (existsSync(named)) return named
    throw new Error(`PAXOS_OPENAPI_DOCUMENT names no file: ${named}`)
  }
  for (let folder = from; ; folder = dirname(folder)) {
    const path = join(folder, 'shared/paxos/openapi.json')
    if (existsSync(path)) return path
    if (folder !== dirname(folder)) continue
    if (env.CI) throw new Error(`Paxos's OpenAPI document is missing, and in CI the tests that need it must run. ${REMEDY}`)
    return null
  }
}
