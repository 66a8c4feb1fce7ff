import type { Effect, Snapshot } from '../domain/effect.ts'
import { type Column, column, ELEMENT, type ElementType } from '../platform/postgres/array-parameter.ts'

type ElementName = Exclude<keyof typeof ELEMENT, 'hex'>
type ElementValue<Name extends ElementName> = (typeof ELEMENT)[Name] extends ElementType<infer Value> ? Value : never

/** One array parameter of a statement: its column's name and type, and the row's value for it. */
export interface RowColumn<Row> {
  readonly name: string
  /** The type of its elements in SQL. */
  readonly type: ElementName
  readonly parameter: Column<Row>
}

/** Makes such a parameter. The names in ELEMENT are SQL's names of types. */
export function rowColumn<Row, Name extends ElementName>(
  name: string,
  type: Name,
  pick: (row: Row) => ElementValue<Name> | null,
): RowColumn<Row> {
  const element = ELEMENT[type] as unknown as ElementType<ElementValue<Name>> // TypeScript cannot follow the name into the union
  return { name, type, parameter: column(element, pick) }
}

/**
 * A column of a stream table, declared once: its element type in parameters, its SQL expressions for storing and loading, and its decoder
 * `read`.
 */
export interface StreamColumn<Value> {
  readonly name: string
  readonly type: ElementName
  readonly write: (value: Value) => string | number | boolean | null
  /** SQL: from the parameter's element to the column's value. */
  readonly stored: (expression: string) => string
  /** SQL: from the column's value to the input of `read`. */
  readonly loaded: (expression: string) => string
  readonly read: (raw: never) => Value
}

const asIs = (expression: string): string => expression

/** A text, an id or one of a union of texts. The column's CHECK restricts it to the union. */
export function text<Value extends string | null>(name: string): StreamColumn<Value> {
  return { name, type: 'text', write: (value) => value, stored: asIs, loaded: asIs, read: (raw: Value) => raw }
}

export function textList(name: string): StreamColumn<readonly string[]> {
  return { name, type: 'text', write: arrayLiteral, stored: (x) => `${x}::text[]`, loaded: asIs, read: (raw: string[]) => raw }
}

/** An amount: a decimal text in code, `numeric` in Postgres, never a JavaScript number in between. */
export function decimal<Value extends string | null>(name: string): StreamColumn<Value> {
  return {
    name,
    type: 'text',
    write: (value) => value,
    stored: (x) => `${x}::numeric`,
    loaded: (x) => `${x}::text`,
    read: (raw: Value) => raw,
  }
}

export function integer<Value extends number | null>(name: string): StreamColumn<Value> {
  return { name, type: 'integer', write: (value) => value, stored: asIs, loaded: asIs, read: (raw: Value) => raw }
}

export function boolean(name: string): StreamColumn<boolean> {
  return { name, type: 'boolean', write: (value) => value, stored: asIs, loaded: asIs, read: (raw: boolean) => raw }
}

/** Milliseconds since 1970. */
export function time<Value extends number | null>(name: string): StreamColumn<Value> {
  const read = (raw: Date | null): Value => (raw === null ? null : raw.getTime()) as Value // null only if the column allows it
  return { name, type: 'timestamptz', write: (value) => value, stored: asIs, loaded: asIs, read }
}

/** A JSON value, stored as `jsonb`. */
export function json<Value>(name: string): StreamColumn<Value> {
  const write = (value: Value): string | null => (value === null ? null : JSON.stringify(value))
  return { name, type: 'text', write, stored: (x) => `${x}::jsonb`, loaded: asIs, read: (raw: Value) => raw }
}

/**
 * A kind of stream in the database: one table. Its columns are declared once, and the declaration makes the commit statement, the load
 * statement and the decoder. Its constraints are SQL, in a migration. Besides the declared columns the table has `version`, `entry_count`,
 * `head_hash`, `created_at` and `updated_at`. Ids of all kinds share one space: ids that Gatehouse issues begin with their kind.
 */
export interface StreamTable<S extends Snapshot, State = unknown> {
  readonly kind: string
  readonly table: string
  /** The primary key: the stream's id. */
  readonly idColumn: string
  readonly columns: readonly StreamColumn<never>[]
  /** Columns for the time at which the stream first reached a state: column, state. */
  readonly firstIn: Readonly<Record<string, string>>
  idOf(snapshot: S): string
  /** The identity of the stream; null: unknown. */
  identityOf(snapshot: S): string | null
  /** The columns' values, in the columns' order. */
  valuesOf(snapshot: S): readonly (string | number | boolean | null)[]
  /** The column of a field of the state. */
  columnOf(field: keyof State): string
  stateOf(row: Readonly<Record<string, unknown>>): State
  snapshot(row: Readonly<Record<string, unknown>>, effects: readonly Effect[]): S
}

/**
 * Declares a stream table. `property` names the snapshot's field that holds the stream's own state. Each field of that state needs a
 * column.
 */
export function streamTable<S extends Snapshot, Property extends Exclude<keyof S, keyof Snapshot> & string>(declared: {
  kind: string
  table: string
  property: Property
  id: keyof S[Property] & string
  identity: (state: S[Property]) => string | null
  columns: { readonly [Field in keyof S[Property]]-?: StreamColumn<S[Property][Field]> }
  firstIn?: Readonly<Record<string, string>>
}): StreamTable<S, S[Property]> {
  const { kind, table, property, id, identity, firstIn = {} } = declared
  const fields = Object.entries(declared.columns) as [keyof S[Property] & string, StreamColumn<unknown>][] // as declared, field by field
  const stateOf = (row: Readonly<Record<string, unknown>>): S[Property] =>
    Object.fromEntries(fields.map(([field, { name, read }]) => [field, read(row[name] as never)])) as S[Property] // every field has a column
  return {
    kind,
    table,
    idColumn: declared.columns[id].name,
    columns: fields.map(([, each]) => each as unknown as StreamColumn<never>), // each reads and writes its own field alone
    firstIn,
    idOf: (snapshot) => snapshot[property][id] as string, // ids are texts
    identityOf: (snapshot) => identity(snapshot[property]),
    valuesOf: (snapshot) => fields.map(([field, { write }]) => write(snapshot[property][field])),
    columnOf: (field) => declared.columns[field].name,
    stateOf,
    snapshot: (row, effects) => ({ [property]: stateOf(row), effects }) as unknown as S, // the property and the effects are all of a snapshot
  }
}

/** An array of text as a Postgres literal: a nested array parameter would need rows of equal length. */
function arrayLiteral(values: readonly string[]): string {
  return `{${values.map((value) => `"${value.replace(/["\\]/g, '\\$&')}"`).join(',')}}`
}
