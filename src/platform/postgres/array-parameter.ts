/** How Postgres takes the values of one type in binary (its `<type>recv` functions). */
export interface ElementType<Value> {
  /** Of the type in pg_type; those of the types that come with Postgres never change. */
  oid: number
  /** The most that the value can take, bytes. */
  most(value: Value): number
  /** Returns where it ended. @throws InvalidElementError */
  write(value: Value, into: Buffer, at: number): number
}

/** What Postgres says (SQLSTATE) of a text that is no value of its type. */
const INVALID_TEXT_REPRESENTATION = '22P02'

/** A value is none of the type that was named for it, which Postgres would say of it in text: the data is at fault. */
export class InvalidElementError extends TypeError {
  readonly code = INVALID_TEXT_REPRESENTATION
}

const fixed = <Value>(oid: number, bytes: number, write: ElementType<Value>['write']): ElementType<Value> => ({
  oid,
  most: () => bytes,
  write,
})

/** Postgres counts from 2000 on, in microseconds. */
const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1)
const UTF8_BYTES = 3

/** Types that an array parameter can have. */
export const ELEMENT = {
  boolean: fixed<boolean>(16, 1, (value, into, at) => into.writeUInt8(Number(value), at)),
  integer: fixed<number>(23, 4, (value, into, at) => into.writeInt32BE(value, at)),
  /** From a whole number or its digits. */
  bigint: fixed<number | string>(20, 8, (value, into, at) => into.writeBigInt64BE(BigInt(value), at)),
  uuid: fixed<string>(2950, 16, (value, into, at) => writeHex(value, 16, into, at)),
  /** From milliseconds since 1970. */
  timestamptz: fixed<number>(1184, 8, (value, into, at) => into.writeBigInt64BE(BigInt(value - POSTGRES_EPOCH_MS) * 1_000n, at)),
  text: {
    oid: 25,
    most: ({ length }) => length * UTF8_BYTES,
    write: (value, into, at) => at + into.write(value, at),
  } satisfies ElementType<string>,
  bytea: {
    oid: 17,
    most: ({ length }) => length,
    write: (value, into, at) => {
      into.set(value, at)
      return at + value.length
    },
  } satisfies ElementType<Uint8Array>,
  /** A bytea, from hexadecimal digits. */
  hex: {
    oid: 17,
    most: ({ length }) => length / 2,
    write: (value, into, at) => writeHex(value, value.length / 2, into, at),
  } satisfies ElementType<string>,
} as const

/** Hexadecimal digits of so many bytes; hyphens between them are passed over. Without a call into the runtime, which would take longer than all of it. */
function writeHex(digits: string, bytes: number, into: Buffer, at: number): number {
  const end = at + bytes
  let to = at
  let high = -1
  for (let index = 0; index < digits.length; index += 1) {
    const code = digits.charCodeAt(index)
    if (code === HYPHEN) continue
    const value = DIGIT_VALUES[code] ?? -1
    if (value < 0) throw new InvalidElementError(`not ${bytes} bytes in hexadecimal`)
    if (high < 0) high = value
    else {
      into[to] = (high << 4) | value
      to += 1
      high = -1
    }
  }
  if (to !== end || high >= 0) throw new InvalidElementError(`not ${bytes} bytes in hexadecimal`)
  return end
}

const HYPHEN = '-'.charCodeAt(0)
/** By the digit's character; -1: it is none. */
const DIGIT_VALUES = Int8Array.from({ length: 128 }, (_, code) => '0123456789abcdef'.indexOf(String.fromCharCode(code).toLowerCase()))

/** Dimensions, whether there are nulls, the elements' type, how many there are, the number of the first one: each an int4. */
const HEADER_BYTES = 20
const LENGTH_BYTES = 4

/**
 * A parameter that is an array, in binary, so that Postgres has no text to parse and we none to escape. The statement must name its type (`$1::uuid[]`).
 * @throws InvalidElementError on what is no uuid or no hexadecimal
 */
export function arrayParameter<Value>(type: ElementType<Value>, values: readonly (Value | null)[]): Buffer {
  // By index: this meets arrays of every kind, for which `for … of` would make an object for each value.
  let most = HEADER_BYTES
  let nulls = 0
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] as Value | null
    most += LENGTH_BYTES
    if (value === null) nulls = 1
    else most += type.most(value)
  }
  const into = Buffer.allocUnsafe(most)
  into.writeInt32BE(1, 0)
  into.writeInt32BE(nulls, 4)
  into.writeInt32BE(type.oid, 8)
  into.writeInt32BE(values.length, 12)
  into.writeInt32BE(1, 16)
  let at = HEADER_BYTES
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] as Value | null
    const from = at + LENGTH_BYTES
    const end = value === null ? from : type.write(value, into, from)
    into.writeInt32BE(value === null ? -1 : end - from, at)
    at = end
  }
  return into.subarray(0, at)
}

/** One column of some rows as such a parameter. */
export type Column<Row> = (rows: readonly Row[]) => Buffer

export function column<Row, Value>(type: ElementType<Value>, pick: (row: Row) => Value | null): Column<Row> {
  return (rows) => arrayParameter(type, rows.map(pick))
}

/** All columns of the rows, one parameter each, in the order of the columns. */
export function columnParameters<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): Buffer[] {
  return columns.map((parameter) => parameter(rows))
}
