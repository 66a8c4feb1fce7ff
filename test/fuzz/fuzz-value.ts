import fc from 'fast-check'

export type JsonSchema = Readonly<Record<string, unknown>>
export type Components = Readonly<Record<string, JsonSchema>>

/** Texts that break a program which trusts its input. */
const HOSTILE = [
  ...[
    '',
    ' ',
    '\u0000',
    'a\u0000b',
    '\ud800',
    '\u202e',
    '💥'.repeat(50),
    'x'.repeat(10_000),
    '9'.repeat(400),
    '1e309',
    '-0',
    'NaN',
    'null',
  ],
  ...[
    "' OR 1=1--",
    '"; DROP TABLE effect;--',
    '../../etc/passwd',
    '<script>alert(1)</script>',
    '$' + '{7*7}',
    '{{7*7}}',
    '%00',
    '%2e%2e%2f',
  ],
  ...['__proto__', 'constructor', '0000-00-00T00:00:00Z', '9999-12-31T23:59:59Z', '-1', '1e-9', '0x10', '\r\nX: y'],
]

/** A JSON value that no schema shaped. */
export const anyValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  fc.constantFrom(...HOSTILE),
  fc.double(),
  fc.maxSafeInteger(),
)
export const hostileText: fc.Arbitrary<string> = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ maxLength: 200 }))

/** A value that mostly has the form of a schema. One in ten is anything. */
export function valueFor(schema: JsonSchema, components: Components, depth = 0): fc.Arbitrary<unknown> {
  if (depth > 6) return anyValue
  return fc.oneof({ weight: 9, arbitrary: shaped(schema, components, depth) }, { weight: 1, arbitrary: anyValue })
}

function shaped(schema: JsonSchema, components: Components, depth: number): fc.Arbitrary<unknown> {
  const ref = schema.$ref
  if (typeof ref === 'string') return valueFor(components[ref.split('/').at(-1) ?? ''] ?? {}, components, depth + 1)
  if (Array.isArray(schema.enum)) return fc.constantFrom(...(schema.enum as unknown[]))
  if ('const' in schema) return fc.constant(schema.const)
  const choices = (schema.anyOf ?? schema.oneOf) as readonly JsonSchema[] | undefined
  if (choices) return fc.oneof(...choices.map((each) => valueFor(each, components, depth + 1)))
  const type = Array.isArray(schema.type) ? (schema.type as unknown[])[0] : schema.type
  switch (type) {
    case 'object':
      return objectOf(schema, components, depth)
    case 'array':
      return fc.array(valueFor((schema.items ?? {}) as JsonSchema, components, depth + 1), { maxLength: 4 })
    case 'string':
      return textOf(schema)
    case 'integer':
      return fc.integer()
    case 'number':
      return fc.double()
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    default:
      return anyValue
  }
}

function objectOf(schema: JsonSchema, components: Components, depth: number): fc.Arbitrary<unknown> {
  const properties = Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>)
  return fc.record(Object.fromEntries(properties.map(([name, each]) => [name, valueFor(each, components, depth + 1)])), {
    requiredKeys: ((schema.required ?? []) as string[]).filter((name) => properties.some(([known]) => known === name)),
  })
}

function textOf({ pattern, format, examples }: JsonSchema): fc.Arbitrary<unknown> {
  const likely: fc.Arbitrary<unknown>[] = [hostileText]
  if (Array.isArray(examples) && examples.length > 0) likely.push(fc.constantFrom(...(examples as unknown[])))
  if (format === 'uuid' || format === 'guid') likely.push(fc.uuid())
  if (format === 'date-time') likely.push(fc.constant('2026-03-01T12:00:00Z'))
  likely.push(fc.constantFrom('10.00', 'BTCUSD', 'USD', 'a reason', 'NY', 'USA', '1988-04-12'))
  if (typeof pattern === 'string') {
    try {
      likely.push(fc.stringMatching(new RegExp(pattern)))
    } catch {} // a pattern with a feature that the generator lacks
  }
  return fc.oneof(...likely)
}
